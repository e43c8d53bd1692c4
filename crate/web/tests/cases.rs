//! Runs the decision cases of `tests/cases` through the engine as a page uses it.
#![cfg(target_arch = "wasm32")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[allow(dead_code)]
mod common;

use common::{assign, copy, get, items, json, performance_now, remove, set, text};
use js_sys::{Array, Object};
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use scoped_launcher_web::Engine;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

macro_rules! files {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../../../tests/cases/", $name, ".yaml")))),*]
    };
}

/// All of them: crate/core's own runner fails when one is missing here or there, because the counts differ.
const FILES: [(&str, &str); 11] = files!(
    "conditions",
    "decision",
    "errors",
    "founding",
    "kernels",
    "kinds",
    "no_hub",
    "scopes",
    "selectors",
    "tags",
    "windows"
);

#[wasm_bindgen_test]
fn every_case_is_decided_as_it_says() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for (file, yaml) in FILES {
        let documents = Yaml::load_from_str(yaml).unwrap();
        let root = to_js(&documents[0]);
        let given = get(&root, "given");
        for case in items(&get(&root, "cases")) {
            count += 1;
            let request = copy(&given);
            assign(&request, &case);
            let name = text(&case, "name");
            if let Err(reason) = run(&request) {
                wrong.push(format!("{file}: {name}: {reason}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // scripts/test-wasm.mjs reads this.
    console_log!("shared cases run: {count}");
}

fn run(request: &JsValue) -> Result<(), String> {
    let engine = Engine::new();
    let cards = get(request, "cards");
    engine.set_cards(cards.clone().unchecked_into()).unwrap();
    let kernelspecs = get(request, "kernelspecs");
    if kernelspecs.is_object() {
        let kernelspecs = kernelspecs_of(&kernelspecs);
        engine
            .set_kernelspecs(kernelspecs.unchecked_into())
            .unwrap();
    }
    let context = context_of(request);
    let visible = loop {
        let start = performance_now();
        engine
            .set_context(context.clone())
            .map_err(|error| text(&error, "message"))?;
        let visible = engine.decide();
        // Some cases are about the last millisecond of a window: the clock must stand still.
        if performance_now() - start < 1.0 {
            break visible;
        }
    };
    let expected = get(request, "expect");
    for (i, card) in items(&cards).iter().enumerate() {
        let id = text(card, "id");
        let decision: JsValue = engine.decision(i).unwrap().into();
        let mut decided = vec![
            if visible[i] == 1 { "shown" } else { "hidden" }.to_owned(),
            text(&decision, "reason"),
        ];
        decided.extend(get(&decision, "rule").as_string());
        let expected = text(&expected, &id);
        if decided.join(" ") != expected {
            return Err(format!(
                "card {id} is {}, not {expected}",
                decided.join(" ")
            ));
        }
    }
    Ok(())
}

/// The context as the server would answer it: whole, with the policy reduced to what a page needs.
fn context_of(request: &JsValue) -> JsValue {
    let context = json(
        r#"{"hub": true, "user": "", "admin": false, "groups": [], "scopes": [], "shares": [], "age_s": 0,
            "stale": false, "warnings": [], "now": "2026-06-01T00:00:00Z"}"#,
    );
    let given = get(request, "context");
    for entry in Object::entries(given.unchecked_ref()).iter() {
        let entry: Array = entry.unchecked_into();
        if !entry.get(1).is_null() {
            set(&context, &entry.get(0).as_string().unwrap(), &entry.get(1));
        }
    }
    let now = get(request, "now");
    if now.is_string() {
        set(&context, "now", &now);
    }
    let document = copy(&get(request, "policy"));
    for key in ["kernels", "grants", "preview"] {
        remove(&document, key);
    }
    let policy = json(r#"{"state": "ok"}"#);
    set(&policy, "document", &document);
    set(&context, "policy", &policy);
    context
}

/// The kernelspecs as the labextension tells them, `[{name, tags}]`, from all that the contract allows: a list of
/// names or of `{name, tags}`, kernelspecs by name, or what Jupyter's kernelspec API answers.
fn kernelspecs_of(given: &JsValue) -> JsValue {
    let within = |object: JsValue, key| {
        let inner = get(&object, key);
        if inner.is_object() { inner } else { object }
    };
    let list = Array::new();
    let add = |name: &JsValue, tags: &JsValue| {
        let tags: Array = items(tags).into_iter().filter(JsValue::is_string).collect();
        let spec = json("{}");
        set(&spec, "name", name);
        set(&spec, "tags", &tags);
        list.push(&spec);
    };
    if given.is_array() {
        for spec in items(given) {
            if spec.is_string() {
                add(&spec, &Array::new());
            } else {
                add(&get(&spec, "name"), &get(&spec, "tags"));
            }
        }
    } else {
        let given = within(given.clone(), "kernelspecs");
        for entry in Object::entries(given.unchecked_ref()).iter() {
            let entry: Array = entry.unchecked_into();
            let spec = within(within(entry.get(1), "spec"), "metadata");
            add(&entry.get(0), &get(&spec, "tags"));
        }
    }
    list.into()
}

fn to_js(yaml: &Yaml) -> JsValue {
    match yaml {
        Yaml::Value(Scalar::Boolean(value)) => (*value).into(),
        Yaml::Value(Scalar::Integer(value)) => JsValue::from_f64(*value as f64),
        Yaml::Value(Scalar::FloatingPoint(value)) => JsValue::from_f64(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => value.as_ref().into(),
        Yaml::Sequence(list) => list.iter().map(to_js).collect::<Array>().into(),
        Yaml::Mapping(entries) => {
            let object = json("{}");
            for (key, value) in entries {
                set(&object, key.as_str().unwrap(), &to_js(value));
            }
            object
        }
        _ => JsValue::NULL,
    }
}
