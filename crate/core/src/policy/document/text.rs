//! Texts for people, in one language or in several.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::entries::OrderedMap;

/// The language that is used where a text is not there in the wanted one, and that rules match.
const FALLBACK: &str = "en";

/// A text for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Text {
    /// In one language.
    Plain(String),
    /// By language tag, such as `en` or `pt-BR` (RFC 5646). Not empty.
    ByLanguage(OrderedMap<String>),
}

impl Text {
    /// The text in a language, or in the nearest that there is: without its region, in English, or else the first.
    ///
    /// `language` is a tag such as `de`, `de-DE` or, as JupyterLab writes it, `de_DE`.
    #[must_use]
    pub fn in_language(&self, language: &str) -> &str {
        let texts = match self {
            Self::Plain(text) => return text,
            Self::ByLanguage(texts) => &texts.0,
        };
        let wanted = normalize_language(language);
        let primary = wanted.split('-').next().unwrap_or_default();
        let find = |tag: &str| {
            let mut tags = texts.iter();
            tags.find(|(language, _)| normalize_language(language) == tag)
        };
        find(&wanted)
            .or_else(|| find(primary))
            .or_else(|| find(FALLBACK))
            .or_else(|| texts.first())
            .map_or("", |(_, text)| text)
    }

    /// The text that rules match: the English one, or else the first.
    #[must_use]
    pub fn matched(&self) -> &str {
        self.in_language(FALLBACK)
    }
}

/// A language tag as tags are compared: without case, with `-` between its parts.
#[must_use]
pub fn normalize_language(tag: &str) -> String {
    tag.to_ascii_lowercase().replace('_', "-")
}

/// Languages of two letters (ISO 639-1, and those that it had once).
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy \
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii \
    ik in io is it iu iw ja ji jv jw ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi \
    mk ml mn mo mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd \
    se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa \
    wo xh yi yo za zh zu";

/// Whether a text is a language tag (RFC 5646): a language of two letters that there is, or one of three, then parts of
/// letters and digits.
#[must_use]
pub fn is_language_tag(tag: &str) -> bool {
    let normalized = normalize_language(tag);
    let mut parts = normalized.split('-');
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let is_language = |language: &str| match language.len() {
        2 => LANGUAGES.split(' ').any(|known| known == language),
        length => length == 3 && language.bytes().all(|b| b.is_ascii_alphabetic()),
    };
    parts.next().is_some_and(is_language) && parts.all(is_part)
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a mapping of languages to texts")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(text.into())
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Text, A::Error> {
                let texts = OrderedMap::deserialize(MapAccessDeserializer::new(map))?;
                if texts.is_empty() {
                    return Err(de::Error::custom(
                        "a mapping of languages to texts is empty",
                    ));
                }
                Ok(Text::ByLanguage(texts))
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

impl schemars::JsonSchema for Text {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema(&schemars::json_schema!({"type": "string", "minLength": 1}))
    }
}

/// The schema of a [`Text`] whose placeholders are filled.
pub(super) fn template_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schema(&schemars::json_schema!({"type": "string", "minLength": 1, "format": "template"}))
}

fn schema(text: &schemars::Schema) -> schemars::Schema {
    schemars::json_schema!({
        "description": "A text, or a mapping of language tags such as `en` to texts.",
        "anyOf": [
            text,
            {"type": "object", "additionalProperties": text, "minProperties": 1},
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_str, from_value, json};

    #[test]
    fn the_nearest_language_is_taken() {
        let text: Text = from_str(r#"{"fr": "F", "de-AT": "A", "de": "D", "en": "E"}"#).unwrap();
        for (language, expected) in [
            ("de", "D"),
            ("de_AT", "A"),
            ("DE-at", "A"),
            ("de_DE", "D"),
            ("fr_FR", "F"),
            ("es_ES", "E"),
            ("", "E"),
        ] {
            assert_eq!(text.in_language(language), expected, "{language}");
        }
        assert_eq!(text.matched(), "E");
        let without_english: Text = from_str(r#"{"fr": "F", "de": "D"}"#).unwrap();
        assert_eq!(without_english.in_language("es"), "F");
        assert_eq!(Text::from("T").in_language("de"), "T");
    }

    #[test]
    fn tags_have_a_form() {
        for tag in ["en", "de-DE", "pt_BR", "zh-Hans-CN", "gsw"] {
            assert!(is_language_tag(tag), "{tag}");
        }
        for tag in [
            "",
            "e",
            "de-",
            "-de",
            "de DE",
            "german language",
            "d3",
            "german",
            "cz",
            "jp-JP",
            "de-ä",
        ] {
            assert!(!is_language_tag(tag), "{tag}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for value in [json!({}), json!([]), json!(1), json!({"en": 1})] {
            assert!(from_value::<Text>(value.clone()).is_err(), "{value}");
        }
    }
}
