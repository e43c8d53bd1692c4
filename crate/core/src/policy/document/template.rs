//! Texts with placeholders for the card and the visitor.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A Hub scope, in which `{name}` and `{owner}` stand for the card's, and `{user}` for the visitor's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScopeTemplate(Template);

impl ScopeTemplate {
    /// Reads the placeholders; whether the scope exists is for lint.
    ///
    /// # Errors
    /// `bad-placeholder` for a brace that is not part of `{name}`, `{owner}` or `{user}`.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        Template::new(text).map(Self)
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Does it have placeholders?
    #[must_use]
    pub fn has_placeholders(&self) -> bool {
        !self.0.parts.is_empty()
    }

    /// Does it depend on the card?
    #[must_use]
    pub fn names_card(&self) -> bool {
        self.0.has(Placeholder::Name) || self.0.has(Placeholder::Owner)
    }

    /// Does it depend on the card's owner?
    #[must_use]
    pub fn names_owner(&self) -> bool {
        self.0.has(Placeholder::Owner)
    }

    /// The scope for a card and a visitor.
    #[must_use]
    pub fn fill(&self, values: &TemplateValues) -> String {
        self.0.fill(values, str::to_owned)
    }
}

impl<'de> Deserialize<'de> for ScopeTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for ScopeTemplate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "server")]
impl schemars::JsonSchema for ScopeTemplate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scope".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "scope",
            "description": "A scope of the Hub; `{name}` and `{owner}` in its filter are the card's, `{user}` is \
                the visitor's name.",
        })
    }
}

/// Text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Template {
    text: String,
    /// The text before each placeholder, with the placeholder.
    parts: Vec<(String, Placeholder)>,
    /// What follows the last placeholder.
    rest: String,
}

/// What a [`Template`] is filled with.
#[derive(Debug, Clone, Copy, Default)]
pub struct TemplateValues<'a> {
    /// The card's name.
    pub name: &'a str,
    /// The card's owner.
    pub owner: &'a str,
    /// The visitor's name.
    pub user: &'a str,
}

/// What a [`Template`] takes from the card or the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Placeholder {
    /// `{name}`
    Name,
    /// `{owner}`
    Owner,
    /// `{user}`
    User,
}

impl Template {
    /// Reads the placeholders.
    ///
    /// # Errors
    /// `bad-placeholder` for a brace that is not part of one.
    pub(crate) fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            let placeholders = [
                ("name}", Placeholder::Name),
                ("owner}", Placeholder::Owner),
                ("user}", Placeholder::User),
            ];
            let found = placeholders.into_iter().find_map(|(written, placeholder)| {
                Some((behind.strip_prefix(written)?, placeholder))
            });
            let Some((behind, placeholder)) = found.filter(|_| !before.contains('}')) else {
                return Err(bad_placeholder());
            };
            parts.push((before.to_owned(), placeholder));
            rest = behind;
        }
        if rest.contains('}') {
            return Err(bad_placeholder());
        }
        let rest = rest.to_owned();
        Ok(Self { text, parts, rest })
    }

    /// The text with its placeholders filled, each as `encode` writes it.
    pub(crate) fn fill(&self, values: &TemplateValues, encode: impl Fn(&str) -> String) -> String {
        let mut out = String::with_capacity(self.text.len() + values.name.len());
        for (before, placeholder) in &self.parts {
            out.push_str(before);
            out.push_str(&encode(match placeholder {
                Placeholder::Name => values.name,
                Placeholder::Owner => values.owner,
                Placeholder::User => values.user,
            }));
        }
        out.push_str(&self.rest);
        out
    }

    fn has(&self, wanted: Placeholder) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|(_, placeholder)| *placeholder == wanted)
    }
}

fn bad_placeholder() -> Error {
    Error::new(
        "bad-placeholder",
        "a brace is no placeholder: write {name} or {owner}, which stand for the card's, or {user}, the visitor's name",
    )
}
