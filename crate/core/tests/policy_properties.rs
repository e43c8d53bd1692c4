//! Properties of deciding, on random policies, facts and cards; `PROPTEST_CASES` says how many.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod reference;

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use scoped_launcher_core::policy::card::{Card, Kernelspec};
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::document::Document;
use scoped_launcher_core::policy::glob::Glob;
use scoped_launcher_core::policy::grants::{ExistingShare, UserModel};
use scoped_launcher_core::policy::{Policy, Session};
use serde_json::{Value, from_value, json};

/// Few names, so that they meet.
fn name() -> impl Strategy<Value = String> {
    select(vec!["", "a", "ab", "abc", "b", "ba", "c", "A", "a/b", "é"]).prop_map(str::to_owned)
}

fn glob() -> impl Strategy<Value = String> {
    let odd = select(vec![
        "*", "**", "a*", "*b", "?", "*/*", "*/", "[ab]*", "[!a]*", "**b", r"\a", "a?c", "*b*", "é*",
    ]);
    prop_oneof![name(), odd.prop_map(str::to_owned)]
}

fn selector() -> impl Strategy<Value = Value> {
    let globs = || prop::collection::vec(glob(), 0..3);
    prop_oneof![
        glob().prop_map(Value::from),
        globs().prop_map(Value::from),
        (globs(), globs())
            .prop_map(|(include, except)| json!({"include": include, "except": except})),
    ]
}

fn mapping(
    key: impl Strategy<Value = &'static str>,
    value: impl Strategy<Value = Value>,
    most: usize,
) -> impl Strategy<Value = Value> {
    prop::collection::btree_map(key, value, 1..=most).prop_map(|entries| json!(entries))
}

fn matches() -> impl Strategy<Value = Value> {
    mapping(
        select(vec![
            "kernel", "proxy", "service", "server", "command", "category", "tag",
        ]),
        selector(),
        3,
    )
}

fn scope() -> impl Strategy<Value = String> {
    select(vec![
        "access:servers!server={owner}/{name}",
        "access:services!service={name}",
        "read:users!user={owner}",
        "access:servers!server=a/b",
        "access:services!service=a",
        "read:users:name!user=ab",
        "custom:x",
        "nonsense",
    ])
    .prop_map(str::to_owned)
}

fn condition(with_kernels: bool) -> impl Strategy<Value = Value> {
    let kernel = if with_kernels {
        name().prop_map(|name| json!({"kernel": name})).boxed()
    } else {
        Just(json!({"always": true})).boxed()
    };
    let leaf = prop_oneof![
        selector().prop_map(|selector| json!({"group": selector})),
        selector().prop_map(|selector| json!({"user": selector})),
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

fn moment() -> impl Strategy<Value = &'static str> {
    select(vec!["2026-12-01", "2026-12-02T12:00:00Z", "2026-12-03"])
}

fn rule(with_kernels: bool) -> impl Strategy<Value = Value> {
    (
        matches(),
        prop::option::weighted(0.7, condition(with_kernels)),
        prop::option::weighted(0.3, condition(with_kernels)),
        prop::option::weighted(0.2, moment()),
        prop::option::weighted(0.2, moment()),
    )
        .prop_map(|(matches, show_when, hide_when, from, until)| {
            let mut rule = json!({"id": "", "match": matches});
            for (key, value) in [
                ("show_when", show_when),
                ("hide_when", hide_when),
                ("from", from.map(Value::from)),
                ("until", until.map(Value::from)),
            ] {
                if let Some(value) = value {
                    rule[key] = value;
                }
            }
            rule
        })
}

fn visibility() -> impl Strategy<Value = &'static str> {
    select(vec!["show", "hide"])
}

fn policy(with_kernels: bool) -> impl Strategy<Value = Value> {
    let tagging = mapping(
        select(vec![
            "kernel", "proxy", "service", "server", "command", "category",
        ]),
        selector(),
        2,
    );
    let names = || prop::collection::vec(name(), 0..3);
    let role = (select(vec!["user", "r"]), names(), names(), prop::collection::vec(scope().prop_map(|scope| scope.replace(['{', '}'], "")), 0..3))
        .prop_map(|(name, users, groups, scopes)| json!({"name": name, "users": users, "groups": groups, "scopes": scopes}));
    (
        visibility(),
        visibility(),
        mapping(select(vec!["a", "b"]), tagging, 2),
        prop::collection::vec(role, 0..3),
        prop::collection::vec(rule(with_kernels), 0..8),
    )
        .prop_map(|(default, no_hub, tags, roles, mut rules)| {
            for (number, rule) in rules.iter_mut().enumerate() {
                rule["id"] = json!(format!("r{number}"));
            }
            json!({"version": 1, "default": default, "no_hub": no_hub, "tags": tags, "roles": roles, "rules": rules,
                "custom_scopes": {"custom:x": {"description": "x"}}})
        })
}

fn context() -> impl Strategy<Value = Value> {
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
    (prop::bool::weighted(0.9), name(), any::<bool>(), names(), held, names(), server).prop_map(
        |(hub, user, admin, groups, scopes, shares, server)| {
            json!({"hub": hub, "user": user, "admin": admin, "groups": groups, "scopes": scopes, "shares": shares, "server": server})
        },
    )
}

fn cards() -> impl Strategy<Value = Vec<Value>> {
    let card = (
        select(vec!["kernel", "proxy", "service", "server", "command"]),
        name(),
        prop::option::of(name()),
        prop::option::of(name()),
        prop::option::of(name()),
        prop::collection::vec(name(), 0..3),
    )
        .prop_map(|(kind, name, owner, category, command, tags)| {
            json!({"id": "", "kind": kind, "name": name, "owner": owner, "category": category, "command": command, "tags": tags})
        });
    prop::collection::vec(card, 0..8).prop_map(|mut cards| {
        for (number, card) in cards.iter_mut().enumerate() {
            card["id"] = json!(format!("c{number}"));
        }
        cards
    })
}

fn kernelspecs() -> impl Strategy<Value = Option<Vec<Value>>> {
    let spec = (name(), prop::collection::vec(name(), 0..2))
        .prop_map(|(name, tags)| json!({"name": name, "tags": tags}));
    prop::option::of(prop::collection::vec(spec, 0..5))
}

/// Around the moments of the rules.
fn now() -> impl Strategy<Value = i64> {
    select(vec![
        "2026-11-30T00:00:00Z",
        "2026-12-01T00:00:00Z",
        "2026-12-02T00:00:00Z",
        "2026-12-02T12:00:00Z",
        "2026-12-03T23:59:59Z",
        "2026-12-04T00:00:00Z",
    ])
    .prop_map(|text| scoped_launcher_core::policy::time::parse_instant(text).unwrap())
}

/// Names of users, groups and servers: a user's is never empty, and holds no `/`.
fn plain_name() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "ab", "abc", "b", "ba", "é"])
}

/// A Hub's users, each with a name of its own.
fn users() -> impl Strategy<Value = Vec<Value>> {
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

fn grant() -> impl Strategy<Value = Value> {
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
        prop::option::weighted(0.2, moment()),
        prop::option::weighted(0.2, moment()),
    )
        .prop_map(|(groups, users, names, tags, from, until)| {
            let mut servers = match names {
                Value::Object(_) => names,
                names => json!({"include": names}),
            };
            if !tags.is_empty() {
                servers["tags"] = json!(tags);
            }
            let mut grant = json!({"id": "", "to": {}, "servers": servers});
            for (key, value) in [("from", from), ("until", until)] {
                if let Some(moment) = value {
                    grant[key] = json!(moment);
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

fn grants() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(grant(), 0..6).prop_map(|mut grants| {
        for (number, grant) in grants.iter_mut().enumerate() {
            grant["id"] = json!(format!("g{number}"));
        }
        grants
    })
}

/// Made for a grant or by a person, with users and of servers that there are, and that there are not.
fn shares() -> impl Strategy<Value = Vec<Value>> {
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

fn read<T: for<'de> serde::Deserialize<'de>>(value: &Value) -> T {
    from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

fn session(
    policy: &Value,
    context: &Value,
    kernelspecs: Option<&Vec<Value>>,
    cards: &[Value],
) -> Session {
    let policy = Arc::new(Policy::new(read(policy)));
    let kernelspecs = kernelspecs.map(|specs| read(&json!(specs)));
    let mut session = Session::new(policy, read(context), kernelspecs);
    session.set_cards(read(&json!(cards)));
    session
}

fn decisions(session: &mut Session, now: i64) -> Vec<Value> {
    let visible = session.decide(now).to_vec();
    let decisions: Vec<Value> = (0..visible.len())
        .map(|card| json!(session.decision(card).unwrap()))
        .collect();
    for (decision, visible) in decisions.iter().zip(visible) {
        assert_eq!(decision["visible"], visible);
    }
    for (card, decision) in decisions.iter().enumerate() {
        let explanation = session.explain(card).unwrap();
        assert_eq!(json!(explanation.decision), *decision);
        assert!(explanation.sentence().ends_with(['.', '!']));
        assert!(session.trace(card).is_some());
    }
    decisions
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The indexed engine decides what a plain reading of the language decides: and so it is total.
    #[test]
    fn decides_as_the_reference(policy in policy(true), context in context(), specs in kernelspecs(), cards in cards(), now in now()) {
        let mut session = session(&policy, &context, specs.as_ref(), &cards);
        let document: Document = read(&policy);
        let typed_cards: Vec<Card> = read(&json!(cards));
        let typed_specs: Option<Vec<Kernelspec>> = specs.as_ref().map(|specs| read(&json!(specs)));
        let expected = reference::decide(&document, &read::<Context>(&context), typed_specs.as_deref(), &typed_cards, now);
        prop_assert_eq!(decisions(&mut session, now), expected);
    }

    /// The indexed plan is that of every grant on every server and every user.
    #[test]
    fn plans_grants_as_the_reference(policy in policy(false), grants in grants(), users in users(), shares in shares(), now in now()) {
        let mut policy = policy;
        policy["grants"] = json!(grants);
        let document: Document = read(&policy);
        let (users, shares) = (read::<Vec<UserModel>>(&json!(users)), read::<Vec<ExistingShare>>(&json!(shares)));
        let expected = reference::grants(&document, &users, &shares, now);
        let changes = Policy::new(document).grants(&users, &shares, Some(now)).unwrap();
        prop_assert_eq!(json!(changes), expected);
    }

    /// Exchanging facts, kernels, cards and time comes to the same as starting with them.
    #[test]
    fn exchanging_is_starting_anew(
        policies in [policy(true), policy(true)], contexts in [context(), context()], specs in [kernelspecs(), kernelspecs()],
        cards in [cards(), cards()], times in [now(), now()], order in any::<[bool; 4]>(),
    ) {
        let mut kept = session(&policies[0], &contexts[0], specs[0].as_ref(), &cards[0]);
        kept.decide(times[0]);
        if order[0] {
            kept.set_context(read(&contexts[1]));
        }
        if order[1] {
            kept.decide(times[1]);
        }
        if order[2] {
            kept.set_policy(Arc::new(Policy::new(read(&policies[1]))), read(&contexts[0]));
        } else {
            kept.set_policy(Arc::new(Policy::new(read(&policies[1]))), read(&contexts[1]));
        }
        if order[3] {
            kept.set_cards(read(&json!(cards[1])));
            kept.set_kernelspecs(specs[1].as_ref().map(|specs| read(&json!(specs))));
        } else {
            kept.set_kernelspecs(specs[1].as_ref().map(|specs| read(&json!(specs))));
            kept.set_cards(read(&json!(cards[1])));
        }
        kept.set_context(read(&contexts[1]));
        let mut new = session(&policies[1], &contexts[1], specs[1].as_ref(), &cards[1]);
        prop_assert_eq!(decisions(&mut kept, times[1]), decisions(&mut new, times[1]));
    }

    /// A decision on a card does not depend on the order of the cards, and not on other cards that are no kernels.
    #[test]
    fn each_card_by_itself(policy in policy(true), context in context(), specs in prop::collection::vec(Just(json!({"name": "a"})), 0..2), cards in cards(), now in now()) {
        let no_kernels: Vec<Value> = cards.into_iter().filter(|card| card["kind"] != "kernel").collect();
        let mut together = session(&policy, &context, Some(&specs), &no_kernels);
        let reversed: Vec<Value> = no_kernels.iter().rev().cloned().collect();
        let mut backwards = session(&policy, &context, Some(&specs), &reversed);
        let mut expected = decisions(&mut together, now);
        for (card, decision) in no_kernels.iter().zip(&expected) {
            let mut alone = session(&policy, &context, Some(&specs), std::slice::from_ref(card));
            prop_assert_eq!(&decisions(&mut alone, now)[0], decision);
        }
        expected.reverse();
        prop_assert_eq!(decisions(&mut backwards, now), expected);
    }

    /// Where there is a Hub and no condition asks about kernels, one more hide_when shows nothing.
    #[test]
    fn hide_when_only_hides(
        policy in policy(false), matches in matches(), hide_when in condition(false), at in any::<prop::sample::Index>(),
        context in context(), cards in cards(), now in now(),
    ) {
        let mut context = context;
        context["hub"] = json!(true);
        let before = session(&policy, &context, None, &cards).decide(now).to_vec();
        let mut more = policy.clone();
        let rules = more["rules"].as_array_mut().unwrap();
        rules.insert(at.index(rules.len() + 1), json!({"id": "more", "match": matches, "hide_when": hide_when}));
        let after = session(&more, &context, None, &cards).decide(now).to_vec();
        // The same for a hide_when in a rule that is there already.
        let mut added = policy.clone();
        for rule in added["rules"].as_array_mut().unwrap().iter_mut().take(1) {
            if rule.get("hide_when").is_none() {
                rule["hide_when"] = hide_when.clone();
            }
        }
        let inside = session(&added, &context, None, &cards).decide(now).to_vec();
        for card in 0..cards.len() {
            prop_assert!(before[card] || !after[card], "card {card} is shown by a hide_when");
            prop_assert!(before[card] || !inside[card], "card {card} is shown by a hide_when of its rule");
        }
    }

    /// What a visitor's browser gets decides the same for them.
    #[test]
    fn the_reduced_policy_decides_the_same(policy in policy(true), context in context(), specs in kernelspecs(), cards in cards(), now in now()) {
        let document: Document = read(&policy);
        let reduced = json!(document.for_visitor(context["user"].as_str().unwrap()));
        let mut whole = session(&policy, &context, specs.as_ref(), &cards);
        let mut part = session(&reduced, &context, specs.as_ref(), &cards);
        prop_assert_eq!(decisions(&mut part, now), decisions(&mut whole, now));
    }

    /// Until the next change that is told of, nothing changes.
    #[test]
    fn nothing_changes_before_the_next_change(policy in policy(true), context in context(), specs in kernelspecs(), cards in cards(), now in now(), share in 0.0..1.0) {
        let mut first = session(&policy, &context, specs.as_ref(), &cards);
        let before = decisions(&mut first, now);
        let until = first.next_change_ms(now).unwrap_or(now + 86_400_000);
        prop_assert!(until > now);
        let within = now + ((until - 1 - now) as f64 * share) as i64;
        let mut second = session(&policy, &context, specs.as_ref(), &cards);
        prop_assert_eq!(decisions(&mut second, within), before);
    }

    /// The glob matcher against the regex crate.
    #[test]
    fn globs_match_as_regular_expressions(pattern in "[ab/*?!^\\-\\[\\]\\\\é]{0,12}", texts in prop::collection::vec("[ab/!^\\-\\]é]{0,8}", 1..8)) {
        let Ok(glob) = Glob::new(&pattern, false) else { return Ok(()); };
        let regex = reference::regex_of(&pattern);
        for text in texts {
            prop_assert_eq!(glob.matches(&text), regex.is_match(&text), "{} on {}: {}", pattern, text, regex);
        }
    }

    /// The same with stars in plenty, and with long texts.
    #[test]
    fn starry_globs_match_as_regular_expressions(pattern in "(a|b|/|\\*|\\*\\*|\\?|\\[ab\\]|\\[!a\\]){0,14}", text in "[ab/]{0,30}") {
        let glob = Glob::new(&pattern, false).unwrap();
        let regex = reference::regex_of(&pattern);
        prop_assert_eq!(glob.matches(&text), regex.is_match(&text), "{} on {}", pattern, text);
    }

    /// Whatever the pattern, reading it ends, and matching it does not panic.
    #[test]
    fn any_text_is_a_glob_or_refused(pattern in ".*", text in ".*", ignore_case in any::<bool>()) {
        if let Ok(glob) = Glob::new(&pattern, ignore_case) {
            let _ = glob.matches(&text);
        }
    }
}
