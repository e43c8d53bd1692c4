//! JSON that all ops read and write.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Error;

/// Reads the fields that an op needs; fields it does not know are ignored.
pub(super) fn read<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, Error> {
    serde_json::from_str(line).map_err(|error| {
        let code = if error.is_data() {
            "bad-request"
        } else {
            "bad-json"
        };
        Error::new(code, format!("This line cannot be read: {error}."))
    })
}

/// An error or a warning.
pub(super) fn error(error: &Error) -> Value {
    json!({"code": error.code, "message": error.message})
}
