//! Large and hostile policies: deciding ends, without overflowing the stack, and in the end is right.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // helpers of tests

use std::sync::Arc;

use scoped_launcher_core::policy::card::{Card, Kernelspec};
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::document::Document;
use scoped_launcher_core::policy::explain::Wording;
use scoped_launcher_core::policy::{Policy, Reason, Session};
use serde_json::{Value, from_value, json};

fn session(rules: Vec<Value>, kernels: usize, cards: Value) -> Session {
    let document: Document = from_value(json!({"version": 1, "rules": rules})).unwrap();
    let specs = (0..kernels).map(|number| Kernelspec {
        name: format!("k{number}"),
        ..Kernelspec::default()
    });
    let context: Context = from_value(json!({"user": "ann", "groups": ["g"]})).unwrap();
    let mut session = Session::new(
        Arc::new(Policy::new(document)),
        context,
        Some(specs.collect()),
    );
    let cards: Vec<Card> = from_value(cards).unwrap();
    session.set_cards(cards);
    session.decide(0);
    session
}

fn chain(length: usize, last: &Value) -> Vec<Value> {
    (0..length)
        .map(|number| {
            let when = if number + 1 < length {
                json!({"kernel": format!("k{}", number + 1)})
            } else {
                last.clone()
            };
            json!({"id": format!("r{number}"), "match": {"kernel": format!("k{number}")}, "show_when": when, "contact": "a@b.c"})
        })
        .collect()
}

#[test]
fn a_chain_of_kernels_may_be_as_long_as_the_policy() {
    const LENGTH: usize = 5_000;
    let card = json!([{"id": "c", "kind": "kernel", "name": "k0"}]);
    for (last, visible, reason) in [
        (json!({"group": "g"}), true, Reason::ShowWhen),
        (json!({"group": "other"}), false, Reason::NotShown),
        (json!({"kernel": "k0"}), false, Reason::Error),
    ] {
        let session = session(chain(LENGTH, &last), LENGTH, card.clone());
        let decision = session.decision(0).unwrap();
        assert_eq!(
            (decision.visible, decision.reason),
            (visible, reason),
            "{last}"
        );
        assert!(
            session
                .explain(0)
                .unwrap()
                .sentence(&Wording::default())
                .len()
                < 200
        );
        assert_eq!(session.trace(0).unwrap().len(), 1);
    }
}

#[test]
fn every_rule_may_match_every_card() {
    let rules: Vec<Value> = (0..500)
        .map(|number| {
            let when = json!({"any": [{"group": format!("*{number}*")}, {"always": number == 499}]});
            json!({"id": format!("r{number}"), "match": [{"kernel": "**"}, {"category": "*"}], "show_when": when})
        })
        .collect();
    let cards: Vec<Value> = (0..500)
        .map(|number| json!({"id": "c", "kind": "kernel", "name": format!("x{number}"), "category": "C"}))
        .collect();
    let session = session(rules, 0, json!(cards));
    let decision = session.decision(400).unwrap();
    assert_eq!(
        (decision.reason, decision.rule),
        (Reason::NotShown, Some("r0"))
    );
    let sentence = session.explain(400).unwrap().sentence(&Wording::default());
    assert!(sentence.starts_with("Hidden: "), "{sentence}");
}

#[test]
fn conditions_may_be_as_deep_as_they_can_be_read() {
    let mut condition = json!({"group": "g"});
    for _ in 0..49 {
        condition = json!({"not": condition});
    }
    let rules = vec![json!({"id": "r", "match": {"kernel": "k"}, "show_when": condition})];
    let session = session(
        rules,
        0,
        json!([{"id": "c", "kind": "kernel", "name": "k"}]),
    );
    assert_eq!(session.decision(0).unwrap().reason, Reason::NotShown);
    assert_eq!(session.trace(0).unwrap()[0].conditions.len(), 50);
    assert!(
        session
            .explain(0)
            .unwrap()
            .sentence(&Wording::default())
            .contains("members of group g")
    );
}
