//! The op `lint`.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::json::read;
use super::policy::as_text;
use crate::error::Error;
use crate::policy::diagnostic::{Diagnostic, Severity};
use crate::policy::lint::{LintOptions, LintResult, check};
use crate::policy::time::parse_instant;

#[derive(Deserialize)]
struct LintRequest<'a> {
    #[serde(borrow)]
    policy: &'a RawValue,
    file: Option<String>,
    groups: Option<Vec<String>>,
    now: Option<String>,
}

/// `lint`: checks `policy`, an object or the text of a file (YAML or JSON).
///
/// Lines and columns count within the object or text.
pub(super) fn lint(line: &str) -> Result<Value, Error> {
    let request: LintRequest = read(line)?;
    let options = LintOptions {
        groups: request.groups.as_deref(),
        now_ms: request.now.as_deref().map(parse_instant).transpose()?,
    };
    let text = as_text(request.policy)?;
    let text = text.as_deref().unwrap_or(request.policy.get());
    let file = request.file.as_deref().unwrap_or("policy");
    let result = check(text.as_bytes(), file, &options);
    Ok(json!({
        "errors": diagnostics(&result, Severity::Error),
        "warnings": diagnostics(&result, Severity::Warning),
    }))
}

fn diagnostics(result: &LintResult, severity: Severity) -> Vec<&Diagnostic> {
    result.of(severity).collect()
}
