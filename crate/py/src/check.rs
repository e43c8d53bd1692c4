//! What the command line asks of a policy file.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use scoped_launcher_core::policy::Policy;
use scoped_launcher_core::policy::facts::Context;
use scoped_launcher_core::policy::lint::{self, Known};
use scoped_launcher_core::policy::model::Document;
use scoped_launcher_core::policy::time::parse_instant;
use serde::Deserialize;
use serde_json::{Value, json};

/// Check a policy file: `{"document": {…} or null, "findings": […]}` as JSON.
///
/// `content` is the file's bytes, `file` its name in findings, `groups` the Hub's groups if they are
/// known, `now` the time (RFC 3339) if windows that are over are to be found. Raises ValueError only
/// for a bad `now`.
#[pyfunction]
#[pyo3(signature = (content, file = "policy.yaml", groups = None, now = None))]
#[allow(clippy::needless_pass_by_value)] // taken from Python
pub(crate) fn check(
    py: Python<'_>,
    content: &[u8],
    file: &str,
    groups: Option<Vec<String>>,
    now: Option<&str>,
) -> PyResult<String> {
    py.detach(|| {
        let now_ms = now.map(parse_instant).transpose();
        let known = Known {
            groups: groups.as_deref(),
            now_ms: now_ms.map_err(|error| PyValueError::new_err(error.message))?,
        };
        let checked = lint::check(content, file, &known);
        Ok(json!({"document": checked.document, "findings": checked.findings}).to_string())
    })
}

/// The JSON Schema of policy files, as indented JSON.
#[pyfunction]
pub(crate) fn schema() -> String {
    format!("{:#}\n", scoped_launcher_core::policy::schema::policy())
}

/// The cards that a policy adds to a visitor's launcher, as JSON: each has the keys of a card in
/// the batch contract, and `title`.
///
/// `document` is a policy as JSON, `context` a visitor's. Raises ValueError where one cannot be read.
#[pyfunction]
pub(crate) fn policy_cards(py: Python<'_>, document: &str, context: &str) -> PyResult<String> {
    py.detach(|| {
        let policy = Policy::new(read::<Document>("document", document)?);
        let context: Context = read("context", context)?;
        let cards = policy.cards(&context);
        let cards: Vec<Value> = cards
            .into_iter()
            .map(|(card, written)| {
                let mut value = json!(card);
                if let Some(card) = value.as_object_mut() {
                    card.insert("title".to_owned(), json!(written.title));
                }
                value
            })
            .collect();
        Ok(Value::from(cards).to_string())
    })
}

fn read<'t, T: Deserialize<'t>>(what: &str, text: &'t str) -> PyResult<T> {
    serde_json::from_str(text)
        .map_err(|error| PyValueError::new_err(format!("The {what} cannot be read: {error}.")))
}
