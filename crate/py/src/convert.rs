//! JSON text to Rust and back, and errors to Python's.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use scoped_launcher_core::error::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads JSON text; `what` names it in the error.
///
/// # Errors
/// `bad-json`.
pub(crate) fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text)
        .map_err(|error| Error::new("bad-json", format!("{what} cannot be read: {error}.")))
}

/// Writes JSON text.
///
/// # Errors
/// None that a caller could cause.
pub(crate) fn to_json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| {
        Error::new(
            "not-json",
            format!("This cannot be written as JSON: {error}."),
        )
    })
}

/// The Python exception for an error.
#[allow(clippy::needless_pass_by_value)] // for `map_err`
pub(crate) fn value_error(error: Error) -> PyErr {
    PyValueError::new_err(error.message)
}
