//! What the engine answers about the use of cards, beside deciding on a launcher's.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::sync::Arc;

use scoped_launcher_core::batch::DecideRequest;
use scoped_launcher_core::policy::Policy;
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::explain::Wording;
use serde_json::{Value, from_value, json};

fn policy(more: &Value) -> Arc<Policy> {
    let mut document = json!({
        "version": 1,
        "rules": [
            {"id": "exam", "match": {"command": "terminal:*"}, "hide_when": {"group": "exam"}},
            {"id": "consoles", "match": {"category": "Console"}, "show_when": {"group": "staff"}},
            {"id": "class", "match": {"kernel": "Class*"}, "show_when": {"group": "class"}},
            {"id": "december", "match": {"proxy": "p"}, "show_when": {"always": true},
             "from": "2026-12-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"},
        ],
    });
    for (key, value) in more.as_object().unwrap() {
        document[key] = value.clone();
    }
    Arc::new(Policy::new(from_value(document).unwrap()))
}

fn request(context: &Value) -> DecideRequest {
    from_value(json!({
        "context": context,
        "cards": [
            {"id": "terminal", "kind": "command", "name": "terminal:create-new"},
            {"id": "python3", "kind": "kernel", "name": "python3"},
            {"id": "console", "kind": "kernel", "name": "python3", "category": "Console"},
            {"id": "class", "kind": "kernel", "name": "Class1"},
            {"id": "proxy", "kind": "proxy", "name": "p"},
            {"id": "other", "kind": "proxy", "name": "q"},
        ],
        "now": "2026-11-26T00:00:00Z",
    }))
    .unwrap()
}

fn used(context: &Value) -> Vec<Value> {
    let answer = request(context).may_use(policy(&json!({})), None).unwrap();
    answer["decisions"].as_array().unwrap().clone()
}

#[test]
fn one_shown_card_of_a_kernel_is_enough_to_use_it() {
    let decisions = used(&json!({"user": "m", "groups": []}));
    let visible: Vec<&Value> = decisions
        .iter()
        .map(|decision| &decision["visible"])
        .collect();
    assert_eq!(visible, [true, true, false, false, false, true]);
    let ids: Vec<&Value> = decisions.iter().map(|decision| &decision["id"]).collect();
    assert_eq!(
        ids,
        ["terminal", "python3", "console", "class", "proxy", "other"]
    );
}

#[test]
fn a_refusal_names_its_rule_and_has_a_sentence() {
    let answer = request(&json!({"user": "m"}))
        .may_use(policy(&json!({})), Some(&Wording::default()))
        .unwrap();
    let class = &answer["decisions"][3];
    assert_eq!(
        (&class["rule"], &class["reason"]),
        (&json!("class"), &json!("not_shown"))
    );
    assert!(
        class["sentence"]
            .as_str()
            .unwrap()
            .starts_with("Hidden: shown only to members of group class")
    );
}

#[test]
fn governed_cards_do_not_depend_on_the_visitor_or_on_the_policys_defaults() {
    for more in [
        json!({}),
        json!({"default": "hide"}),
        json!({"no_hub": "hide"}),
        json!({"no_hub": "show", "default": "show"}),
    ] {
        for context in [
            json!({"user": "m"}),
            json!({"hub": false}),
            json!({"groups": ["exam"]}),
        ] {
            let mut request = request(&context);
            for now in [None, Some("2026-11-26T00:00:00Z".to_owned())] {
                request.now = now;
                let governed = request.clone().governed(policy(&more)).unwrap();
                assert_eq!(
                    governed,
                    [true, false, true, true, true, false],
                    "{more} {context}"
                );
            }
        }
    }
}

#[test]
fn the_rules_that_match_a_card() {
    let rules = request(&json!({})).matching_rules(policy(&json!({
        "cards": [{"id": "q", "page": "x", "show_when": {"admin": true}}],
    })));
    assert_eq!(
        rules,
        [
            vec!["exam"],
            vec!["consoles"],
            vec!["consoles"],
            vec!["consoles", "class"],
            vec!["december"],
            vec![]
        ]
    );
}

#[test]
fn nothing_governed_may_be_used_by_an_unknown_visitor() {
    for more in [
        json!({}),
        json!({"no_hub": "show"}),
        json!({"no_hub": "hide"}),
    ] {
        let mut request = request(&json!({}));
        request.context = Context::unknown();
        let answer = request.may_use(policy(&more), None).unwrap();
        let visible: Vec<&Value> = answer["decisions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|decision| &decision["visible"])
            .collect();
        // python3 has a card in Notebook, which no rule governs.
        assert_eq!(visible, [false, true, false, false, false, true], "{more}");
    }
}
