//! Texts that select names, as a policy has them.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::policy::glob::Glob;

/// A text that selects names, as written: the name that equals it, and what it matches as a glob.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// Checks the length. A text that is no glob, such as `[a`, selects the name that equals it.
    ///
    /// # Errors
    /// `bad-glob`, as [`Glob::check_length`].
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        Glob::check_length(&text)?;
        Ok(Self(text))
    }

    /// The glob that matches everything.
    #[must_use]
    pub fn everything() -> Self {
        Self("**".to_owned())
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(feature = "server")]
impl schemars::JsonSchema for Pattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Glob".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "glob",
            "description": "The name itself, or a glob: `*` any run of characters, `?` one character, `[a-z]` \
                one of these, `[!a-z]` one not of these, `\\` takes the next as it is. In names of servers \
                `*`, `?` and `[!a-z]` do not match `/`, and `**` does.",
        })
    }
}
