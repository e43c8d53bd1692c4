//! Who may read the whole policy and look as somebody else, and who may learn of hidden cards.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use scoped_launcher_core::policy::Policy;
use scoped_launcher_core::policy::context::Context;
use serde_json::{Value, from_value, json};

fn policy(more: Value) -> Policy {
    let mut policy = json!({"version": 1});
    let keys = policy.as_object_mut().unwrap();
    keys.extend(more.as_object().unwrap().clone());
    Policy::new(from_value(policy).unwrap())
}

fn context(value: &Value) -> Context {
    from_value(value.clone()).unwrap()
}

#[test]
fn without_preview_admins_and_those_who_may_change_groups_look_as_others() {
    let policy = policy(json!({
        "roles": [
            {"name": "instructor", "groups": ["instructors"], "scopes": ["groups!group=class"]},
            {"name": "reader", "groups": ["readers"], "scopes": ["read:groups", "list:groups", "groups!group="]},
            {"name": "helper", "services": ["helper"], "scopes": ["admin:groups"]},
        ],
    }));
    for (visitor, expected) in [
        (json!({"user": "a"}), false),
        (json!({"user": "a", "admin": true}), true),
        (json!({"user": "a", "scopes": ["groups"]}), true),
        (json!({"user": "a", "scopes": ["groups!group=class"]}), true),
        (json!({"user": "a", "scopes": ["admin:groups"]}), true),
        (
            json!({"user": "a", "scopes": ["read:groups", "list:groups", "users", "admin:users", "custom:groups", "groups!group="]}),
            false,
        ),
        (json!({"user": "a", "groups": ["instructors"]}), true),
        (json!({"user": "a", "groups": ["readers"]}), false),
        (json!({"user": "instructors"}), false),
        (json!({"user": "", "service": "helper"}), true),
        (json!({"user": "helper"}), false),
        (json!({"hub": false, "user": "a"}), false),
    ] {
        assert_eq!(
            policy.allows_preview(context(&visitor)),
            expected,
            "{visitor}"
        );
    }
    assert!(!policy.allows_preview(Context::unknown()));
}

#[test]
fn with_preview_nobody_else_looks_as_others() {
    let admin = json!({"user": "a", "admin": true, "scopes": ["groups"], "groups": ["class"]});
    for (preview, expected) in [
        (json!({"always": false}), false),
        (json!({"group": "staff"}), false),
        (json!({"group": "class"}), true),
        // What needs a card or kernels is not known here.
        (json!({"scope": "groups!group={name}"}), false),
        (json!({"not": {"scope": "groups!group={name}"}}), false),
        (json!({"not": {"kernel": "python3"}}), false),
    ] {
        let policy = policy(json!({"preview": preview}));
        assert_eq!(
            policy.allows_preview(context(&admin)),
            expected,
            "{preview}"
        );
        assert!(!policy.allows_preview(Context::unknown()), "{preview}");
    }
}

#[test]
fn only_list_hidden_lists_every_hidden_card() {
    let visitor = json!({"user": "a", "groups": ["class"], "admin": true});
    for (more, expected) in [
        (json!({}), false),
        (json!({"preview": {"always": true}}), false),
        (json!({"list_hidden": {"always": false}}), false),
        (json!({"list_hidden": {"group": "class"}}), true),
        (json!({"list_hidden": {"not": {"kernel": "k"}}}), false),
    ] {
        assert_eq!(
            policy(more.clone()).lists_hidden(context(&visitor)),
            expected,
            "{more}"
        );
    }
}

#[test]
fn locked_rules_are_found_among_rules_and_cards() {
    let rule = |locked: bool| json!({"id": "r", "match": {"kernel": "k"}, "locked": locked});
    let card = |more: Value| {
        let mut card = json!({"id": "c", "page": "p"});
        card.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"cards": [card]})
    };
    for (more, expected) in [
        (json!({}), false),
        (json!({"rules": [rule(false)]}), false),
        (json!({"rules": [rule(false), rule(true)]}), true),
        (
            card(json!({"show_when": {"admin": true}, "locked": true})),
            true,
        ),
        (card(json!({"show_when": {"admin": true}})), false),
    ] {
        assert_eq!(policy(more.clone()).has_locked(), expected, "{more}");
    }
}
