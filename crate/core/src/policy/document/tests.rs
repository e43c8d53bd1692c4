//! What the language accepts and refuses.

use std::fmt;

use super::*;
use serde_json::{Value, from_value, json, to_value};

fn refusal<T: for<'de> Deserialize<'de> + fmt::Debug>(value: Value) -> String {
    from_value::<T>(value).unwrap_err().to_string()
}

#[test]
fn a_whole_policy_survives_reading_and_writing() {
    let written = json!({
        "version": 1, "default": "show", "no_hub": "hide", "refresh": "15s", "max_stale": "1500ms",
        "roles": [{"name": "r", "description": "d", "scopes": ["self"], "users": ["a"], "groups": ["g"], "services": ["s"]}],
        "custom_scopes": {"custom:z": {"description": "z"}, "custom:a": {"subscopes": ["custom:z"]}},
        "tags": {"exam": {"kernel": "e*", "category": ["x", "y"]}},
        "kernels": {"K": "/srv/k"},
        "cards": [{"id": "c", "title": "t", "category": "c", "icon": "i.svg", "service": "s", "rank": 1.5, "open_in": "lab"},
                  {"id": "d", "servers": "*/dash-*", "open_in": "tab"}],
        "rules": [{"id": "r", "match": {"kernel": "K*", "server": {"include": ["*/dash-*"], "except": ["*/"]}, "tag": "exam"},
                   "show_when": {"group": "g", "all": [{"user": ["a", "b"]}, {"not": {"scope": "access:servers!server={owner}/{name}"}}]},
                   "hide_when": {"any": [{"kernel": "K"}, {"admin": true}, {"owner": false}, {"always": false}]},
                   "from": "2026-12-01", "until": "2026-12-01T12:00:00Z", "contact": "a@b.c", "message": "m"}],
        "grants": [{"id": "g", "to": {"groups": ["default"], "users": "x"},
                    "servers": {"include": ["*/dash-*"], "except": ["*/dash-private-*"], "tags": ["dashboard"]}, "until": "2027-02-28"},
                   {"id": "h", "to": {"groups": "g"}, "servers": "*/x"}],
        "preview": {"admin": true},
    });
    let document: Document = from_value(written.clone()).unwrap();
    let mut expected = written;
    expected["grants"][0]["to"]["groups"] = json!("default");
    assert_eq!(to_value(&document).unwrap(), expected);
    assert_eq!(from_value::<Document>(expected).unwrap(), document);
}

#[test]
fn refuses_with_a_reason() {
    for (value, reason) in [
        (json!({}), "missing field `version`"),
        (json!({"version": 2}), "version: 1"),
        (json!({"version": 1, "rulez": []}), "unknown field `rulez`"),
        (
            json!({"version": 1, "default": "maybe"}),
            "unknown variant `maybe`",
        ),
        (json!({"version": 1, "refresh": "15 parsecs"}), "15s"),
        (json!({"version": 1, "refresh": -1}), "15s"),
        (
            json!({"version": 1, "tags": {"t": {"tag": "u"}}}),
            "by their tags",
        ),
        (
            json!({"version": 1, "rules": [{"id": "r"}]}),
            "missing field `match`",
        ),
    ] {
        let message = refusal::<Document>(value);
        assert!(message.contains(reason), "{message}");
    }
    for (value, reason) in [
        (json!({}), "empty match"),
        (json!({"kernal": "x"}), "unknown field `kernal`"),
        (
            json!({"kernel": 5}),
            "a glob, a list of globs, or {include, except}",
        ),
        (json!({"kernel": "x".repeat(2000)}), "long"),
        (json!([]), "list of matchers is empty"),
        (json!("kernel"), "a matcher such as {kernel: NAME}"),
        (json!({"args": {}}), "args names no argument"),
        (json!({"kernel": {"except": "x"}}), "include is missing"),
        (
            json!({"kernel": {"include": "x", "tags": "t"}}),
            "unknown field `tags`",
        ),
    ] {
        let message = refusal::<Match>(value);
        assert!(message.contains(reason), "{message}");
    }
    for (value, reason) in [
        (json!({}), "a condition is empty"),
        (json!({"all": []}), "list of conditions is empty"),
        (json!({"not": {}}), "a condition is empty"),
        (json!({"grup": "x"}), "unknown field `grup`"),
        (json!({"admin": "yes"}), "expected a boolean"),
        (json!({"scope": "x!user={nme}"}), "{user}"),
        (json!({"scope": "x}"}), "{user}"),
        (json!("always"), "a condition, such as {group: NAME}"),
    ] {
        let message = refusal::<Condition>(value);
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn refuses_duplicate_keys() {
    for (text, key) in [
        (r#"{"version": 1, "version": 1}"#, "version"),
        (
            r#"{"version": 1, "tags": {"a": {"kernel": "x"}, "b": {"kernel": "x"}, "a": {"kernel": "y"}}}"#,
            "a",
        ),
        (
            r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": "x", "kernel": "y"}}]}"#,
            "kernel",
        ),
        (
            r#"{"version": 1, "preview": {"group": "x", "group": "y"}}"#,
            "group",
        ),
    ] {
        let message = serde_json::from_str::<Document>(text)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("duplicate") && message.contains(key),
            "{message}"
        );
    }
}

#[test]
fn refuses_deep_nesting() {
    let nested = |depth: usize| {
        let text = r#"{"not":"#.repeat(depth) + r#"{"admin":true}"# + &"}".repeat(depth);
        serde_json::from_str::<Condition>(&text)
    };
    assert!(nested(MAX_CONDITION_DEPTH - 1).is_ok());
    assert!(
        nested(MAX_CONDITION_DEPTH)
            .unwrap_err()
            .to_string()
            .contains("50 deep")
    );
}

#[test]
fn scopes_are_filled() {
    let card = TemplateValues {
        name: "dash-1",
        owner: "profx",
        user: "ann",
    };
    for (text, filled, names_card, names_owner) in [
        (
            "access:servers!server={owner}/{name}",
            "access:servers!server=profx/dash-1",
            true,
            true,
        ),
        (
            "read:users!user={user}",
            "read:users!user=ann",
            false,
            false,
        ),
        (
            "access:services!service={name}",
            "access:services!service=dash-1",
            true,
            false,
        ),
        ("list:users", "list:users", false, false),
    ] {
        let scope = ScopeTemplate::new(text).unwrap();
        assert_eq!(scope.fill(&card), filled);
        assert_eq!(
            (scope.names_card(), scope.names_owner()),
            (names_card, names_owner),
            "{text}"
        );
    }
}
