//! Scopes with placeholders for the card.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A Hub scope, in which `{name}` and `{owner}` stand for the card's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScopeTemplate(Template);

impl ScopeTemplate {
    /// Reads the placeholders; whether the scope exists is for lint.
    ///
    /// # Errors
    /// `bad-placeholder` for a brace that is not part of `{name}` or `{owner}`.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let template = Template::new(text);
        if template.has_other_braces {
            return Err(Error::new(
                "bad-placeholder",
                "a scope has a brace that is no placeholder: write {name} or {owner}, which stand for the card's",
            ));
        }
        Ok(Self(template))
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Does it depend on the card?
    #[must_use]
    pub fn has_placeholders(&self) -> bool {
        !self.0.parts.is_empty()
    }

    /// Does it depend on the card's owner?
    #[must_use]
    pub fn names_owner(&self) -> bool {
        let mut parts = self.0.parts.iter();
        parts.any(|(_, placeholder)| *placeholder == Placeholder::Owner)
    }

    /// The scope for a card.
    #[must_use]
    pub fn fill(&self, name: &str, owner: &str) -> String {
        self.0.fill(name, owner)
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
            "description": "A scope of the Hub; `{name}` and `{owner}` in its filter are the card's.",
        })
    }
}

/// Text with `{name}` and `{owner}`, which stand for a card's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Template {
    text: String,
    /// The text before each placeholder, with the placeholder.
    parts: Vec<(String, Placeholder)>,
    /// What follows the last placeholder.
    rest: String,
    /// Are there braces that are no placeholders? They stay as they are.
    has_other_braces: bool,
}

/// What a [`Template`] takes from the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Placeholder {
    /// `{name}`
    Name,
    /// `{owner}`
    Owner,
}

impl Template {
    /// Reads the placeholders.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        let placeholders = [
            ("{name}", Placeholder::Name),
            ("{owner}", Placeholder::Owner),
        ];
        while let Some((at, written, placeholder)) = placeholders
            .iter()
            .filter_map(|(written, placeholder)| {
                Some((rest.find(written)?, *written, *placeholder))
            })
            .min_by_key(|(at, ..)| *at)
        {
            let (before, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
            parts.push((before.to_owned(), placeholder));
            rest = behind.strip_prefix(written).unwrap_or_default();
        }
        let rest = rest.to_owned();
        let texts = parts.iter().map(|(before, _)| before).chain([&rest]);
        let has_other_braces = texts.into_iter().any(|text| text.contains(['{', '}']));
        Self {
            text,
            parts,
            rest,
            has_other_braces,
        }
    }

    /// The text for a card.
    pub(crate) fn fill(&self, name: &str, owner: &str) -> String {
        let mut out = String::with_capacity(self.text.len() + name.len() + owner.len());
        for (before, placeholder) in &self.parts {
            out.push_str(before);
            out.push_str(match placeholder {
                Placeholder::Name => name,
                Placeholder::Owner => owner,
            });
        }
        out.push_str(&self.rest);
        out
    }
}
