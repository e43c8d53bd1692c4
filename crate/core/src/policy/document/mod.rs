//! The policy file as data: exactly what an admin writes, read strictly.
//!
//! What deserializes can be decided on: no condition is
//! empty or nests deeper than [`MAX_CONDITION_DEPTH`]. What can only be checked over the whole file
//! (duplicate ids, scopes that do not exist, cycles) is for lint.
//!
//! The types that read the file also make its JSON Schema, so there is one grammar.

#[cfg(feature = "server")]
mod card;
mod condition;
mod decode;
mod entries;
#[cfg(feature = "server")]
mod grant;
mod matcher;
mod pattern;
mod role;
mod rule;
mod selector;
mod template;
#[cfg(feature = "server")]
mod text;

use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

#[cfg(feature = "server")]
pub use card::{OpenIn, PolicyCard};
pub use condition::{
    Condition, Dependency, MAX_CONDITION_DEPTH, Predicate, PredicateMapper, PredicateOf,
};
pub use entries::OrderedMap;
#[cfg(feature = "server")]
pub use grant::{Grant, Recipients, ServerSelection};
pub use matcher::{ArgsSelector, Match, MatchKey, Matcher, TagTargets};
pub use pattern::Pattern;
pub use role::{CustomScopeDefinition, RoleDefinition};
#[cfg(feature = "server")]
pub use rule::AccessRequest;
pub use rule::Rule;
pub use selector::Selector;
#[cfg(feature = "server")]
pub(crate) use template::Template;
pub use template::{ScopeTemplate, TemplateValues};
#[cfg(feature = "server")]
pub use text::{Text, is_language_tag, normalize_language};

use super::time::Duration;
#[cfg(feature = "server")]
use super::time::TimeZoneSpec;

/// A whole policy file.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "server", derive(Serialize))]
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The version of the policy language.
    pub version: Version,
    /// What happens to cards that no rule matches.
    #[serde(default)]
    pub default: Visibility,
    /// What happens to cards that a rule matches, where there is no Hub.
    #[serde(default)]
    pub no_hub: WithoutHub,
    /// The time zone of dates, of times without a zone, and of `weekly`: an IANA name such as `Europe/Berlin`.
    #[cfg(feature = "server")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<TimeZoneSpec>,
    /// How often an open launcher asks for changes. Default: `15s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Duration>,
    /// How long the last known permissions are used while the Hub cannot be reached. Default: `10m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_stale: Option<Duration>,
    /// Scopes for users and groups, the same entries as `JupyterHub.load_roles`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleDefinition>,
    /// The same entries as `JupyterHub.custom_scopes`.
    #[serde(default, skip_serializing_if = "OrderedMap::is_empty")]
    pub custom_scopes: OrderedMap<CustomScopeDefinition>,
    /// Tags that the policy puts on cards: each tag, and the cards that get it.
    #[serde(default, skip_serializing_if = "OrderedMap::is_empty")]
    pub tags: OrderedMap<TagTargets>,
    /// The directories of class kernels: kernelspec name to directory.
    #[cfg(feature = "server")]
    #[serde(default, skip_serializing_if = "OrderedMap::is_empty")]
    pub kernels: OrderedMap<String>,
    /// Cards that the policy adds to the launcher.
    #[cfg(feature = "server")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<PolicyCard>,
    /// The order of the launcher's sections, in JupyterLab 4.6 and later.
    #[cfg(feature = "server")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
    /// Who sees which card.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Which servers the Hub shares with whom.
    #[cfg(feature = "server")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// Who may read the whole policy and preview the launcher as somebody else.
    #[cfg(feature = "server")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Condition>,
    /// Who may learn of cards that are hidden from them, and why.
    #[cfg(feature = "server")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_hidden: Option<Condition>,
}

/// A section of the launcher.
#[cfg(feature = "server")]
#[derive(schemars::JsonSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The section's name.
    pub category: String,
    /// A smaller rank comes first.
    pub rank: f64,
}

/// `refresh` of a policy that does not say: 15 s.
const DEFAULT_REFRESH_MS: u64 = 15_000;

/// `max_stale` of a policy that does not say: 10 min.
const DEFAULT_MAX_STALE_MS: u64 = 600_000;

impl Document {
    /// How old the context of a visible launcher may get, in milliseconds.
    #[must_use]
    pub fn refresh_ms(&self) -> u64 {
        self.refresh.map_or(DEFAULT_REFRESH_MS, Duration::ms)
    }

    /// How long the last good context is used while the Hub cannot be reached, in milliseconds.
    #[must_use]
    pub fn max_stale_ms(&self) -> u64 {
        self.max_stale.map_or(DEFAULT_MAX_STALE_MS, Duration::ms)
    }
}

/// The version of the policy language: 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Version;

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            1 => Ok(Self),
            _ => Err(D::Error::custom(
                "this version of the policy language is unknown: write version: 1",
            )),
        }
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(1)
    }
}

#[cfg(feature = "server")]
impl schemars::JsonSchema for Version {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "integer", "const": 1})
    }
}

/// What happens to cards that a rule matches, where there is no Hub.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WithoutHub {
    /// It is in the launcher.
    #[default]
    Show,
    /// It is not in the launcher.
    Hide,
    /// The rules decide, by the local user and, if the server is told so, the Unix groups.
    Decide,
}

/// Shown or hidden.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// In the launcher.
    #[default]
    Show,
    /// Not in the launcher.
    Hide,
}

#[cfg(test)]
#[cfg(feature = "server")]
mod tests;
