//! Grants: servers that the Hub shares with some users.

use serde::de::Deserializer;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::decode::{self, Patterns};
use super::pattern::Pattern;
use super::selector::Selector;
use crate::policy::time::TimeSpec;

/// Servers that the Hub shares with some users.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Unique among the grants; records of shares name it.
    pub id: String,
    /// Who may open the servers.
    pub to: Recipients,
    /// Which named servers; default servers are never among them.
    pub servers: ServerSelection,
    /// Shared from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<TimeSpec>,
    /// No longer shared from here on; a date includes its whole day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<TimeSpec>,
}

/// Users by name, or by the groups they are in: either is enough.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipients {
    /// Members of any of these groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Selector>,
    /// Users with these names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Selector>,
}

/// Servers by `owner/name`, narrowed to those with one of some tags and to those of some owners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSelection {
    /// By name; everything where the policy only writes `tags` or `owners`.
    pub names: Selector,
    /// If not empty, only servers with a tag that one of these matches.
    pub tags: Vec<Pattern>,
    /// If given, only servers of these users.
    pub owners: Option<Recipients>,
}

/// The mapping form of a [`ServerSelection`].
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "server", schemars(inline, extend("anyOf" = [{"required": ["include"]}, {"required": ["tags"]}, {"required": ["owners"]}])))]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaggedServers {
    /// What is selected: a glob or a list of globs.
    include: Option<Patterns>,
    /// What is not: a glob or a list of globs.
    except: Option<Patterns>,
    /// Only servers with one of these tags: a glob or a list of globs.
    tags: Option<Patterns>,
    /// Only servers of these users, by name or by the groups they are in.
    owners: Option<Recipients>,
}

impl decode::TextListOrMapping for ServerSelection {
    const EXPECTING: &str = "a glob, a list of globs, or {include, except}";
    type Mapping = TaggedServers;

    fn from_patterns(include: Vec<Pattern>) -> Self {
        Self {
            names: Selector {
                include,
                except: Vec::new(),
            },
            tags: Vec::new(),
            owners: None,
        }
    }

    fn from_mapping(mapping: TaggedServers) -> Result<Self, &'static str> {
        let is_narrowed = mapping.tags.is_some() || mapping.owners.is_some();
        let include = match mapping.include {
            Some(include) => include.0,
            None if is_narrowed => vec![Pattern::everything()],
            None => return Err(decode::INCLUDE_MISSING),
        };
        Ok(Self {
            names: Selector {
                include,
                except: mapping.except.map(|except| except.0).unwrap_or_default(),
            },
            tags: mapping.tags.map(|tags| tags.0).unwrap_or_default(),
            owners: mapping.owners,
        })
    }
}

impl<'de> Deserialize<'de> for ServerSelection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::text_list_or_mapping(deserializer)
    }
}

impl Serialize for ServerSelection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.tags.is_empty() && self.owners.is_none() {
            return self.names.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("include", &self.names.include)?;
        map.serialize_entry("except", &self.names.except)?;
        if !self.tags.is_empty() {
            map.serialize_entry("tags", &self.tags)?;
        }
        if let Some(owners) = &self.owners {
            map.serialize_entry("owners", owners)?;
        }
        map.end()
    }
}

#[cfg(feature = "server")]
impl schemars::JsonSchema for ServerSelection {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ServerSelection".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        decode::schema::<Self>(
            generator,
            "Servers by `owner/name`: a glob, a list of globs, or globs with exceptions, tags and owners.",
        )
    }
}
