//! Writes the decision cases of `tests/cases` as a page gets them, for the tests of crate/web.
//!
//! A JSON list of `{name, context, cards, kernelspecs, expect}`: `context` is what the server would answer, with the policy
//! reduced to the visitor, and `expect` has a text for each card, in order.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing
)]

#[path = "../tests/shared_cases/mod.rs"]
#[allow(clippy::unwrap_used, clippy::panic)]
mod shared_cases;

use scoped_launcher_core::batch::DecideRequest;
use scoped_launcher_core::policy::document::Document;
use scoped_launcher_core::policy::time::parse_instant;
use serde_json::{Value, from_value, json};
use shared_cases::Case;

/// The time of cases that do not say: any, but always the same.
const NOW: &str = "2026-06-01T00:00:00Z";

fn main() {
    let cases: Vec<Value> = shared_cases::all().iter().map(page_case).collect();
    println!("{}", json!(cases));
}

fn page_case(case: &Case) -> Value {
    let request: DecideRequest =
        from_value(Value::Object(case.request.clone())).expect("a request of op `decide`");
    let kernelspecs = request.kernelspecs.as_ref().map(|specs| &specs.0);
    json!({
        "name": case.name,
        "context": context(case),
        "cards": case.request["cards"],
        "kernelspecs": kernelspecs,
        "expect": case.decisions.iter().map(expected).collect::<Vec<_>>(),
    })
}

/// The context as the server would answer it: whole, with the policy reduced to what a page needs.
fn context(case: &Case) -> Value {
    let mut context = json!({
        "hub": true, "user": "", "admin": false, "groups": [], "scopes": [], "shares": [], "age_s": 0,
        "stale": false, "warnings": [], "now": NOW,
    });
    let given = case.request.get("context").and_then(Value::as_object);
    for (key, value) in given
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
    {
        context[key] = value.clone();
    }
    if let Some(now) = case.request.get("now") {
        context["now"] = now.clone();
    }
    let document: Document = from_value(case.request["policy"].clone()).expect("a policy");
    let now_ms = parse_instant(context["now"].as_str().unwrap_or(NOW)).expect("a time");
    let user = context["user"].as_str().unwrap_or_default();
    let document = document.for_visitor(user, context["service"].as_str(), now_ms);
    context["policy"] = json!({"state": "ok", "document": document});
    context
}

/// `shown REASON [RULE]` or `hidden REASON [RULE]`.
fn expected(decision: &Value) -> String {
    let mut words = vec![if decision["visible"] == true {
        "shown"
    } else {
        "hidden"
    }];
    words.extend(decision["reason"].as_str());
    words.extend(decision["rule"].as_str());
    words.join(" ")
}
