//! The arguments of a card's command.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The arguments of a command, each as JSON text without blanks and with sorted names, by name.
///
/// A page gets by without a type for any JSON: it compares texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandArgs {
    /// Sorted by name.
    by_name: Vec<(String, String)>,
}

impl CommandArgs {
    /// An argument as rules compare it: a text itself, anything else as JSON.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<String> {
        let mut args = self.by_name.iter();
        let (_, json) = args.find(|(known, _)| known == name)?;
        Some(serde_json::from_str(json).unwrap_or_else(|_| json.clone()))
    }

    /// All arguments as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::from("{");
        for (name, json) in &self.by_name {
            if out.len() > 1 {
                out.push(',');
            }
            out += &serde_json::to_string(name).unwrap_or_default();
            out.push(':');
            out += json;
        }
        out.push('}');
        out
    }
}

impl<'de> Deserialize<'de> for CommandArgs {
    /// A page's JSON is without blanks and sorted already: the labextension sees to it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CommandArgsVisitor;
        impl<'de> Visitor<'de> for CommandArgsVisitor {
            type Value = CommandArgs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the arguments of a command, by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CommandArgs, A::Error> {
                let mut by_name: Vec<(String, String)> = Vec::new();
                while let Some((name, json)) = map.next_entry::<String, Box<RawValue>>()? {
                    by_name.retain(|(known, _)| *known != name);
                    by_name.push((name, normalized(json.get())));
                }
                #[cfg(feature = "server")]
                by_name.sort();
                Ok(CommandArgs { by_name })
            }
        }
        deserializer.deserialize_map(CommandArgsVisitor)
    }
}

#[cfg(not(feature = "server"))]
fn normalized(json: &str) -> String {
    json.to_owned()
}

#[cfg(feature = "server")]
fn normalized(json: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(json);
    value.map_or_else(|_| json.to_owned(), |value| value.to_string())
}

#[cfg(feature = "server")]
impl serde::Serialize for CommandArgs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error as _, SerializeMap};
        let mut map = serializer.serialize_map(Some(self.by_name.len()))?;
        for (name, json) in &self.by_name {
            let json = RawValue::from_string(json.clone()).map_err(S::Error::custom)?;
            map.serialize_entry(name, &json)?;
        }
        map.end()
    }
}

#[cfg(feature = "server")]
impl From<&serde_json::Map<String, serde_json::Value>> for CommandArgs {
    fn from(args: &serde_json::Map<String, serde_json::Value>) -> Self {
        let args = args.iter();
        let mut by_name: Vec<(String, String)> = args
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect();
        by_name.sort();
        Self { by_name }
    }
}

#[cfg(test)]
#[cfg(feature = "server")]
mod tests {
    use super::CommandArgs;
    use serde_json::{from_str, from_value, json, to_value};

    #[test]
    fn arguments_are_compared_as_texts() {
        let args: CommandArgs =
            from_str(r#"{"b": "r\u00e9", "a": {"y": [1, 2], "x": null}, "b": "ré"}"#).unwrap();
        assert_eq!(args.text_of("b").as_deref(), Some("ré"));
        assert_eq!(
            args.text_of("a").as_deref(),
            Some(r#"{"x":null,"y":[1,2]}"#)
        );
        assert_eq!(args.text_of("c"), None);
        assert_eq!(args.to_json(), r#"{"a":{"x":null,"y":[1,2]},"b":"ré"}"#);
        assert_eq!(CommandArgs::default().to_json(), "{}");
    }

    #[test]
    fn arguments_survive_reading_and_writing() {
        let value = json!({"b": "x", "a": {"y": [1, 2.5]}});
        let args: CommandArgs = from_value(value.clone()).unwrap();
        assert_eq!(to_value(&args).unwrap(), value);
        assert_eq!(CommandArgs::from(value.as_object().unwrap()), args);
        assert!(from_str::<CommandArgs>("[1]").is_err());
    }
}
