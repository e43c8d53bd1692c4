//! What explanations say to people: in which language, and about which hidden cards.
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
use scoped_launcher_core::policy::explain::{ExplanationCode, Wording};
use serde_json::{Value, from_value, json};

fn policy(value: Value) -> Policy {
    Policy::new(from_value(value).unwrap())
}

fn german() -> Wording {
    let texts = [
        ("shown-only-to", "Ausgeblendet: nur sichtbar für"),
        ("members", "Mitglieder der Gruppe {}"),
        ("in-no-such-group", "Sie sind in keiner dieser Gruppen"),
        ("ask", "Fragen Sie {}."),
    ];
    let texts = texts.map(|(code, text)| (code.to_owned(), text.to_owned()));
    Wording {
        texts: texts.into_iter().collect(),
        language: "de_DE".to_owned(),
    }
}

fn explain(policy: Value, wording: &Wording) -> Value {
    let request: DecideRequest = from_value(json!({
        "context": {"user": "mmuster", "groups": ["a"], "now": "2026-01-05T12:00:00Z"},
        "cards": [{"id": "k", "kind": "kernel", "name": "class"}],
    }))
    .unwrap();
    let policy = Arc::new(self::policy(policy));
    request.explain(policy, wording).unwrap()["decisions"][0].clone()
}

#[test]
fn an_explanation_is_in_the_wanted_language() {
    let policy = json!({"version": 1, "rules": [{
        "id": "r", "match": {"kernel": "class"}, "show_when": {"group": "g"},
        "message": {"en": "Register.", "de": "Melden Sie sich an."}, "contact": "profx@example.edu",
    }]});
    let answer = explain(policy.clone(), &german());
    assert_eq!(
        answer["sentence"],
        "Ausgeblendet: nur sichtbar für Mitglieder der Gruppe g; Sie sind in keiner dieser Gruppen. \
         Melden Sie sich an. Fragen Sie profx@example.edu."
    );
    assert_eq!(answer["message"], "Melden Sie sich an.");
    let english = explain(policy, &Wording::default());
    assert_eq!(
        english["sentence"],
        "Hidden: shown only to members of group g; you are in none of its groups. Register. Ask profx@example.edu."
    );
}

#[test]
fn a_code_without_a_text_is_in_english() {
    let policy = json!({"version": 1, "rules": [
        {"id": "r", "match": {"kernel": "class"}, "show_when": {"admin": true}},
    ]});
    let answer = explain(policy, &german());
    assert_eq!(
        answer["sentence"],
        "Ausgeblendet: nur sichtbar für Hub admins; you are not an admin."
    );
}

#[test]
fn values_are_not_read_as_texts() {
    let policy = json!({"version": 1, "rules": [
        {"id": "r", "match": {"kernel": "class"}, "show_when": {"group": "{}"}},
    ]});
    let answer = explain(policy, &german());
    assert!(
        answer["sentence"].as_str().unwrap().contains("Gruppe {};"),
        "{answer}"
    );
}

#[test]
fn no_other_user_is_named() {
    let of_others = json!({"user": {"include": ["lisa1", "lisa*"], "except": "lisa-x"}});
    for condition in [
        of_others.clone(),
        json!({"user": ["lisa1", "mmuster"]}),
        json!({"not": of_others}),
        json!({"any": [{"group": "g"}, of_others, {"user": "*"}]}),
        json!({"all": [{"group": "a"}, {"not": of_others}]}),
    ] {
        for effect in ["show_when", "hide_when"] {
            let rule = json!({"id": "r", "match": {"kernel": "class"}, effect: condition});
            let answer = explain(json!({"version": 1, "rules": [rule]}), &Wording::default());
            let sentence = answer["sentence"].as_str().unwrap();
            assert!(!sentence.contains("lisa"), "{sentence}");
            let is_default = answer["reason"] == "default";
            assert!(
                is_default || sentence.contains("you are mmuster"),
                "{sentence}"
            );
            assert!(!answer["parts"].to_string().contains("lisa"), "{answer}");
        }
    }
}

#[test]
fn every_code_has_its_place_for_a_value_once() {
    for code in ExplanationCode::ALL {
        assert!(code.text().matches("{}").count() <= 1, "{}", code.as_str());
    }
}

#[test]
fn a_window_is_said_in_the_wanted_language() {
    let rule = json!({
        "id": "r", "match": {"kernel": "class"}, "show_when": {"group": "a"},
        "from": "2030-12-01", "until": "2030-12-24 12:00",
        "weekly": [{"days": ["tue", "thu"], "from": "10:00", "until": "11:30"}, {"days": ["sun"], "from": "08:00", "until": "09:00"}],
    });
    let document = json!({"version": 1, "timezone": "Europe/Berlin", "rules": [rule]});
    let english = explain(document.clone(), &Wording::default());
    assert_eq!(
        english["explanation"],
        "Hidden: shown only on tue, thu from 10:00 until 11:30 or on sun from 08:00 until 09:00 from 2030-12-01 until \
         2030-12-24 12:00 (Europe/Berlin)."
    );
    let wording: Wording = from_value(json!({"texts": {
        "shown-only-during": "Ausgeblendet: nur sichtbar {}", "window-on": "am", "window-from": "von", "window-until": "bis",
        "or": "oder", "tuesday": "Di", "thursday": "Do", "sunday": "So",
    }}))
    .unwrap();
    assert_eq!(
        explain(document, &wording)["explanation"],
        "Ausgeblendet: nur sichtbar am Di, Do von 10:00 bis 11:30 oder am So von 08:00 bis 09:00 von 2030-12-01 bis \
         2030-12-24 12:00 (Europe/Berlin)."
    );
}

#[test]
fn cards_are_titled_in_the_wanted_language_and_matched_in_english() {
    let policy = policy(json!({"version": 1, "cards": [
        {"id": "d", "title": {"de": "{name} von {owner}", "en": "{name} of {owner}"}, "servers": "*/dash-*",
         "description": {"en": "A dashboard", "de": "Eine Übersicht"}},
        {"id": "w", "title": "Workbench", "service": "web"},
    ]}));
    let context: Context = from_value(json!({"user": "me", "shares": ["profx/dash-1"]})).unwrap();
    let cards = policy.cards(&context, "de");
    assert_eq!(cards[0].card.title.as_deref(), Some("dash-1 von profx"));
    assert_eq!(
        cards[0].card.policy_title.as_deref(),
        Some("dash-1 of profx")
    );
    assert_eq!(cards[0].description, Some("Eine Übersicht"));
    assert_eq!(cards[1].card.policy_title, None);
    let cards = policy.cards(&context, "es");
    assert_eq!(cards[0].card.title.as_deref(), Some("dash-1 of profx"));
}

#[test]
fn hidden_cards_are_listed_for_those_who_may_know_of_them() {
    let hiding = json!({"id": "r", "match": {"kernel": "class"}, "show_when": {"group": "x"}});
    let with = |more: Value| {
        let mut rule = hiding.clone();
        rule.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        rule
    };
    let asked = |rules: Vec<Value>, list_hidden: Value| {
        let mut policy = json!({"version": 1, "rules": rules});
        if !list_hidden.is_null() {
            policy["list_hidden"] = list_hidden;
        }
        let answer = explain(policy, &Wording::default());
        (answer["locked"] == true, answer["listed"] == true)
    };
    let contact = with(json!({"contact": "a@b.c"}));
    let locked = with(json!({"locked": true}));
    let other = json!({"id": "s", "match": {"kernel": "class"}, "hide_when": {"group": "a"}});
    for (rules, list_hidden, expected) in [
        (vec![hiding.clone()], Value::Null, (false, false)),
        (vec![contact.clone()], Value::Null, (false, true)),
        (
            vec![with(json!({"request": {"group": "x"}}))],
            Value::Null,
            (false, true),
        ),
        (vec![locked.clone()], Value::Null, (true, true)),
        // What another rule hides without a lock stays hidden.
        (
            vec![locked.clone(), other.clone()],
            Value::Null,
            (false, false),
        ),
        (vec![hiding.clone()], json!({"group": "a"}), (false, true)),
        (vec![contact], json!({"group": "nobody"}), (false, false)),
        (vec![locked], json!({"group": "nobody"}), (true, true)),
    ] {
        assert_eq!(
            asked(rules.clone(), list_hidden.clone()),
            expected,
            "{rules:?} {list_hidden}"
        );
    }
}
