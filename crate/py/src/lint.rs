//! Checking policy files.

use pyo3::prelude::*;
use scoped_launcher_core::policy::lint::{LintOptions, check};
use scoped_launcher_core::policy::time::parse_instant;
use serde_json::json;

use crate::convert::value_error;

/// Check a policy file: `{"document": {…} or null, "diagnostics": […]}` as JSON.
///
/// `content` is the file's bytes, `file` its name in diagnostics, `groups` the Hub's groups if they are
/// known, `now` the time (RFC 3339) if windows that are over are to be found. Raises ValueError only
/// for a bad `now`.
#[pyfunction]
#[pyo3(signature = (content, file = "policy.yaml", groups = None, now = None))]
#[allow(clippy::needless_pass_by_value)] // taken from Python
pub(crate) fn lint(
    py: Python<'_>,
    content: &[u8],
    file: &str,
    groups: Option<Vec<String>>,
    now: Option<&str>,
) -> PyResult<String> {
    py.detach(|| {
        let now_ms = now.map(parse_instant).transpose();
        let options = LintOptions {
            groups: groups.as_deref(),
            now_ms: now_ms.map_err(value_error)?,
        };
        let result = check(content, file, &options);
        Ok(json!({"document": result.document, "diagnostics": result.diagnostics}).to_string())
    })
}

/// The JSON Schema of policy files, as indented JSON.
#[pyfunction]
pub(crate) fn schema() -> String {
    format!("{:#}\n", scoped_launcher_core::policy::schema::policy())
}
