//! The engine's face: what it takes over, what it refuses, and what stays when something goes wrong.
#![cfg(target_arch = "wasm32")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[allow(dead_code)]
mod common;

use common::{get, text};
use js_sys::{Function, Reflect, global};
use scoped_launcher_web::Engine;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Headers;

wasm_bindgen_test_configure!(run_in_browser);

const CARDS: &str = r#"[
    {"id": "class", "kind": "kernel", "name": "class", "tags": []},
    {"id": "python", "kind": "kernel", "name": "python3", "tags": []}
]"#;

/// One rule: only the group `class` sees the kernel `class`.
const CONTEXT: &str = r#"{
    "hub": true, "user": "ann", "admin": false, "groups": ["class"], "scopes": [], "shares": [],
    "server": {"owner": "ann", "name": ""}, "now": "2026-06-01T12:00:00Z", "age_s": 0, "stale": false,
    "warnings": [],
    "policy": {"state": "ok", "etag": "1", "document": {"version": 1, "rules": [
        {"id": "r", "match": {"kernel": "class"}, "show_when": {"group": "class"}}
    ]}}
}"#;

const SUMMARY: &str = r#"{"now": "2026-06-01T12:00:00Z", "policy": {"state": "ok", "document": {
    "version": 1, "rules": [{"id": "r", "match": {"kernel": "class"}}]}}}"#;

fn engine() -> Engine {
    let engine = Engine::new();
    engine.set_cards(CARDS).unwrap();
    engine
}

fn ready_engine() -> Engine {
    let engine = engine();
    engine.set_context(CONTEXT.as_bytes()).unwrap();
    engine
}

fn status(engine: &Engine) -> String {
    JsValue::from(engine.status()).as_string().unwrap()
}

fn code(error: &JsValue) -> String {
    assert!(error.is_instance_of::<js_sys::Error>());
    assert!(!text(error, "message").is_empty());
    text(error, "code")
}

fn context() -> Value {
    serde_json::from_str(CONTEXT).unwrap()
}

/// Applies a context.
fn set_context(engine: &Engine, context: &Value) -> Result<JsValue, JsValue> {
    let result = engine.set_context(context.to_string().as_bytes())?;
    Ok(result.into())
}

/// The context with one key changed.
fn context_with(key: &str, value: &str) -> Value {
    let mut context = context();
    context[key] = serde_json::from_str(value).unwrap();
    context
}

/// The context with a policy.
fn context_under(document: &str) -> Value {
    context_with(
        "policy",
        &format!(r#"{{"state": "ok", "document": {document}}}"#),
    )
}

#[wasm_bindgen_test]
fn shows_nothing_before_it_knows_anything() {
    let engine = engine();
    assert_eq!(status(&engine), "pending");
    assert_eq!(engine.decide(), [0, 0]);
    assert!(engine.decision(0).unwrap().is_none());
    assert!(engine.next_change_ms().is_none());
}

#[wasm_bindgen_test]
fn shows_what_the_policy_allows() {
    let engine = ready_engine();
    assert_eq!(status(&engine), "ready");
    assert_eq!(engine.decide(), [1, 1]);
    let decision = JsValue::from(engine.decision(0).unwrap().unwrap());
    assert_eq!(text(&decision, "reason"), "show_when");
    assert_eq!(text(&decision, "rule"), "r");
    set_context(&engine, &context_with("groups", "[]")).unwrap();
    assert_eq!(engine.decide(), [0, 1]);
}

#[wasm_bindgen_test]
fn decides_cards_that_are_not_in_the_launcher() {
    let others = r#"[
        {"id": "class", "kind": "kernel", "name": "class", "tags": []},
        {"id": "menu", "kind": "command", "name": "docmanager:save", "tags": []}
    ]"#;
    assert_eq!(engine().decide_others(others).unwrap(), [0, 0]);
    let engine = ready_engine();
    assert_eq!(engine.decide_others(others).unwrap(), [3, 1]);
    set_context(&engine, &context_with("groups", "[]")).unwrap();
    assert_eq!(engine.decide_others(others).unwrap(), [2, 1]);
    // The launcher's cards are as they were.
    assert_eq!(engine.decide(), [0, 1]);
    assert_eq!(
        code(&engine.decide_others("{}").unwrap_err()),
        "bad-argument"
    );
}

#[wasm_bindgen_test]
fn says_whether_anything_changed() {
    let engine = engine();
    let changed = |context: &Value| {
        let result = set_context(&engine, context).unwrap();
        get(&result, "changed").as_bool().unwrap()
    };
    assert!(changed(&context_with("groups", "[]")));
    assert!(changed(&context()));
    let mut unchanged = context_with("policy", r#"{"state": "ok", "etag": "1"}"#);
    unchanged["now"] = json!("2026-06-01T12:00:15Z");
    // Without the etag of what it has, it takes no policy without a document.
    assert_eq!(
        code(&set_context(&engine, &unchanged).unwrap_err()),
        "bad-context"
    );
}

#[wasm_bindgen_test]
fn a_policy_summary_shows_what_is_not_governed() {
    let engine = engine();
    engine.set_policy_summary(SUMMARY).unwrap();
    assert_eq!(status(&engine), "expired");
    assert_eq!(engine.decide(), [0, 1]);
    engine.set_context(CONTEXT.as_bytes()).unwrap();
    assert_eq!(engine.decide(), [1, 1]);
}

#[wasm_bindgen_test]
fn no_policy_governs_nothing_and_an_invalid_one_shows_nothing() {
    for (policy, expected, visible) in [
        (r#"{"state": "missing"}"#, "no_policy", [1, 1]),
        (
            r#"{"state": "invalid", "on_invalid": "hide_all", "message": "m"}"#,
            "invalid_policy",
            [0, 0],
        ),
        (
            r#"{"state": "invalid", "on_invalid": "show"}"#,
            "no_policy",
            [1, 1],
        ),
    ] {
        let engine = ready_engine();
        set_context(&engine, &context_with("policy", policy)).unwrap();
        assert_eq!(status(&engine), expected, "{policy}");
        assert_eq!(engine.decide(), visible, "{policy}");
    }
}

#[wasm_bindgen_test]
fn a_partial_or_wrong_context_changes_nothing() {
    let engine = ready_engine();
    for key in [
        "hub", "user", "admin", "groups", "scopes", "shares", "now", "age_s", "policy",
    ] {
        let mut context = context();
        context.as_object_mut().unwrap().remove(key);
        let error = set_context(&engine, &context).unwrap_err();
        assert_eq!(code(&error), "bad-context", "without {key}");
        for wrong in ["5.5", "[1]", r#"{"x": 1}"#] {
            // A number is right for the age, and empty objects are no policy either.
            if (key, wrong) == ("age_s", "5.5") {
                continue;
            }
            let error = set_context(&engine, &context_with(key, wrong)).unwrap_err();
            assert_eq!(code(&error), "bad-context", "{key}: {wrong}");
        }
    }
    assert_eq!(engine.decide(), [1, 1]);
    assert_eq!(status(&engine), "ready");
}

#[wasm_bindgen_test]
fn a_policy_that_says_more_than_is_known_here_is_refused() {
    let engine = ready_engine();
    for document in [
        r#"{"version": 2}"#,
        r#"{"version": 1, "rulez": []}"#,
        r#"{"version": 1, "default": "maybe"}"#,
        r#"{"version": 1, "refresh": "15 parsecs"}"#,
        r#"{"version": 1, "rules": [{"id": "r"}]}"#,
        r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": "x"}, "unless": {"always": true}}]}"#,
        r#"{"version": 1, "rules": [{"id": "r", "match": {"weekday": "x"}}]}"#,
        r#"{"version": 1, "rules": [{"id": "r", "match": []}]}"#,
        r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": {"except": "a"}}}]}"#,
        r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": "x"}, "show_when": {}}]}"#,
        r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": "x"}, "show_when": {"all": []}}]}"#,
        r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": "x"}, "show_when": {"moon": "full"}}]}"#,
        r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": "x"}, "show_when": {"scope": "a!user={x}"}}]}"#,
        r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": "x"}, "from": "2026-06-01T00:00:00"}]}"#,
        r#"{"version": 1, "tags": {"t": {"tag": "x"}}}"#,
        r#"{"version": 1, "timezone": "Europe/Berlin"}"#,
        r#"{"version": 1, "cards": []}"#,
    ] {
        let error = set_context(&engine, &context_under(document)).unwrap_err();
        assert_eq!(code(&error), "bad-context", "{document}");
    }
    let nested = format!(
        "{}{{\"admin\": true}}{}",
        "{\"not\":".repeat(60),
        "}".repeat(60)
    );
    let document = format!(
        r#"{{"version": 1, "rules": [{{"id": "r", "match": {{"kernel": "x"}}, "show_when": {nested}}}]}}"#
    );
    let error = set_context(&engine, &context_under(&document)).unwrap_err();
    assert_eq!(code(&error), "bad-context");
    assert_eq!(engine.decide(), [1, 1]);
}

#[wasm_bindgen_test]
fn a_context_that_is_too_old_shows_nothing_that_is_governed() {
    let engine = ready_engine();
    set_context(&engine, &context_with("age_s", "599")).unwrap();
    assert_eq!(engine.decide(), [1, 1]);
    let left = engine.next_change_ms().unwrap();
    assert!(left > 0.0 && left <= 1000.0, "{left}");
    set_context(&engine, &context_with("age_s", "601")).unwrap();
    assert_eq!(status(&engine), "expired");
    assert_eq!(engine.decide(), [0, 1]);
    engine.set_context(CONTEXT.as_bytes()).unwrap();
    assert_eq!(engine.decide(), [1, 1]);
}

#[wasm_bindgen_test]
fn windows_follow_the_clock_of_the_server() {
    let document = r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": "*"}, "hide_when": {"always": true},
        "from": "2026-06-01T12:00:01Z", "until": "2026-06-01T12:01:00Z"}]}"#;
    let engine = engine();
    set_context(&engine, &context_under(document)).unwrap();
    assert_eq!(engine.decide(), [1, 1]);
    let opens = engine.next_change_ms().unwrap();
    assert!(opens > 0.0 && opens <= 1000.0, "{opens}");
    let mut later = context_under(document);
    later["now"] = json!("2026-06-01T12:00:59Z");
    set_context(&engine, &later).unwrap();
    assert_eq!(engine.decide(), [0, 0]);
}

#[wasm_bindgen_test]
fn times_of_the_week_come_as_instants() {
    let document = r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": "*"}, "hide_when": {"always": true},
        "window": {"open": [[1780315201000, 1780315260000]], "known_until": 1780401600000}}]}"#;
    let engine = engine();
    let mut context = context_under(document);
    let mut decide_at = |now: &str| {
        context["now"] = json!(now);
        set_context(&engine, &context).unwrap();
        engine.decide()
    };
    assert_eq!(decide_at("2026-06-01T12:00:00Z"), [1, 1]);
    assert_eq!(decide_at("2026-06-01T12:00:59Z"), [0, 0]);
    assert_eq!(decide_at("2026-06-01T12:01:00Z"), [1, 1]);
    // Of later times nothing is known: what the rule matches is hidden.
    assert_eq!(decide_at("2026-06-02T12:00:00Z"), [0, 0]);
}

#[wasm_bindgen_test]
fn hands_on_the_policys_own_cards_as_the_server_has_them() {
    let mut context = context_under(r#"{"version": 1, "refresh": "3s"}"#);
    let cards = r#"[{"id":"s","kind":"service","name":"web","rank":1.5}]"#;
    context["cards"] = serde_json::from_str(cards).unwrap();
    context["sections"] = json!([{"category": "C", "rank": 1}]);
    let result = set_context(&engine(), &context).unwrap();
    assert_eq!(get(&result, "refreshSeconds").as_f64(), Some(3.0));
    assert_eq!(text(&result, "cardsJson"), cards);
    assert_eq!(
        text(&result, "sectionsJson"),
        r#"[{"category":"C","rank":1}]"#
    );
    let result = set_context(&engine(), &context_under(r#"{"version": 1}"#)).unwrap();
    assert!(get(&result, "cardsJson").is_undefined());
}

#[wasm_bindgen_test]
fn a_service_of_the_hub_is_a_visitor() {
    let mut context = context_under(
        r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": "class"}, "show_when": {"service": "health-*"}}]}"#,
    );
    let engine = engine();
    set_context(&engine, &context).unwrap();
    assert_eq!(engine.decide(), [0, 1]);
    context["service"] = json!("health-check");
    set_context(&engine, &context).unwrap();
    assert_eq!(engine.decide(), [1, 1]);
}

#[wasm_bindgen_test]
fn bad_cards_and_kernelspecs_are_refused() {
    let engine = ready_engine();
    for cards in [
        "5",
        r#"[{"id": "x"}]"#,
        r#"[{"id": "x", "kind": "planet"}]"#,
        r#"[{"id": 5, "kind": "kernel"}]"#,
    ] {
        let error = engine.set_cards(cards).unwrap_err();
        assert_eq!(code(&error), "bad-argument", "{cards}");
    }
    let error = engine.set_kernelspecs(r#"[{"tags": []}]"#).unwrap_err();
    assert_eq!(code(&error), "bad-argument");
    assert_eq!(engine.decide(), [1, 1]);
}

// The page's own fetch, which answers as the tests say: everything else is the browser's.

/// Lets `fetch` do what the JavaScript in `body` says, given the `request`.
fn answer_with(body: &str) {
    let fetch = Function::new_with_args("request", body);
    Reflect::set(&global(), &"fetch".into(), &fetch).unwrap();
}

async fn load(engine: &Engine, timeout_ms: u32) -> Result<JsValue, JsValue> {
    let headers = Headers::new().unwrap();
    headers.set("X-Asked", "yes").unwrap();
    let url = "http://server.test/context".to_owned();
    engine.load(url, headers, timeout_ms).await.map(Into::into)
}

#[wasm_bindgen_test]
async fn loads_over_http() {
    let original = get(&global(), "fetch");
    let engine = engine();

    answer_with(&format!(
        "return Promise.resolve(request.headers.get('X-Asked') === 'yes' && request.url === 'http://server.test/context'
            ? new Response({}) : Response.error());",
        js_sys::JSON::stringify(&CONTEXT.into()).unwrap()
    ));
    let result = load(&engine, 5000).await.unwrap();
    assert_eq!(text(&result, "status"), "ready");
    assert_eq!(engine.decide(), [1, 1]);

    // The policy does not travel again while it is the same.
    answer_with(
        r#"const context = {hub: true, user: "ann", admin: false, groups: [], scopes: [], shares: [], age_s: 0,
               stale: true, warnings: ["w"], now: "2026-06-01T12:00:00Z", policy: {state: "ok", etag: "1"}};
           return Promise.resolve(new Response(request.url.endsWith("?etag=1") ? JSON.stringify(context) : ""));"#,
    );
    let result = load(&engine, 5000).await.unwrap();
    assert_eq!(get(&result, "stale").as_bool(), Some(true));
    assert_eq!(engine.decide(), [0, 1]);
    engine.set_context(CONTEXT.as_bytes()).unwrap();

    // Failures leave what was known.
    for (answer, expected) in [
        ("new Response('', {status: 500})", "unavailable"),
        ("new Response('<html>', {status: 502})", "unavailable"),
        (
            r#"new Response('{"code": "hub-timeout", "message": "m"}', {status: 503})"#,
            "hub-timeout",
        ),
        ("new Response('', {status: 404})", "not-found"),
        ("new Response('{\"hub\": tr')", "bad-context"),
        ("new Response('[]')", "bad-context"),
    ] {
        answer_with(&format!("return Promise.resolve({answer});"));
        let error = load(&engine, 5000).await.unwrap_err();
        assert_eq!(code(&error), expected, "{answer}");
        assert_eq!(engine.decide(), [1, 1], "{answer}");
    }
    answer_with("return Promise.reject(new TypeError('no route'));");
    assert_eq!(code(&load(&engine, 5000).await.unwrap_err()), "network");
    answer_with(
        "return new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason)));",
    );
    assert_eq!(code(&load(&engine, 50).await.unwrap_err()), "timeout");
    // The body may never come, either.
    answer_with(
        "return Promise.resolve(new Response(new ReadableStream({start(body) {
            request.signal.addEventListener('abort', () => body.error(request.signal.reason)); }})));",
    );
    assert_eq!(code(&load(&engine, 50).await.unwrap_err()), "timeout");
    assert_eq!(engine.decide(), [1, 1]);

    // Without a session, the visitor's context is discarded.
    answer_with("return Promise.resolve(new Response('{}', {status: 403}));");
    assert_eq!(
        code(&load(&engine, 5000).await.unwrap_err()),
        "not-authenticated"
    );
    assert_eq!(status(&engine), "expired");
    assert_eq!(engine.decide(), [0, 1]);

    Reflect::set(&global(), &"fetch".into(), &original).unwrap();
    // The browser's own: this page's server has no such file, and nobody listens there.
    let headers = || Headers::new().unwrap();
    let here = text(&get(&global(), "location"), "origin");
    let real = |url: String| engine.load(url, headers(), 5000);
    let error = real(format!("{here}/scoped-launcher/context"))
        .await
        .unwrap_err();
    assert_eq!(code(&error), "not-found");
    let error = real("http://127.0.0.1:9/context".to_owned())
        .await
        .unwrap_err();
    assert_eq!(code(&error), "network");
    let url = format!(
        "data:application/json,{}",
        String::from(js_sys::encode_uri_component(CONTEXT))
    );
    let fresh = crate::engine();
    fresh.load(url, headers(), 5000).await.unwrap();
    assert_eq!(fresh.decide(), [1, 1]);
}

#[wasm_bindgen_test]
fn an_error_names_the_path_to_the_mistake() {
    let engine = engine();
    let rule = |condition: &str| {
        format!(
            r#"{{"version": 1, "rules": [{{"id": "q", "match": {{"kernel": "x"}}}},
                {{"id": "r, [{{\"", "match": {{"kernel": "x"}}, "show_when": {condition}}}]}}"#
        )
    };
    for (document, expected) in [
        (
            rule(r#"{"any": [{"group": "a"}, {"not": {"grup": "b"}}]}"#),
            "policy.document.rules[1].show_when.any[1].not.grup: unknown field `grup`",
        ),
        (
            rule(r#"{"admin": "yes"}"#),
            "policy.document.rules[1].show_when.admin: invalid type: string",
        ),
        (
            rule(r#"{"all": []}"#),
            "policy.document.rules[1].show_when: a list of conditions is empty",
        ),
        (
            r#"{"version": 1, "rules": [{"id": "r"}]}"#.to_owned(),
            "policy.document.rules[0]: missing field `match`",
        ),
        (
            r#"{"version": 1, "roles": [{"name": "r", "scope": []}]}"#.to_owned(),
            "policy.document.roles[0].scope: unknown field `scope`",
        ),
    ] {
        let error = set_context(&engine, &context_under(&document)).unwrap_err();
        let message = text(&error, "message");
        assert!(message.contains(expected), "{message}");
    }
    for (key, value, expected) in [
        ("grups", "[]", "grups: unknown field `grups`"),
        ("groups", r#"["a", 5]"#, "groups[1]: invalid type: integer"),
        ("now", r#""today""#, "now: “today” is not a time"),
    ] {
        let error = set_context(&engine, &context_with(key, value)).unwrap_err();
        let message = text(&error, "message");
        assert!(message.contains(expected), "{message}");
    }
    let error = engine
        .set_cards(
            r#"[{"id": "a", "kind": "kernel"}, {"id": "b", "kind": "kernel", "colour": "red"}]"#,
        )
        .unwrap_err();
    assert!(text(&error, "message").starts_with("[1].colour: unknown field `colour`"));
}
