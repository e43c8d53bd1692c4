//! Mappings in the order of the file.
//!
//! [`OrderedMap`] is a mapping with names that its author chose. A mapping whose keys the language
//! defines, such as a condition, is a list of the variants of an enum: the enum's derived reader,
//! writer and schema are those of the mapping.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, VariantAccess,
    Visitor,
};
use serde::ser::{Error as _, SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

/// A mapping in the order of the file; a name that comes twice is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedMap<T>(pub Vec<(String, T)>);

impl<T> Default for OrderedMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> OrderedMap<T> {
    /// Is there nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrderedMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OrderedMapVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OrderedMapVisitor<T> {
            type Value = OrderedMap<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                let mut names = HashSet::new();
                while let Some(name) = map.next_key::<String>()? {
                    if !names.insert(name.clone()) {
                        return Err(de::Error::custom(format!("duplicate key `{name}`")));
                    }
                    entries.push((name, map.next_value()?));
                }
                Ok(OrderedMap(entries))
            }
        }
        deserializer.deserialize_map(OrderedMapVisitor(PhantomData))
    }
}

impl<T: Serialize> Serialize for OrderedMap<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Reads a mapping as a list of the variants of `E`, each key once.
///
/// `expecting` is what an error says should be there instead of something that is no mapping.
pub(super) fn read<'de, D, E>(deserializer: D, expecting: &'static str) -> Result<Vec<E>, D::Error>
where
    D: Deserializer<'de>,
    E: Deserialize<'de>,
{
    deserializer.deserialize_map(EntriesVisitor {
        expecting,
        entry: PhantomData,
    })
}

struct EntriesVisitor<E> {
    expecting: &'static str,
    entry: PhantomData<E>,
}

impl<'de, E: Deserialize<'de>> Visitor<'de> for EntriesVisitor<E> {
    type Value = Vec<E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(de::Error::custom(format!("duplicate field `{key}`")));
            }
            entries.push(E::deserialize(EntryDeserializer {
                key: &key,
                map: &mut map,
            })?);
            seen.push(key);
        }
        Ok(entries)
    }
}

/// One key and its value, read as the variant of an enum with that name.
struct EntryDeserializer<'k, 'm, A> {
    key: &'k str,
    map: &'m mut A,
}

impl<'de, A: MapAccess<'de>> Deserializer<'de> for EntryDeserializer<'_, '_, A> {
    type Error = A::Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        if !variants.contains(&self.key) {
            return Err(de::Error::unknown_field(self.key, variants));
        }
        visitor.visit_enum(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, A::Error> {
        Err(de::Error::custom("an entry is the variant of an enum"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de, 'm, A: MapAccess<'de>> EnumAccess<'de> for EntryDeserializer<'_, 'm, A> {
    type Error = A::Error;
    type Variant = EntryValue<'m, A>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), A::Error> {
        let variant = seed.deserialize(self.key.into_deserializer())?;
        Ok((variant, EntryValue(self.map)))
    }
}

/// The value of a key that was read.
struct EntryValue<'m, A>(&'m mut A);

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for EntryValue<'_, A> {
    type Error = A::Error;

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        self.0.next_value_seed(seed)
    }

    fn unit_variant(self) -> Result<(), A::Error> {
        Err(de::Error::custom("an entry has a value"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, A::Error> {
        Err(de::Error::custom("an entry has one value"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, A::Error> {
        Err(de::Error::custom("an entry has one value"))
    }
}

/// Writes the variants of an enum as one mapping.
pub(super) fn write<E, S>(entries: &[E], serializer: S) -> Result<S::Ok, S::Error>
where
    E: Serialize,
    S: Serializer,
{
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for entry in entries {
        // serde writes a variant as a mapping with one key.
        if let serde_json::Value::Object(entry) =
            serde_json::to_value(entry).map_err(S::Error::custom)?
        {
            for (key, value) in entry {
                map.serialize_entry(&key, &value)?;
            }
        }
    }
    map.end()
}

/// The schema of such a mapping, from that of the enum.
#[cfg(feature = "server")]
pub(super) fn schema<E: schemars::JsonSchema>(
    generator: &mut schemars::SchemaGenerator,
    description: &str,
) -> schemars::Schema {
    use serde_json::{Map, Value, json};

    let variants = E::json_schema(generator).to_value();
    let mut properties = Map::new();
    for variant in variants
        .get("oneOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let keys = variant.get("properties").and_then(Value::as_object);
        for (key, schema) in keys.into_iter().flatten() {
            let mut schema = schema.clone();
            if let (Some(schema), Some(description)) =
                (schema.as_object_mut(), variant.get("description"))
            {
                schema.insert("description".to_owned(), description.clone());
            }
            properties.insert(key.clone(), schema);
        }
    }
    schemars::json_schema!({
        "type": "object",
        "description": description,
        "properties": json!(properties),
        "additionalProperties": false,
        "minProperties": 1,
    })
}
