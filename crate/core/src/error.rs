//! The one error type of the engine.

use std::fmt;

/// What went wrong, for a program (`code`) and for a person (`message`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Stable, kebab-case, documented; for example `bad-json` or `unknown-scope`.
    pub code: &'static str,
    /// One sentence: where, what, and what to write instead.
    pub message: String,
}

impl Error {
    /// Makes an error from a stable code and a sentence.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
