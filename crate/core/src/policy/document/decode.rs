//! Reading what may be written in several forms.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::pattern::Pattern;

/// The error for a mapping that selects nothing.
pub(super) const INCLUDE_MISSING: &str = "include is missing: write include: \"**\" for everything";

/// What is written as one glob, as a list of globs, or as a mapping.
pub(super) trait TextListOrMapping: Sized {
    /// What an error says should be there instead.
    const EXPECTING: &str;

    /// The mapping's keys.
    type Mapping;

    /// From one glob or a list of globs.
    fn from_patterns(patterns: Vec<Pattern>) -> Self;

    /// From the mapping, or why it cannot be used.
    fn from_mapping(mapping: Self::Mapping) -> Result<Self, &'static str>;
}

/// Reads it. serde's `untagged` would say nothing useful about a mistake, and not where it is.
pub(super) fn text_list_or_mapping<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TextListOrMapping,
    T::Mapping: Deserialize<'de>,
{
    struct FormsVisitor<T>(PhantomData<T>);
    impl<'de, T> Visitor<'de> for FormsVisitor<T>
    where
        T: TextListOrMapping,
        T::Mapping: Deserialize<'de>,
    {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::EXPECTING)
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            PatternsVisitor.visit_str(text).map(T::from_patterns)
        }
        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
            PatternsVisitor.visit_seq(list).map(T::from_patterns)
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            let mapping = T::Mapping::deserialize(MapAccessDeserializer::new(map))?;
            T::from_mapping(mapping).map_err(de::Error::custom)
        }
    }
    deserializer.deserialize_any(FormsVisitor(PhantomData))
}

/// The schema of such a type.
#[cfg(feature = "server")]
pub(super) fn schema<T>(
    generator: &mut schemars::SchemaGenerator,
    description: &str,
) -> schemars::Schema
where
    T: TextListOrMapping,
    T::Mapping: schemars::JsonSchema,
{
    let pattern = generator.subschema_for::<Pattern>();
    let mapping = generator.subschema_for::<T::Mapping>();
    schemars::json_schema!({
        "description": description,
        "anyOf": [pattern, {"type": "array", "items": pattern}, mapping],
    })
}

/// One glob or a list of globs.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "server", schemars(inline, with = "PatternsSchema"))]
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Patterns(pub(super) Vec<Pattern>);

/// The forms of [`Patterns`].
#[cfg(feature = "server")]
#[derive(schemars::JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "only its schema is used")]
enum PatternsSchema {
    One(Pattern),
    Several(Vec<Pattern>),
}

struct PatternsVisitor;

impl<'de> Visitor<'de> for PatternsVisitor {
    type Value = Vec<Pattern>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a glob or a list of globs")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(vec![Pattern::new(text).map_err(E::custom)?])
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut patterns = Vec::new();
        while let Some(pattern) = list.next_element()? {
            patterns.push(pattern);
        }
        Ok(patterns)
    }
}

impl<'de> Deserialize<'de> for Patterns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PatternsVisitor).map(Self)
    }
}
