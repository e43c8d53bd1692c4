//! The tree of a policy file, with the place of each key and value.

use serde_json::Number;

use crate::policy::span::SourceSpan;

/// A value and its span.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceNode {
    /// Where it is; of a list or mapping only where it begins.
    pub span: SourceSpan,
    /// What it is.
    pub value: SourceValue,
}

/// What a [`SourceNode`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceValue {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole or decimal number.
    Number(Number),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<SourceNode>),
    /// A mapping, in the file's order.
    Map(Vec<SourceEntry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceEntry {
    /// The key.
    pub key: String,
    /// Where the key is.
    pub key_span: SourceSpan,
    /// What it stands for.
    pub value: SourceNode,
}

impl SourceNode {
    /// What a person calls this kind of value.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            SourceValue::Null => "nothing (null)",
            SourceValue::Bool(_) => "true or false",
            SourceValue::Number(_) => "a number",
            SourceValue::Text(_) => "text",
            SourceValue::List(_) => "a list",
            SourceValue::Map(_) => "a mapping",
        }
    }

    /// The value of `key`, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&SourceNode> {
        let entry = self.entries().iter().find(|entry| entry.key == key)?;
        Some(&entry.value)
    }

    /// The text, if this is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            SourceValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if this is a list; otherwise none.
    #[must_use]
    pub fn items(&self) -> &[SourceNode] {
        match &self.value {
            SourceValue::List(items) => items,
            _ => &[],
        }
    }

    /// The keys and values, if this is a mapping; otherwise none.
    #[must_use]
    pub fn entries(&self) -> &[SourceEntry] {
        match &self.value {
            SourceValue::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The same value without places.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            SourceValue::Null => Json::Null,
            SourceValue::Bool(value) => Json::Bool(*value),
            SourceValue::Number(number) => Json::Number(number.clone()),
            SourceValue::Text(text) => Json::String(text.clone()),
            SourceValue::List(items) => items.iter().map(Self::to_json).collect(),
            SourceValue::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect(),
        }
    }

    /// 0 for a plain value, 1 for a list of plain values, and so on.
    pub(super) fn height(&self) -> usize {
        let inner = match &self.value {
            SourceValue::List(items) => items.iter().map(Self::height).max(),
            SourceValue::Map(entries) => entries.iter().map(|entry| entry.value.height()).max(),
            _ => return 0,
        };
        1 + inner.unwrap_or(0)
    }
}

/// Appends `key` to `path`: `rules` + `id` is `rules.id`, `roles` + `a b` is `roles["a b"]`.
#[must_use]
pub fn path_to_key(path: &str, key: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if key.is_empty() || !key.chars().all(plain) {
        format!("{path}[{}]", serde_json::Value::from(key))
    } else if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// Appends a list position to `path`: `rules` + 2 is `rules[2]`.
#[must_use]
pub fn path_to_item(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}
