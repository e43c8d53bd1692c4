//! Rules, and the cards that they and tags are about.

use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::selector::Selector;
use crate::policy::card::Kind;
use crate::policy::time::TimeSpec;

/// Who sees the cards that it matches.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique among the rules; decisions name it.
    pub id: String,
    /// The cards it governs.
    #[serde(rename = "match")]
    pub matches: Match,
    /// Its cards are shown if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_when: Option<Condition>,
    /// Its cards are hidden if this holds, whatever other rules say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hide_when: Option<Condition>,
    /// The rule is in force from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<TimeSpec>,
    /// The rule is no longer in force from here on; a date includes its whole day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<TimeSpec>,
    /// Whom to ask: a mail address or a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// What to tell those from whom it hides a card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

crate::text_enum! {
    /// What a selector of a [`Match`] looks at.
    #[serde(field_identifier)]
    pub enum MatchKey as "MatchKey" {
        /// Kernel cards, by kernelspec name (without case).
        Kernel = "kernel",
        /// Cards of jupyter-server-proxy, by entry name.
        Proxy = "proxy",
        /// Cards of Hub services, by service name.
        Service = "service",
        /// Cards of servers, by `owner/name`; the default server is `owner/`.
        Server = "server",
        /// Other cards, by command id.
        Command = "command",
        /// Cards of any kind, by launcher section.
        Category = "category",
        /// Cards of any kind, by tag.
        Tag = "tag",
    }
}

impl From<Kind> for MatchKey {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Kernel => Self::Kernel,
            Kind::Proxy => Self::Proxy,
            Kind::Service => Self::Service,
            Kind::Server => Self::Server,
            Kind::Command => Self::Command,
        }
    }
}

/// The cards that a rule governs: those that one of the selectors matches. Not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match(pub Vec<(MatchKey, Selector)>);

/// The cards that a tag is put on: as [`Match`], but without `tag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagTargets(pub Match);

impl TagTargets {
    /// The keys that may be written here.
    fn keys() -> impl Iterator<Item = MatchKey> {
        let keys = MatchKey::ALL.iter().copied();
        keys.filter(|key| *key != MatchKey::Tag)
    }
}

impl<'de> Deserialize<'de> for Match {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MatchVisitor;
        impl<'de> Visitor<'de> for MatchVisitor {
            type Value = Match;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a mapping with {}", list(MatchKey::ALL.iter().copied()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Match, A::Error> {
                let mut selectors: Vec<(MatchKey, Selector)> = Vec::new();
                while let Some(key) = map.next_key::<MatchKey>()? {
                    if selectors.iter().any(|(earlier, _)| *earlier == key) {
                        return Err(A::Error::duplicate_field(key.as_str()));
                    }
                    selectors.push((key, map.next_value()?));
                }
                if selectors.is_empty() {
                    return Err(A::Error::custom(
                        "an empty match governs nothing: write kernel: NAME, for example",
                    ));
                }
                Ok(Match(selectors))
            }
        }
        deserializer.deserialize_map(MatchVisitor)
    }
}

impl Serialize for Match {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .iter()
                .map(|(key, selector)| (key.as_str(), selector)),
        )
    }
}

impl<'de> Deserialize<'de> for TagTargets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let matches = Match::deserialize(deserializer)?;
        if matches.0.iter().any(|(key, _)| *key == MatchKey::Tag) {
            return Err(D::Error::custom(format_args!(
                "a tag cannot be put on cards by their tags: write {}",
                list(Self::keys())
            )));
        }
        Ok(Self(matches))
    }
}

/// `kernel, proxy or tag`
fn list(keys: impl Iterator<Item = MatchKey>) -> String {
    let mut words: Vec<&str> = keys.map(MatchKey::as_str).collect();
    let last = words.pop().unwrap_or_default();
    format!("{} or {last}", words.join(", "))
}

#[cfg(feature = "server")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use serde_json::{Map, json};

    use super::{Match, MatchKey, Selector, TagTargets};

    impl JsonSchema for Match {
        fn schema_name() -> Cow<'static, str> {
            "Match".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let description = "Cards by what they open; one selector that matches is enough.";
            selectors(generator, MatchKey::ALL.iter().copied(), description)
        }
    }

    impl JsonSchema for TagTargets {
        fn schema_name() -> Cow<'static, str> {
            "TagTargets".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let description = "The cards that get this tag; one selector that matches is enough.";
            selectors(generator, Self::keys(), description)
        }
    }

    fn selectors(
        generator: &mut SchemaGenerator,
        keys: impl Iterator<Item = MatchKey>,
        description: &str,
    ) -> Schema {
        let mut properties = Map::new();
        for key in keys {
            let mut selector = generator.subschema_for::<Selector>();
            selector.insert("description".to_owned(), json!(key.description()));
            properties.insert(key.as_str().to_owned(), json!(selector));
        }
        json_schema!({
            "type": "object",
            "description": description,
            "properties": properties,
            "additionalProperties": false,
            "minProperties": 1,
        })
    }
}
