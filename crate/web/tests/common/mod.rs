//! What the browser tests share.

use js_sys::{Function, Reflect, global};
use wasm_bindgen::{JsCast, JsValue};

/// The value of a key; undefined if it is absent.
pub fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED)
}

/// The value of a key, as text.
pub fn text(object: &JsValue, key: &str) -> String {
    get(object, key)
        .as_string()
        .unwrap_or_else(|| panic!("{key} is no text"))
}

/// The page's monotonic clock, in milliseconds.
pub fn performance_now() -> f64 {
    let performance = get(&global(), "performance");
    let now: Function = get(&performance, "now").unchecked_into();
    now.call0(&performance).unwrap().as_f64().unwrap()
}
