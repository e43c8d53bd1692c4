//! Selectors: which names a rule, a condition or a grant is about.

use serde::de::Deserializer;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::decode::{self, Patterns};
use super::pattern::Pattern;

/// Selects texts: matched by one of `include` and by none of `except`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Selector {
    /// Alternatives.
    pub include: Vec<Pattern>,
    /// Exceptions.
    pub except: Vec<Pattern>,
}

/// The mapping form of a [`Selector`].
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "server", schemars(inline))]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IncludeExcept {
    /// What is selected: a glob or a list of globs.
    #[cfg_attr(feature = "server", schemars(required))]
    include: Option<Patterns>,
    /// What is not: a glob or a list of globs.
    except: Option<Patterns>,
}

impl decode::TextListOrMapping for Selector {
    const EXPECTING: &str = "a glob, a list of globs, or {include, except}";
    type Mapping = IncludeExcept;

    fn from_patterns(include: Vec<Pattern>) -> Self {
        Self {
            include,
            except: Vec::new(),
        }
    }

    fn from_mapping(mapping: IncludeExcept) -> Result<Self, &'static str> {
        Ok(Self {
            include: mapping.include.ok_or(decode::INCLUDE_MISSING)?.0,
            except: mapping.except.map(|except| except.0).unwrap_or_default(),
        })
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::text_list_or_mapping(deserializer)
    }
}

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.include.as_slice(), self.except.as_slice()) {
            ([one], []) => one.serialize(serializer),
            (many, []) => many.serialize(serializer),
            (include, except) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("include", include)?;
                map.serialize_entry("except", except)?;
                map.end()
            }
        }
    }
}

#[cfg(feature = "server")]
impl schemars::JsonSchema for Selector {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Selector".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        decode::schema::<Self>(
            generator,
            "A glob, a list of globs of which one must match, or globs with exceptions.",
        )
    }
}
