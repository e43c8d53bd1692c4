//! Selectors: which names a rule, a condition or a grant is about.

use serde::de::{Deserializer, Error as _};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::decode::{self, Patterns};
use crate::error::Error;
use crate::policy::glob::Glob;

/// A checked glob, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// Checks a glob.
    ///
    /// # Errors
    /// `bad-glob`, as [`Glob::new`].
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        Glob::new(&text, false)?;
        Ok(Self(text))
    }

    /// The glob that matches everything.
    #[must_use]
    pub fn everything() -> Self {
        Self("**".to_owned())
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(feature = "server")]
impl schemars::JsonSchema for Pattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Glob".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "glob",
            "description": "`*` any run of characters except `/`, `**` any run, `?` one character \
                except `/`, `[a-z]` one of these, `[!a-z]` one not of these, `\\` takes the next as it is.",
        })
    }
}

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
