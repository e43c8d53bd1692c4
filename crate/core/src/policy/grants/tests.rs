//! Grants against users, servers and shares.

use std::collections::HashMap;

use serde_json::json;

use super::{ExistingShare, ServerModel, ShareChange, ShareChanges, UserModel};
use crate::error::Error;
use crate::policy::compile::Policy;
use crate::policy::time::parse_instant;

fn planned(
    grants: &serde_json::Value,
    shares: &serde_json::Value,
    now_ms: Option<i64>,
) -> Result<ShareChanges, Error> {
    let policy = json!({
        "version": 1,
        "grants": grants,
        "tags": {"course": {"server": "profx/dash-tagged"}},
    });
    let users = json!([
        {"name": "profx", "groups": ["instructors", "default"], "servers": {
            "": {"user_options": null},
            "scratch": {},
            "dash-1": {"user_options": {"tags": ["dashboard", 7]}},
            "dash-2": {"user_options": {"tags": ["dashboard"]}},
            "dash-private-1": {"user_options": "none"},
            "dash-tagged": {"user_options": null},
        }},
        {"name": "mmuster", "groups": ["default"], "servers": {"": {}}},
        {"name": "eextern", "groups": null, "servers": null},
    ]);
    Policy::new(serde_json::from_value(policy).unwrap()).grants(
        &serde_json::from_value::<Vec<UserModel>>(users).unwrap(),
        &serde_json::from_value::<Vec<ExistingShare>>(shares.clone()).unwrap(),
        now_ms,
    )
}

fn pairs(changes: &[ShareChange]) -> Vec<String> {
    changes
        .iter()
        .map(|change| format!("{} {} {}", change.server, change.user, change.grant))
        .collect()
}

#[test]
fn a_group_may_open_named_servers_and_never_default_ones() {
    let everything = json!([{"id": "all", "to": {"groups": ["default"]}, "servers": "**"}]);
    let changes = planned(&everything, &json!([]), None).unwrap();
    let servers = [
        "dash-1",
        "dash-2",
        "dash-private-1",
        "dash-tagged",
        "scratch",
    ];
    assert_eq!(
        pairs(&changes.create),
        servers.map(|name| format!("profx/{name} mmuster all"))
    );
    let default_servers = json!([{"id": "d", "to": {"users": "*"}, "servers": "*/"}]);
    assert_eq!(
        planned(&default_servers, &json!([]), None).unwrap(),
        ShareChanges::default()
    );
}

#[test]
fn exclusions_and_tags_narrow_a_grant() {
    for (servers, expected) in [
        (
            json!({"include": "*/dash-*", "except": ["*/dash-private-*"]}),
            vec!["dash-1", "dash-2", "dash-tagged"],
        ),
        (
            json!({"include": "*/dash-*", "tags": ["dash*"]}),
            vec!["dash-1", "dash-2"],
        ),
        (
            json!({"include": "*/*", "tags": ["course"]}),
            vec!["dash-tagged"],
        ),
        (json!({"include": "*/*", "tags": ["nothing"]}), vec![]),
    ] {
        let grants = json!([{"id": "g", "to": {"users": "eextern"}, "servers": servers}]);
        let changes = planned(&grants, &json!([]), None).unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|name| format!("profx/{name} eextern g"))
            .collect();
        assert_eq!(pairs(&changes.create), expected, "{servers}");
    }
}

#[test]
fn only_shares_made_for_a_grant_are_revoked() {
    let grants = json!([{"id": "g", "to": {"groups": "default"}, "servers": "*/dash-1"}]);
    let shares = json!([
        {"server": "profx/dash-1", "user": "mmuster", "grant": "an-older-name"},
        {"server": "profx/dash-2", "user": "mmuster", "grant": "g"},
        {"server": "gone/dash-1", "user": "mmuster", "grant": "g"},
        {"server": "profx/scratch", "user": "mmuster"},
        {"server": {"user": {"name": "profx"}, "name": "dash-2"}, "user": {"name": "eextern"}, "group": null},
        {"server": {"user": {"name": "profx"}, "name": "dash-2"}, "user": null, "group": {"name": "default"}},
    ]);
    let changes = planned(&grants, &shares, None).unwrap();
    assert_eq!(pairs(&changes.create), [""; 0]);
    assert_eq!(
        pairs(&changes.revoke),
        ["gone/dash-1 mmuster g", "profx/dash-2 mmuster g"]
    );
}

#[test]
fn a_share_with_a_group_does_not_replace_shares_with_its_members() {
    let grants = json!([{"id": "g", "to": {"groups": "default"}, "servers": "*/dash-1"}]);
    let shares = json!([
        {"server": "profx/dash-1", "user": null, "group": {"name": "default"}}
    ]);
    let changes = planned(&grants, &shares, None).unwrap();
    assert_eq!(pairs(&changes.create), ["profx/dash-1 mmuster g"]);
}

#[test]
fn a_share_that_a_person_made_is_not_repeated() {
    let grants = json!([{"id": "g", "to": {"groups": "default"}, "servers": "*/dash-1"}]);
    let shares = json!([{"server": "profx/dash-1", "user": "mmuster"}]);
    assert_eq!(
        planned(&grants, &shares, None).unwrap(),
        ShareChanges::default()
    );
}

#[test]
fn a_window_includes_its_last_day() {
    let grants = json!([{"id": "g", "to": {"users": "mmuster"}, "servers": "*/dash-1",
        "from": "2026-12-01", "until": "2026-12-02"}]);
    let share = json!([{"server": "profx/dash-1", "user": "mmuster", "grant": "g"}]);
    let at = |text: &str| Some(parse_instant(text).unwrap());
    for (now, wanted) in [
        ("2026-11-30T23:59:59Z", false),
        ("2026-12-01T00:00:00Z", true),
        ("2026-12-02T23:59:59Z", true),
        ("2026-12-03T00:00:00Z", false),
    ] {
        let changes = planned(&grants, &json!([]), at(now)).unwrap();
        assert_eq!(changes.create.len(), usize::from(wanted), "{now}");
        let changes = planned(&grants, &share, at(now)).unwrap();
        assert_eq!(changes.revoke.len(), usize::from(!wanted), "{now}");
    }
    assert_eq!(
        planned(&grants, &share, None).unwrap_err().code,
        "missing-now"
    );
}

#[test]
fn too_many_shares_are_refused() {
    let users: Vec<UserModel> = (0..2_000)
        .map(|number| UserModel {
            name: format!("u{number}"),
            groups: vec!["default".to_owned()],
            servers: HashMap::from([("dash".to_owned(), ServerModel::default())]),
        })
        .collect();
    let policy = json!({"version": 1, "grants": [
        {"id": "g", "to": {"groups": "default"}, "servers": "*/dash"}]});
    let policy = Policy::new(serde_json::from_value(policy).unwrap());
    let refused = policy.grants(&users, &[], None).unwrap_err();
    assert_eq!(refused.code, "too-many-shares");
    assert!(refused.message.contains("`g`"), "{refused}");
}
