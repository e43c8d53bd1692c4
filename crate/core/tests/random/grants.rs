//! Random users with servers, grants and shares.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{glob, mapping, name, selector, time};

/// Names of users and groups: never empty, and without `/`.
pub fn plain_name() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "ab", "abc", "b", "ba", "é"])
}

/// A Hub's users, with different names.
pub fn users() -> impl Strategy<Value = Vec<Value>> {
    let server_name = select(vec!["", "dash-a", "dash-b", "dash-ab", "x", "é"]);
    let tags = prop::collection::vec(name(), 0..3);
    let server = tags.prop_map(|tags| json!({"user_options": {"tags": tags}}));
    let user = (
        prop::collection::vec(plain_name(), 0..4),
        prop::collection::btree_map(server_name, server, 0..4),
    );
    prop::collection::btree_map(plain_name(), user, 0..6).prop_map(|users| {
        let users = users.into_iter();
        users
            .map(|(name, (groups, servers))| json!({"name": name, "groups": groups, "servers": servers}))
            .collect()
    })
}

pub fn grant() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        selector(),
        select(vec![
            "*/dash-*",
            "a/*",
            "a/dash-a",
            "*/?*",
            "**",
            "*b/dash-a*",
            "?/*",
            "[ab]/dash-?"
        ])
        .prop_map(Value::from),
        Just(json!({"include": ["*/dash-*", "b/*"], "except": ["*/*b", "a/**"]})),
    ];
    (
        prop::option::weighted(0.7, selector()),
        prop::option::weighted(0.3, selector()),
        names,
        prop::collection::vec(glob(), 0..2),
        prop::option::weighted(0.3, mapping(select(vec!["groups", "users"]), selector(), 2)),
        prop::option::weighted(0.2, time()),
        prop::option::weighted(0.2, time()),
    )
        .prop_map(|(groups, users, names, tags, owners, from, until)| {
            let mut servers = match names {
                Value::Object(_) => names,
                names => json!({"include": names}),
            };
            if !tags.is_empty() {
                servers["tags"] = json!(tags);
            }
            if let Some(owners) = owners {
                servers["owners"] = owners;
            }
            let mut grant = json!({"id": "", "to": {}, "servers": servers});
            for (key, value) in [("from", from), ("until", until)] {
                if let Some(time) = value {
                    grant[key] = json!(time);
                }
            }
            for (key, value) in [("groups", groups), ("users", users)] {
                if let Some(selector) = value {
                    grant["to"][key] = selector;
                }
            }
            grant
        })
}

pub fn grants() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(grant(), 0..6).prop_map(|mut grants| {
        for (number, grant) in grants.iter_mut().enumerate() {
            grant["id"] = json!(format!("g{number}"));
        }
        grants
    })
}

/// Shares made for a grant or by a person, of servers and with users that exist or do not.
pub fn shares() -> impl Strategy<Value = Vec<Value>> {
    let share = (
        plain_name(),
        select(vec!["dash-a", "dash-b", "x", "gone"]),
        plain_name(),
        prop::option::of(select(vec!["g0", "g1", "older"])),
    )
        .prop_map(|(owner, name, user, grant)| {
            json!({"server": format!("{owner}/{name}"), "user": user, "grant": grant})
        });
    prop::collection::vec(share, 0..6)
}
