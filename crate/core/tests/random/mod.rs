//! Random policies, contexts, cards and grants.

mod grants;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use scoped_launcher_core::policy::card::Kind;
use scoped_launcher_core::policy::document::MatchKey;
use scoped_launcher_core::policy::time::parse_instant;
use serde_json::{Value, json};

pub use grants::{grants, plain_name, shares, users};

fn words<T: Copy>(all: &[T], as_str: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| as_str(*one)).collect()
}

/// Names: few, so that selectors match some of them.
pub fn name() -> impl Strategy<Value = String> {
    select(vec![
        "", "a", "ab", "abc", "b", "ba", "c", "A", "a/b", "é", "[a", r"a\", "*",
    ])
    .prop_map(str::to_owned)
}

pub fn glob() -> impl Strategy<Value = String> {
    let special = select(vec![
        "*", "**", "a*", "*b", "?", "*/*", "*/", "[ab]*", "[!a]*", "**b", r"\a", "a?c", "*b*",
        "é*", r"\*", "[*", "a?b", "[]", r"*\",
    ]);
    prop_oneof![name(), special.prop_map(str::to_owned)]
}

pub fn selector() -> impl Strategy<Value = Value> {
    let globs = || prop::collection::vec(glob(), 0..3);
    prop_oneof![
        glob().prop_map(Value::from),
        globs().prop_map(Value::from),
        (globs(), globs())
            .prop_map(|(include, except)| json!({"include": include, "except": except})),
    ]
}

pub fn mapping(
    key: impl Strategy<Value = &'static str>,
    value: impl Strategy<Value = Value>,
    most: usize,
) -> impl Strategy<Value = Value> {
    prop::collection::btree_map(key, value, 1..=most).prop_map(|entries| json!(entries))
}

pub fn matches() -> impl Strategy<Value = Value> {
    matchers(words(MatchKey::ALL, MatchKey::as_str))
}

/// A matcher, or a list of them, with some of these keys.
fn matchers(keys: Vec<&'static str>) -> impl Strategy<Value = Value> {
    let entry = select(keys).prop_flat_map(|key| {
        let value = if key == "args" {
            args_selector().boxed()
        } else {
            selector().boxed()
        };
        value.prop_map(move |value| (key, value))
    });
    let matcher = prop::collection::vec(entry, 1..=3)
        .prop_map(|entries| json!(entries.into_iter().collect::<BTreeMap<_, _>>()));
    prop_oneof![
        3 => matcher.clone(),
        1 => prop::collection::vec(matcher, 1..3).prop_map(Value::from),
    ]
}

fn args_selector() -> impl Strategy<Value = Value> {
    prop_oneof![
        mapping(select(vec!["x", "y"]), selector(), 2),
        select(vec!["*\"x\":\"a\"*", "{}", r#"{"x":1}"#]).prop_map(Value::from),
    ]
}

/// The arguments of a command.
fn args() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        name().prop_map(Value::from),
        Just(json!(1)),
        Just(json!(["a"]))
    ];
    prop::collection::btree_map(select(vec!["x", "y"]), value, 0..3).prop_map(|args| json!(args))
}

pub fn scope() -> impl Strategy<Value = String> {
    select(vec![
        "access:servers!server={owner}/{name}",
        "access:services!service={name}",
        "read:users!user={owner}",
        "read:users!user={user}",
        "access:servers!server=a/b",
        "access:services!service=a",
        "read:users:name!user=ab",
        "custom:x",
        "nonsense",
    ])
    .prop_map(str::to_owned)
}

pub fn condition(with_kernels: bool) -> impl Strategy<Value = Value> {
    let kernel = if with_kernels {
        prop_oneof![name().prop_map(Value::from), selector()]
            .prop_map(|selector| json!({"kernel": selector}))
            .boxed()
    } else {
        Just(json!({"always": true})).boxed()
    };
    let leaf = prop_oneof![
        selector().prop_map(|selector| json!({"group": selector})),
        selector().prop_map(|selector| json!({"user": selector})),
        selector().prop_map(|selector| json!({"service": selector})),
        scope().prop_map(|scope| json!({"scope": scope})),
        kernel,
        any::<bool>().prop_map(|wanted| json!({"admin": wanted})),
        any::<bool>().prop_map(|wanted| json!({"owner": wanted})),
        any::<bool>().prop_map(|wanted| json!({"always": wanted})),
        (selector(), any::<bool>())
            .prop_map(|(selector, admin)| json!({"group": selector, "admin": admin})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| json!({"all": parts})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| json!({"any": parts})),
            (inner.clone(), any::<bool>())
                .prop_map(|(part, owner)| json!({"not": part, "owner": owner})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
}

pub fn time() -> impl Strategy<Value = &'static str> {
    select(vec![
        "2026-12-01",
        "2026-12-02T12:00:00Z",
        "2026-12-03",
        "2026-12-02 12:00",
    ])
}

fn weekly() -> impl Strategy<Value = Value> {
    let days = prop::collection::vec(select(vec!["mon", "tue", "wed", "thu"]), 1..3);
    let times = select(vec![
        ("10:00", "12:00"),
        ("22:00", "13:30"),
        ("00:00", "24:00"),
    ]);
    let weekly = (days, times)
        .prop_map(|(days, (from, until))| json!({"days": days, "from": from, "until": until}));
    prop::collection::vec(weekly, 1..3).prop_map(Value::from)
}

pub fn rule(with_kernels: bool) -> impl Strategy<Value = Value> {
    (
        matches(),
        prop::option::weighted(0.7, condition(with_kernels)),
        prop::option::weighted(0.3, condition(with_kernels)),
        prop::option::weighted(0.2, time()),
        prop::option::weighted(0.2, time()),
        prop::option::weighted(0.2, weekly()),
        said(),
    )
        .prop_map(
            |(matches, show_when, hide_when, from, until, weekly, said)| {
                let mut rule = said;
                rule["id"] = json!("");
                rule["match"] = matches;
                for (key, value) in [
                    ("show_when", show_when),
                    ("hide_when", hide_when),
                    ("from", from.map(Value::from)),
                    ("until", until.map(Value::from)),
                    ("weekly", weekly),
                ] {
                    if let Some(value) = value {
                        rule[key] = value;
                    }
                }
                rule
            },
        )
}

/// A text for people, in one language or in several. Its first language is also the first in alphabetical order, since
/// JSON values in tests do not keep another order.
pub fn text() -> impl Strategy<Value = Value> {
    let tag = select(vec!["de", "de-AT", "DE_ch", "en", "EN-gb", "fr"]);
    let sentence = select(vec!["Ask us.", "Frag uns.", "Demandez.", "{}."]);
    prop_oneof![
        sentence.clone().prop_map(Value::from),
        prop::collection::btree_map(tag, sentence, 1..4).prop_map(|texts| json!(texts)),
    ]
}

/// What a rule says to those from whom it hides.
pub fn said() -> impl Strategy<Value = Value> {
    (
        prop::option::weighted(0.4, text()),
        prop::option::weighted(0.4, select(vec!["mailto:a@b.c", "x@y.z", "https://a.b/c"])),
        prop::option::weighted(0.3, plain_name()),
        any::<bool>(),
    )
        .prop_map(|(message, contact, group, locked)| {
            let mut said = json!({"locked": locked});
            for (key, value) in [
                ("message", message),
                ("contact", contact.map(Value::from)),
                ("request", group.map(|group| json!({"group": group}))),
            ] {
                if let Some(value) = value {
                    said[key] = value;
                }
            }
            said
        })
}

pub fn visibility() -> impl Strategy<Value = &'static str> {
    select(vec!["show", "hide"])
}

pub fn policy(with_kernels: bool) -> impl Strategy<Value = Value> {
    let keys = words(MatchKey::ALL, MatchKey::as_str).into_iter();
    let targets = matchers(keys.filter(|key| *key != "tag").collect());
    let names = || prop::collection::vec(name(), 0..3);
    let role = (select(vec!["user", "r"]), names(), names(), names(), prop::collection::vec(scope().prop_map(|scope| scope.replace(['{', '}'], "")), 0..3))
        .prop_map(|(name, users, groups, services, scopes)| {
            json!({"name": name, "users": users, "groups": groups, "services": services, "scopes": scopes})
        });
    let zones = select(vec!["UTC", "Europe/Berlin", "America/New_York"]);
    (
        visibility(),
        (select(vec!["show", "hide", "decide"]), prop::option::of(zones)),
        mapping(select(vec!["a", "b"]), targets, 2),
        prop::collection::vec(role, 0..3),
        prop::collection::vec(rule(with_kernels), 0..8),
    )
        .prop_map(|(default, (no_hub, timezone), tags, roles, mut rules)| {
            for (number, rule) in rules.iter_mut().enumerate() {
                rule["id"] = json!(format!("r{number}"));
            }
            let mut policy = json!({"version": 1, "default": default, "no_hub": no_hub, "tags": tags, "roles": roles,
                "rules": rules, "custom_scopes": {"custom:x": {"description": "x"}}});
            if let Some(timezone) = timezone {
                policy["timezone"] = json!(timezone);
            }
            policy
        })
}

pub fn context() -> impl Strategy<Value = Value> {
    let names = || prop::collection::vec(name(), 0..3);
    let held = prop::collection::vec(
        select(vec![
            "access:servers",
            "access:servers!user=a",
            "access:services",
            "read:users",
            "read:users!group=a",
            "self",
            "custom:x",
            "read:users!user=",
        ]),
        0..3,
    );
    let server = prop::option::of(
        (name(), name()).prop_map(|(owner, name)| json!({"owner": owner, "name": name})),
    );
    let visitor = prop_oneof![
        8 => name().prop_map(|user| (user, None)),
        1 => name().prop_map(|service| (String::new(), Some(service))),
    ];
    (prop::bool::weighted(0.9), visitor, any::<bool>(), names(), held, names(), server).prop_map(
        |(hub, (user, service), admin, groups, scopes, shares, server)| {
            json!({"hub": hub, "user": user, "service": service, "admin": admin, "groups": groups, "scopes": scopes,
                "shares": shares, "server": server})
        },
    )
}

pub fn cards() -> impl Strategy<Value = Vec<Value>> {
    let card = (
        select(words(Kind::ALL, Kind::as_str)),
        name(),
        prop::option::of(name()),
        prop::option::of(name()),
        prop::option::of(name()),
        prop::collection::vec(name(), 0..3),
        (prop::option::of(name()), prop::option::weighted(0.2, name()), prop::option::of(name()), prop::option::of(args())),
    )
        .prop_map(|(kind, name, owner, category, command, tags, (title, policy_title, language, args))| {
            json!({"id": "", "kind": kind, "name": name, "owner": owner, "category": category, "command": command,
                "tags": tags, "title": title, "policy_title": policy_title, "language": language, "args": args})
        });
    prop::collection::vec(card, 0..8).prop_map(|mut cards| {
        for (number, card) in cards.iter_mut().enumerate() {
            card["id"] = json!(format!("c{number}"));
        }
        cards
    })
}

pub fn kernelspecs() -> impl Strategy<Value = Option<Vec<Value>>> {
    let text = || prop::option::of(name());
    let spec = (name(), prop::collection::vec(name(), 0..2), text(), text()).prop_map(
        |(name, tags, title, language)| {
            json!({"name": name, "tags": tags, "display_name": title, "language": language})
        },
    );
    prop::option::of(prop::collection::vec(spec, 0..5))
}

/// The current time: before, at and after the times of rules.
pub fn now() -> impl Strategy<Value = i64> {
    select(vec![
        "2026-11-30T00:00:00Z",
        "2026-12-01T00:00:00Z",
        "2026-12-02T00:00:00Z",
        "2026-12-02T11:00:00Z",
        "2026-12-02T12:00:00Z",
        "2026-12-03T23:59:59Z",
        "2026-12-04T00:00:00Z",
    ])
    .prop_map(|text| parse_instant(text).unwrap())
}
