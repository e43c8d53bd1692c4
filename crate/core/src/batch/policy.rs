//! The field `policy` of a line.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::read;
use crate::error::Error;
use crate::policy::diagnostic::Severity;
use crate::policy::document::Document;
use crate::policy::lint::{LintOptions, check};

#[derive(Deserialize)]
struct PolicyField<'a> {
    #[serde(borrow)]
    policy: &'a RawValue,
}

/// The field `policy` of a line: an object, or the text of a file (YAML or JSON), which is checked.
///
/// # Errors
/// `bad-request`; `invalid-policy` with the first error of a text.
pub(super) fn policy(line: &str) -> Result<Document, Error> {
    let policy = read::<PolicyField>(line)?.policy;
    let Some(text) = as_text(policy)? else {
        return read(policy.get());
    };
    let result = check(text.as_bytes(), "policy", &LintOptions::default());
    let first = result.of(Severity::Error).next();
    let message = first.map(|found| {
        format!(
            "policy:{}:{}: {} {}",
            found.span.line, found.span.column, found.message, found.help
        )
    });
    result
        .document
        .ok_or_else(|| Error::new("invalid-policy", message.unwrap_or_default()))
}

/// The text of a policy that is no object.
pub(super) fn as_text(policy: &RawValue) -> Result<Option<String>, Error> {
    let raw = policy.get();
    raw.starts_with('"').then(|| read(raw)).transpose()
}
