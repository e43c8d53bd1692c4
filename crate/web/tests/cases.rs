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

use common::{get, performance_now, text};
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use scoped_launcher_web::Engine;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
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
        let root = to_json(&documents[0]);
        for case in root["cases"].as_array().unwrap() {
            count += 1;
            let mut request = root["given"].clone();
            if request.is_null() {
                request = json!({});
            }
            for (key, value) in case.as_object().unwrap() {
                request[key] = value.clone();
            }
            if let Err(reason) = run(&request) {
                wrong.push(format!("{file}: {}: {reason}", case["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // scripts/test-wasm.mjs reads this.
    console_log!("shared cases run: {count}");
}

fn run(request: &Value) -> Result<(), String> {
    let engine = Engine::new();
    let message = |error: JsValue| text(&error, "message");
    engine
        .set_cards(&request["cards"].to_string())
        .map_err(message)?;
    if let Some(kernelspecs) = kernelspecs_of(&request["kernelspecs"]) {
        engine
            .set_kernelspecs(&kernelspecs.to_string())
            .map_err(message)?;
    }
    let context = context_of(request).to_string();
    let visible = loop {
        let start = performance_now();
        engine.set_context(context.as_bytes()).map_err(message)?;
        let visible = engine.decide();
        // Some cases are about the last millisecond of a window: the clock must stand still.
        if performance_now() - start < 1.0 {
            break visible;
        }
    };
    for (i, card) in request["cards"].as_array().unwrap().iter().enumerate() {
        let id = card["id"].as_str().unwrap();
        let decision = JsValue::from(engine.decision(i).unwrap().unwrap());
        let mut decided = vec![
            if visible[i] == 1 { "shown" } else { "hidden" }.to_owned(),
            text(&decision, "reason"),
        ];
        decided.extend(get(&decision, "rule").as_string());
        let expected = request["expect"][id].as_str().unwrap();
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
fn context_of(request: &Value) -> Value {
    let mut context = json!({
        "hub": true, "user": "", "admin": false, "groups": [], "scopes": [], "shares": [], "age_s": 0,
        "stale": false, "warnings": [], "now": "2026-06-01T00:00:00Z",
    });
    for (key, value) in request["context"].as_object().into_iter().flatten() {
        if !value.is_null() {
            context[key] = value.clone();
        }
    }
    if request["now"].is_string() {
        context["now"] = request["now"].clone();
    }
    context["policy"] = json!({"state": "ok", "document": request["policy"]});
    context
}

/// The kernelspecs as the labextension tells them, `[{name, tags}]`, from all that the contract allows: a list of
/// names or of `{name, tags}`, kernelspecs by name, or what Jupyter's kernelspec API answers.
fn kernelspecs_of(given: &Value) -> Option<Value> {
    let spec = |name: &Value, tags: &Value| {
        let tags = tags.as_array().into_iter().flatten();
        let tags: Vec<&Value> = tags.filter(|tag| tag.is_string()).collect();
        json!({"name": name, "tags": tags})
    };
    let within = |object: &Value, key: &str| {
        let inner = &object[key];
        if inner.is_object() {
            inner.clone()
        } else {
            object.clone()
        }
    };
    match given {
        Value::Array(specs) => Some(
            specs
                .iter()
                .map(|given| match given {
                    Value::String(_) => spec(given, &Value::Null),
                    _ => spec(&given["name"], &given["tags"]),
                })
                .collect(),
        ),
        Value::Object(_) => Some(
            within(given, "kernelspecs")
                .as_object()?
                .iter()
                .map(|(name, given)| {
                    let metadata = within(&within(given, "spec"), "metadata");
                    spec(&json!(name), &metadata["tags"])
                })
                .collect(),
        ),
        _ => None,
    }
}

fn to_json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(list) => list.iter().map(to_json).collect(),
        Yaml::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| (key.as_str().unwrap().to_owned(), to_json(value)))
            .collect(),
        _ => Value::Null,
    }
}
