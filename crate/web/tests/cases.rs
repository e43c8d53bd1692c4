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
use scoped_launcher_web::Engine;
use serde_json::Value;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The cases as a page gets them: scripts/page-cases.mjs writes them.
const CASES: &str = include_str!("../../../target/page-cases.json");

#[wasm_bindgen_test]
fn every_case_is_decided_as_it_says() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let reason = run(case).err()?;
            Some(format!("{}: {reason}", case["name"]))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // scripts/test-wasm.mjs reads this.
    console_log!("shared cases run: {}", cases.len());
}

fn run(case: &Value) -> Result<(), String> {
    let engine = Engine::new();
    let message = |error: JsValue| text(&error, "message");
    engine
        .set_cards(&case["cards"].to_string())
        .map_err(message)?;
    if !case["kernelspecs"].is_null() {
        engine
            .set_kernelspecs(&case["kernelspecs"].to_string())
            .map_err(message)?;
    }
    let context = case["context"].to_string();
    let visible = loop {
        let start = performance_now();
        engine.set_context(context.as_bytes()).map_err(message)?;
        let visible = engine.decide();
        // Some cases are about the last millisecond of a window: the clock must stand still.
        if performance_now() - start < 1.0 {
            break visible;
        }
    };
    for (i, expected) in case["expect"].as_array().unwrap().iter().enumerate() {
        let decision = JsValue::from(engine.decision(i).unwrap().unwrap());
        let mut decided = vec![
            if visible[i] == 1 { "shown" } else { "hidden" }.to_owned(),
            text(&decision, "reason"),
        ];
        decided.extend(get(&decision, "rule").as_string());
        if decided.join(" ") != *expected {
            return Err(format!(
                "card {} is {}, not {expected}",
                text(&decision, "id"),
                decided.join(" ")
            ));
        }
    }
    Ok(())
}
