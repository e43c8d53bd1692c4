//! What the browser tests share.

use js_sys::{Array, Function, JSON, Object, Reflect, global};
use wasm_bindgen::{JsCast, JsValue};

/// Parses JSON into JavaScript values.
pub fn json(text: &str) -> JsValue {
    JSON::parse(text).unwrap_or_else(|_| panic!("not JSON: {text}"))
}

/// The value of a key; undefined if it is absent.
pub fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Sets the value of a key.
pub fn set(object: &JsValue, key: &str, value: &JsValue) {
    Reflect::set(object, &key.into(), value).unwrap();
}

/// The value of a key, as text.
pub fn text(object: &JsValue, key: &str) -> String {
    get(object, key)
        .as_string()
        .unwrap_or_else(|| panic!("{key} is no text"))
}

/// A copy of an object, without copying what is in it.
pub fn copy(object: &JsValue) -> JsValue {
    let copy = JsValue::from(Object::new());
    assign(&copy, object);
    copy
}

/// Gives one object the keys and values of another.
pub fn assign(object: &JsValue, from: &JsValue) {
    let object: &Object = object.unchecked_ref();
    Object::assign(object, from.unchecked_ref());
}

/// Takes a key away.
pub fn remove(object: &JsValue, key: &str) {
    let object: &Object = object.unchecked_ref();
    Reflect::delete_property(object, &key.into()).unwrap();
}

/// The items of a list; none if it is none.
pub fn items(list: &JsValue) -> Vec<JsValue> {
    list.dyn_ref::<Array>().map_or_else(Vec::new, Array::to_vec)
}

/// The page's monotonic clock, in milliseconds.
pub fn performance_now() -> f64 {
    let performance = get(&global(), "performance");
    let now: Function = get(&performance, "now").unchecked_into();
    now.call0(&performance).unwrap().as_f64().unwrap()
}
