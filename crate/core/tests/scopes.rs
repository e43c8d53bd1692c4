//! Properties of the scope algebra, on random scopes.
#![allow(missing_docs, clippy::unwrap_used)]

use proptest::collection::vec;
use proptest::prelude::*;
use scoped_launcher_core::batch;
use scoped_launcher_core::scopes::text::{owner_of, split};
use scoped_launcher_core::scopes::{
    Definitions, GroupsOf, HeldScopes, OauthClient, Owner, ScopeSet, expand, intersect,
};

/// Scopes of a few bases and names, so that they meet.
fn scope() -> impl Strategy<Value = String> {
    let base = prop::sample::select(vec![
        "users",
        "read:users",
        "servers",
        "admin:servers",
        "groups",
        "shares",
        "access:services",
        "(no_scope)",
    ]);
    let filter = prop_oneof![
        Just(String::new()),
        "!user=[ab]",
        "!server=[ab]/[xy]?",
        "!group=[gh]",
        "!service=[st]",
        "!(user|server|service)",
    ];
    (base, filter).prop_map(|(base, filter)| base.to_owned() + &filter)
}

fn scopes() -> impl Strategy<Value = Vec<String>> {
    vec(scope(), 0..12)
}

/// Scopes that need nothing filled in.
fn named() -> impl Strategy<Value = Vec<String>> {
    let named = |scope: &String| split(scope).1.is_empty() || scope.contains('=');
    vec(scope().prop_filter("needs a name", named), 0..12)
}

fn owner() -> impl Strategy<Value = Option<Owner<'static>>> {
    prop::sample::select(vec![
        None,
        Some(Owner::User("a")),
        Some(Owner::Service("s")),
    ])
}

fn client() -> impl Strategy<Value = Option<OauthClient<'static>>> {
    let server = OauthClient::Server {
        user: "a",
        name: "x",
    };
    prop::sample::select(vec![None, Some(server), Some(OauthClient::Service("t"))])
}

fn strs(scopes: &[String]) -> impl Iterator<Item = &str> + Clone {
    scopes.iter().map(String::as_str)
}

fn parse(scopes: &[String]) -> ScopeSet {
    ScopeSet::parse(strs(scopes)).unwrap()
}

fn groups_of(user: &str) -> &'static [String] {
    static GROUPS: std::sync::LazyLock<[String; 1]> = std::sync::LazyLock::new(|| ["g".to_owned()]);
    match user {
        "a" => &*GROUPS,
        _ => &[],
    }
}

/// Whether one scope gives another, by reading the rule off the texts.
fn gives(held: &str, asked: &str) -> bool {
    let ((held_base, held_filter), (base, filter)) = (split(held), split(asked));
    let user = match filter.split_once('=') {
        Some(("user", user)) => Some(user),
        Some(("server", server)) => Some(owner_of(server)),
        _ => None,
    };
    held_base == base
        && (held_filter.is_empty()
            || held_filter == filter
            || user.is_some_and(|user| {
                let by_user =
                    filter.starts_with("server=") && held_filter == format!("user={user}");
                by_user || (user == "a" && held_filter == "group=g")
            }))
}

proptest! {
    #[test]
    fn expanding_again_changes_nothing(raw in scopes(), owner in owner(), client in client()) {
        let definitions = Definitions::default();
        let (once, _) = expand(strs(&raw), owner, client, &definitions).unwrap();
        let once = once.texts();
        let (twice, warnings) = expand(strs(&once), owner, client, &definitions).unwrap();
        prop_assert_eq!(once, twice.texts());
        prop_assert_eq!(warnings, vec![]);
    }

    #[test]
    fn expanding_takes_nothing_away(raw in named(), asked in scope()) {
        // Naming users is the one thing that a filter by server takes away.
        prop_assume!(!asked.starts_with("read:user"));
        prop_assume!(split(&asked).1.is_empty() || asked.contains('='));
        let (expanded, _) = expand(strs(&raw), None, None, &Definitions::default()).unwrap();
        if parse(&raw).has(&asked, false, None).unwrap() {
            prop_assert!(expanded.has(&asked, false, None).unwrap());
        }
    }

    #[test]
    fn a_set_gives_what_one_of_its_scopes_gives(held in named(), asked in named()) {
        let set = parse(&held);
        for asked in &asked {
            let expected = held.iter().any(|held| gives(held, asked));
            let has = set.has(asked, false, Some(&groups_of)).unwrap();
            prop_assert_eq!(has, expected, "{}", asked);
        }
    }

    #[test]
    fn reducing_keeps_what_is_held(held in named(), asked in named(), post_filter: bool) {
        let reduced = parse(&held).texts();
        prop_assert!(reduced.iter().all(|scope| held.contains(scope)));
        for asked in &asked {
            let base = split(asked).0;
            let asked = if post_filter { base } else { asked };
            prop_assert_eq!(
                parse(&held).has(asked, post_filter, None).unwrap(),
                parse(&reduced).has(asked, post_filter, None).unwrap()
            );
        }
    }

    #[test]
    fn both_sides_give_their_intersection(a in named(), b in named(), lookup: bool) {
        let (a, b) = (parse(&a), parse(&b));
        let groups: Option<&GroupsOf> = if lookup { Some(&groups_of) } else { None };
        let (common, warning) = intersect(&a, &b, groups);
        for scope in common.texts() {
            prop_assert!(a.has(&scope, false, groups).unwrap(), "{}", scope);
            prop_assert!(b.has(&scope, false, groups).unwrap(), "{}", scope);
        }
        let (other_way, other_warning) = intersect(&b, &a, groups);
        prop_assert_eq!(common.texts(), other_way.texts());
        prop_assert_eq!(warning.is_some(), other_warning.is_some());
        prop_assert!(!(lookup && warning.is_some()));
        prop_assert_eq!(intersect(&a, &a, groups).0.texts(), a.texts());
    }

    #[test]
    fn a_visitor_holds_what_the_set_gives_with_groups(raw in named(), asked in named()) {
        let definitions = Definitions::default();
        let (set, _) = expand(strs(&raw), Some(Owner::User("a")), None, &definitions).unwrap();
        let held = HeldScopes::new(strs(&raw), "a", groups_of("a"), &definitions);
        for asked in &asked {
            let expected = set.has(asked, false, Some(&groups_of)).unwrap();
            prop_assert_eq!(held.check(asked).unwrap(), expected, "{}", asked);
        }
    }

    #[test]
    fn any_line_has_one_answer(
        line in r#"\PC*|\{"op":"(expand|parse|resolve)","scopes":\[("[!=:a-z]*",){0,3}"[!=]?"\]\}"#
    ) {
        let answer = batch::answer(&line);
        prop_assert!(!answer.contains('\n'));
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        prop_assert!(answer.is_object());
    }
}
