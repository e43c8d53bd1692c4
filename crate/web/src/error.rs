//! What goes wrong in the page, as JavaScript sees it.

use scoped_launcher_core::error::ErrorCode;
use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

/// An error with a stable code, from the one table of codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineError {
    /// For programs.
    pub code: ErrorCode,
    /// One sentence, for people.
    pub message: String,
}

impl EngineError {
    /// Makes an error from a code and a sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The error that the server's `{"code", "message"}` stands for.
    pub fn from_body(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct ErrorBody {
            code: ErrorCode,
            message: String,
        }
        serde_json::from_slice(body).map_or_else(
            |_| Self::new(ErrorCode::Unavailable, "The server answered with an error."),
            |ErrorBody { code, message }| Self { code, message },
        )
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

impl From<EngineError> for JsValue {
    /// An `Error` with the property `code`.
    fn from(error: EngineError) -> Self {
        let coded = CodedError::new(&error.message);
        coded.set_code(error.code.as_str());
        coded.unchecked_into()
    }
}
