//! Reads types from the tree of a policy file, each mapping in the order of the file.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde_json::Error;

use super::node::{SourceNode, SourceValue};

impl<'de> IntoDeserializer<'de, Error> for &'de SourceNode {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &'de SourceNode {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            SourceValue::Null => visitor.visit_unit(),
            SourceValue::Bool(value) => visitor.visit_bool(*value),
            SourceValue::Number(number) => number.deserialize_any(visitor),
            SourceValue::Text(text) => visitor.visit_borrowed_str(text),
            SourceValue::List(items) => visitor.visit_seq(SeqDeserializer::new(items.iter())),
            SourceValue::Map(entries) => visitor.visit_map(MapDeserializer::new(
                entries
                    .iter()
                    .map(|entry| (entry.key.as_str(), &entry.value)),
            )),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            SourceValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// The variants of the enums of a policy are texts.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.value {
            SourceValue::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            _ => self.to_json().deserialize_enum(name, variants, visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::document::{Document, Text};
    use crate::policy::source::read;
    use serde::Deserialize;

    fn document(text: &str) -> Document {
        Document::deserialize(&read(text.as_bytes(), "p.yaml").unwrap()).unwrap()
    }

    #[test]
    fn mappings_keep_the_order_of_the_file() {
        let document = document(
            "{version: 1, kernels: {z: /z, a: /a}, cards: [{id: c, page: p, title: {fr: F, de: D}}]}",
        );
        let kernels = document.kernels.0.iter().map(|(name, _)| name.as_str());
        assert_eq!(kernels.collect::<Vec<_>>(), ["z", "a"]);
        let title = document.cards[0].title.as_ref();
        assert_eq!(title.map(Text::matched), Some("F"));
    }

    #[test]
    fn reads_what_json_reads() {
        let text = "{version: 1, default: hide, refresh: 15s, max_stale: 90, timezone: Europe/Berlin,
            cards: [{id: c, page: p, rank: 1.5, tags: [t], own: true, description: null}],
            rules: [{id: r, match: {kernel: '*', args: {x: 1}}, show_when: {not: {admin: true}, group: [a, b]}, locked: true}]}";
        let root = read(text.as_bytes(), "p.yaml").unwrap();
        let of_json = serde_json::from_value::<Document>(root.to_json());
        match (Document::deserialize(&root), of_json) {
            (Ok(document), Ok(of_json)) => assert_eq!(
                serde_json::to_value(document).unwrap(),
                serde_json::to_value(of_json).unwrap()
            ),
            (Err(error), Err(of_json)) => assert_eq!(error.to_string(), of_json.to_string()),
            (read, of_json) => panic!("{read:?}\n{of_json:?}"),
        }
    }
}
