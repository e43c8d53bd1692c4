//! Matchers: the cards that rules and tags are about.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::entries::OrderedMap;
use super::selector::Selector;
use crate::policy::card::Kind;
use crate::policy::glob::NameKind;

crate::text_enum! {
    /// What a selector of a [`Matcher`] looks at.
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
        /// Cards of the policy that open a page, a file, an address or a command, by their id.
        Link = "link",
        /// Profiles of the Hub's spawner, by `slug` or `slug/option/choice`.
        Profile = "profile",
        /// Other cards, by command id.
        Command = "command",
        /// Only cards in such a launcher section.
        Category = "category",
        /// Only cards with such a tag.
        Tag = "tag",
        /// Only cards with such a title.
        Title = "title",
        /// Only cards of kernels of such a language.
        Language = "language",
        /// Only cards whose command has such arguments.
        Args = "args",
    }
}

impl MatchKey {
    /// The kind of card whose name the selector looks at; `None` if the key narrows a matcher.
    #[must_use]
    pub fn kind(self) -> Option<Kind> {
        Kind::ALL
            .iter()
            .copied()
            .find(|kind| Self::from(*kind) == self)
    }

    /// How the names are compared that the selector looks at.
    #[must_use]
    pub fn name_kind(self) -> NameKind {
        match self {
            Self::Kernel => NameKind::Kernel,
            Self::Server => NameKind::Server,
            _ => NameKind::Text,
        }
    }
}

impl From<Kind> for MatchKey {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Kernel => Self::Kernel,
            Kind::Proxy => Self::Proxy,
            Kind::Service => Self::Service,
            Kind::Server => Self::Server,
            Kind::Link => Self::Link,
            Kind::Profile => Self::Profile,
            Kind::Command => Self::Command,
        }
    }
}

/// The cards that one of these matchers matches. Not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match(pub Vec<Matcher>);

/// Cards of one of the kinds that it names, or of every kind if it names none, for which all other keys hold.
/// Not empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matcher {
    /// Each key but `args`, with its selector.
    pub selectors: Vec<(MatchKey, Selector)>,
    /// The arguments of the card's command.
    pub args: Option<ArgsSelector>,
}

/// Which arguments a command has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgsSelector {
    /// By name: all of these arguments are selected. An argument that is no text is compared as JSON.
    Named(OrderedMap<Selector>),
    /// All arguments as one JSON text, without blanks and with sorted names: `{"fileExt":"r"}`.
    Json(Selector),
}

/// The cards that a tag is put on: as [`Match`], but without `tag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagTargets(pub Match);

impl Match {
    /// The selectors on a key, of all matchers.
    pub fn selectors(&self, key: MatchKey) -> impl Iterator<Item = &Selector> {
        let selectors = self.0.iter().flat_map(|matcher| &matcher.selectors);
        selectors.filter_map(move |(of, selector)| (*of == key).then_some(selector))
    }
}

impl TagTargets {
    /// The keys that may be written.
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
                f.write_str("a matcher such as {kernel: NAME}, or a list of matchers")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Match, A::Error> {
                let matcher = Matcher::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Match(vec![matcher]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Match, A::Error> {
                let matchers = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                if matchers.is_empty() {
                    return Err(de::Error::custom(
                        "a list of matchers is empty: write at least one",
                    ));
                }
                Ok(Match(matchers))
            }
        }
        deserializer.deserialize_any(MatchVisitor)
    }
}

impl Serialize for Match {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Matcher {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MatcherVisitor;
        impl<'de> Visitor<'de> for MatcherVisitor {
            type Value = Matcher;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a mapping with {}", list(MatchKey::ALL.iter().copied()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Matcher, A::Error> {
                let mut matcher = Matcher::default();
                while let Some(key) = map.next_key::<MatchKey>()? {
                    let mut selectors = matcher.selectors.iter();
                    let is_known = selectors.any(|(earlier, _)| *earlier == key);
                    if is_known || (key == MatchKey::Args && matcher.args.is_some()) {
                        return Err(de::Error::duplicate_field(key.as_str()));
                    }
                    if key == MatchKey::Args {
                        matcher.args = Some(map.next_value()?);
                    } else {
                        matcher.selectors.push((key, map.next_value()?));
                    }
                }
                if matcher.selectors.is_empty() && matcher.args.is_none() {
                    return Err(de::Error::custom(
                        "an empty matcher matches nothing: write kernel: NAME, for example",
                    ));
                }
                Ok(matcher)
            }
        }
        deserializer.deserialize_map(MatcherVisitor)
    }
}

impl Serialize for Matcher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, selector) in &self.selectors {
            map.serialize_entry(key.as_str(), selector)?;
        }
        if let Some(args) = &self.args {
            map.serialize_entry(MatchKey::Args.as_str(), args)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ArgsSelector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ArgsVisitor;
        impl<'de> Visitor<'de> for ArgsVisitor {
            type Value = ArgsSelector;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("arguments with selectors, such as {fileExt: r}")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let text = de::value::StrDeserializer::new(text);
                Selector::deserialize(text).map(ArgsSelector::Json)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                let list = SeqAccessDeserializer::new(list);
                Selector::deserialize(list).map(ArgsSelector::Json)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let args = OrderedMap::<ArgSelector>::deserialize(MapAccessDeserializer::new(map))?;
                let args = args
                    .0
                    .into_iter()
                    .map(|(name, ArgSelector(selector))| (name, selector));
                let args = OrderedMap(args.collect());
                if args.is_empty() {
                    return Err(de::Error::custom(
                        "args names no argument: write {fileExt: r}, for example",
                    ));
                }
                Ok(ArgsSelector::Named(args))
            }
        }
        deserializer.deserialize_any(ArgsVisitor)
    }
}

/// The selector of one argument. A policy file may also have what JSON writes without quotes: `true` is `"true"`.
struct ArgSelector(Selector);

impl<'de> Deserialize<'de> for ArgSelector {
    #[cfg(not(feature = "server"))]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Selector::deserialize(deserializer).map(Self)
    }

    #[cfg(feature = "server")]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = match value {
            serde_json::Value::Bool(_) | serde_json::Value::Number(_) => value.to_string().into(),
            value => value,
        };
        Selector::deserialize(text)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

impl Serialize for ArgsSelector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Named(args) => args.serialize(serializer),
            Self::Json(selector) => selector.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for TagTargets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let matches = Match::deserialize(deserializer)?;
        if matches.selectors(MatchKey::Tag).next().is_some() {
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
    use crate::policy::document::Pattern;

    impl JsonSchema for Match {
        fn schema_name() -> Cow<'static, str> {
            "Match".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let description = "Cards of one of the kinds named here, for which all other keys hold; or a list \
                of such mappings, of which one is enough.";
            one_or_more(generator, MatchKey::ALL.iter().copied(), description)
        }
    }

    impl JsonSchema for TagTargets {
        fn schema_name() -> Cow<'static, str> {
            "TagTargets".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let description = "The cards that get this tag, written as in `match`.";
            one_or_more(generator, Self::keys(), description)
        }
    }

    fn one_or_more(
        generator: &mut SchemaGenerator,
        keys: impl Iterator<Item = MatchKey>,
        description: &str,
    ) -> Schema {
        let matcher = matcher(generator, keys);
        json_schema!({
            "description": description,
            "anyOf": [matcher, {"type": "array", "items": matcher, "minItems": 1}],
        })
    }

    fn args(generator: &mut SchemaGenerator) -> Schema {
        let selector = generator.subschema_for::<Selector>();
        let scalars = [json!({"type": "boolean"}), json!({"type": "number"})];
        let value = json!({"anyOf": [selector, scalars[0], scalars[1]]});
        let named = json!({"type": "object", "additionalProperties": value, "minProperties": 1});
        let pattern = generator.subschema_for::<Pattern>();
        json_schema!({"anyOf": [named, pattern, {"type": "array", "items": pattern}]})
    }

    fn matcher(generator: &mut SchemaGenerator, keys: impl Iterator<Item = MatchKey>) -> Schema {
        let mut properties = Map::new();
        for key in keys {
            let mut selector = if key == MatchKey::Args {
                args(generator)
            } else {
                generator.subschema_for::<Selector>()
            };
            selector.insert("description".to_owned(), json!(key.description()));
            properties.insert(key.as_str().to_owned(), json!(selector));
        }
        json_schema!({
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
            "minProperties": 1,
        })
    }
}
