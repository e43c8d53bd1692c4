//! The browser's face of the engine.
use wasm_bindgen::prelude::wasm_bindgen;

/// The engine with its policy, facts and cards resident.
#[wasm_bindgen]
#[derive(Default)]
pub struct Engine {}

#[wasm_bindgen]
impl Engine {
    /// An engine without facts.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}
