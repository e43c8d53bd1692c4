//! What goes wrong at this border, as JavaScript sees it.

use scoped_launcher_core::error::Error;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

/// A failure with a stable code: `network`, `timeout`, `login`, `unavailable`, `bad-context`,
/// `bad-policy`, `bad-argument`, or the code that the server or the engine gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For programs.
    pub code: String,
    /// One sentence, for people.
    pub message: String,
}

impl Failure {
    /// Makes a failure from a code and a sentence.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error.code, error.message)
    }
}

#[wasm_bindgen]
extern "C" {
    /// JavaScript's `Error`, with the property that TypeScript reads.
    #[wasm_bindgen(extends = js_sys::Error, js_name = Error)]
    type CodedError;

    #[wasm_bindgen(constructor, js_class = "Error")]
    fn new(message: &str) -> CodedError;

    #[wasm_bindgen(method, setter)]
    fn set_code(this: &CodedError, code: &str);
}

impl From<Failure> for JsValue {
    /// An `Error` whose `code` is the failure's.
    fn from(failure: Failure) -> Self {
        let error = CodedError::new(&failure.message);
        error.set_code(&failure.code);
        error.unchecked_into()
    }
}
