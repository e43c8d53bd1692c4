//! Properties of decisions, on random policies, contexts and cards; `PROPTEST_CASES` sets how many.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod random;
mod reference;

use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use scoped_launcher_core::policy::card::{Card, Kernelspec, Kind};
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::document::Document;
use scoped_launcher_core::policy::explain::Wording;
use scoped_launcher_core::policy::glob::{Glob, NameKind};
use scoped_launcher_core::policy::grants::{ExistingShare, UserModel};
use scoped_launcher_core::policy::schema;
use scoped_launcher_core::policy::{Policy, Session};
use serde_json::{Value, from_value, json};

use random::{
    cards, condition, context, grants, kernelspecs, matches, now, policy, rule, shares, time, users,
};

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
        assert!(
            explanation
                .sentence(&Wording::default())
                .ends_with(['.', '!'])
        );
        assert!(session.trace(card).is_some());
    }
    decisions
}

#[test]
fn random_conditions_have_every_key() {
    let mut runner = TestRunner::deterministic();
    let strategy = condition(true);
    let conditions: String = (0..300)
        .map(|_| {
            strategy
                .new_tree(&mut runner)
                .unwrap()
                .current()
                .to_string()
        })
        .collect();
    let properties = &schema::policy()["$defs"]["Condition"]["properties"];
    for key in properties.as_object().unwrap().keys() {
        assert!(
            conditions.contains(&format!("\"{key}\":")),
            "add `{key}` to condition() in random/mod.rs"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The engine decides every card, and as the reference does.
    #[test]
    fn decides_as_the_reference(policy in policy(true), context in context(), specs in kernelspecs(), cards in cards(), now in now()) {
        let mut session = session(&policy, &context, specs.as_ref(), &cards);
        let document: Document = read(&policy);
        let typed_cards: Vec<Card> = read(&json!(cards));
        let typed_specs: Option<Vec<Kernelspec>> = specs.as_ref().map(|specs| read(&json!(specs)));
        let expected = reference::decide(&document, &read::<Context>(&context), typed_specs.as_deref(), &typed_cards, now);
        prop_assert_eq!(decisions(&mut session, now), expected);
    }

    /// A card that is not in the launcher is decided as if it were; a kernel's without a category, as those of the launcher are.
    #[test]
    fn a_single_card_is_decided_as_among_others(policy in policy(true), context in context(), specs in kernelspecs(), cards in cards(), now in now()) {
        let mut all = session(&policy, &context, specs.as_ref(), &cards);
        let visible = all.decide(now).to_vec();
        let rules = all.governed();
        for (index, card) in cards.iter().enumerate() {
            let card: Card = read(card);
            let decision = all.decide_card(&card, now);
            if card.kind == Kind::Kernel && card.category.is_none() {
                let mut of_category = |category: &str| {
                    all.decide_card(&Card { category: Some(category.to_owned()), ..card.clone() }, now)
                };
                let of_each = ["Notebook", "Console"].map(&mut of_category);
                prop_assert_eq!(decision.visible, of_each.iter().any(|decision| decision.visible));
                prop_assert_eq!(decision.governed, of_each.iter().any(|decision| decision.governed));
            } else {
                prop_assert_eq!((decision.visible, decision.governed), (visible[index], rules[index]));
            }
        }
        prop_assert_eq!(all.decide(now), visible);
    }

    /// Explanations say what the reference says, in the wanted language, and to the same visitors.
    #[test]
    fn tells_as_the_reference(
        policy in policy(false), list_hidden in prop::option::of(condition(false)), context in context(), specs in kernelspecs(),
        cards in cards(), now in now(), language in prop::sample::select(vec!["", "de", "de_AT", "fr-FR", "en_US", "de_CH"]),
    ) {
        let mut policy = policy;
        // For a condition with a placeholder there is no card.
        if let Some(condition) = list_hidden.filter(|condition| !condition.to_string().contains("={")) {
            policy["list_hidden"] = condition;
        }
        let mut session = session(&policy, &context, specs.as_ref(), &cards);
        session.decide(now);
        let document: Document = read(&policy);
        let typed_cards: Vec<Card> = read(&json!(cards));
        let typed_specs: Option<Vec<Kernelspec>> = specs.as_ref().map(|specs| read(&json!(specs)));
        let expected = reference::tell(&document, &read::<Context>(&context), typed_specs.as_deref(), &typed_cards, now, language);
        for (card, expected) in expected.iter().enumerate() {
            let told = session.explain(card).unwrap();
            let message = told.message.map(|message| message.in_language(language));
            prop_assert_eq!(
                &json!({"message": message, "contact": told.contact, "request": told.request, "locked": told.locked, "listed": told.listed}),
                expected, "card {}", card
            );
        }
    }

    /// A policy with texts in several languages says in each of them what a policy with these texts alone says, and decides
    /// the same.
    #[test]
    fn a_language_is_as_if_it_were_the_only_one(
        policy in policy(true), context in context(), specs in kernelspecs(), cards in cards(), now in now(),
        language in prop::sample::select(vec!["", "de", "de_AT", "fr-FR", "en_US", "de_CH"]),
    ) {
        let mut in_one = policy.clone();
        for rule in in_one["rules"].as_array_mut().unwrap() {
            if let Some(message) = rule.get_mut("message") {
                *message = reference::in_language(message, language);
            }
        }
        let mut session_of_all = session(&policy, &context, specs.as_ref(), &cards);
        let mut session_of_one = session(&in_one, &context, specs.as_ref(), &cards);
        prop_assert_eq!(decisions(&mut session_of_all, now), decisions(&mut session_of_one, now));
        let wording = Wording { language: language.to_owned(), ..Wording::default() };
        for card in 0..cards.len() {
            let (all, one) = (session_of_all.explain(card).unwrap(), session_of_one.explain(card).unwrap());
            prop_assert_eq!(all.sentence(&wording), one.sentence(&Wording::default()));
        }
    }

    /// The engine plans the same changes of shares as the reference.
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

    /// Changing the policy, context, kernels, cards and time of a session gives the decisions of a new session.
    #[test]
    fn a_changed_session_decides_as_a_new_one(
        policies in [policy(true), policy(true)], contexts in [context(), context()], specs in [kernelspecs(), kernelspecs()],
        cards in [cards(), cards()], times in [now(), now()], order in any::<[bool; 4]>(),
    ) {
        let mut changed = session(&policies[0], &contexts[0], specs[0].as_ref(), &cards[0]);
        changed.decide(times[0]);
        if order[0] {
            changed.set_context(read(&contexts[1]));
        }
        if order[1] {
            changed.decide(times[1]);
        }
        if order[2] {
            changed.set_policy(Arc::new(Policy::new(read(&policies[1]))), read(&contexts[0]));
        } else {
            changed.set_policy(Arc::new(Policy::new(read(&policies[1]))), read(&contexts[1]));
        }
        if order[3] {
            changed.set_cards(read(&json!(cards[1])));
            changed.set_kernelspecs(specs[1].as_ref().map(|specs| read(&json!(specs))));
        } else {
            changed.set_kernelspecs(specs[1].as_ref().map(|specs| read(&json!(specs))));
            changed.set_cards(read(&json!(cards[1])));
        }
        changed.set_context(read(&contexts[1]));
        let mut new = session(&policies[1], &contexts[1], specs[1].as_ref(), &cards[1]);
        prop_assert_eq!(decisions(&mut changed, times[1]), decisions(&mut new, times[1]));
    }

    /// A decision depends neither on the order of the cards nor on other cards, except those of kernels.
    #[test]
    fn cards_are_decided_independently(policy in policy(true), context in context(), specs in prop::collection::vec(Just(json!({"name": "a"})), 0..2), cards in cards(), now in now()) {
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

    /// Where there is a Hub and no condition depends on kernels, adding a `hide_when` never shows a card.
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

    /// The reduced policy, which the browser gets, decides the same for its visitor.
    #[test]
    fn the_reduced_policy_decides_the_same(policy in policy(true), context in context(), specs in kernelspecs(), cards in cards(), now in now()) {
        let document: Document = read(&policy);
        let reduced = json!(document.for_visitor(context["user"].as_str().unwrap(), context["service"].as_str(), now));
        let mut whole = session(&policy, &context, specs.as_ref(), &cards);
        let mut part = session(&reduced, &context, specs.as_ref(), &cards);
        prop_assert_eq!(decisions(&mut part, now), decisions(&mut whole, now));
    }

    /// Decisions do not change before the time that the session gives for the next change.
    #[test]
    fn nothing_changes_before_the_next_change(policy in policy(true), context in context(), specs in kernelspecs(), cards in cards(), now in now(), share in 0.0..1.0) {
        let mut first = session(&policy, &context, specs.as_ref(), &cards);
        let before = decisions(&mut first, now);
        let until = first.next_change_ms().unwrap_or(now + 86_400_000);
        prop_assert!(until > now);
        let within = now + ((until - 1 - now) as f64 * share) as i64;
        let mut second = session(&policy, &context, specs.as_ref(), &cards);
        prop_assert_eq!(decisions(&mut second, within), before);
    }

    /// The glob matcher against the regex crate.
    #[test]
    fn globs_match_as_regular_expressions(pattern in "[ab/*?!^\\-\\[\\]\\\\é]{0,12}", texts in prop::collection::vec("[ab/!^\\-\\]é]{0,8}", 1..8)) {
        for names in [NameKind::Text, NameKind::Server] {
            let Ok(glob) = Glob::new(&pattern, names) else { return Ok(()); };
            let regex = reference::regex_of(&pattern, names).unwrap();
            for text in &texts {
                let expected = *text == pattern || regex.is_match(text);
                prop_assert_eq!(glob.matches(text), expected, "{} on {}: {}", pattern, text, regex);
            }
        }
    }

    /// As above, with many stars and long texts.
    #[test]
    fn globs_with_many_stars_match_as_regular_expressions(pattern in "(a|b|/|\\*|\\*\\*|\\?|\\[ab\\]|\\[!a\\]){0,14}", text in "[ab/]{0,30}") {
        for names in [NameKind::Text, NameKind::Server] {
            let glob = Glob::new(&pattern, names).unwrap();
            let regex = reference::regex_of(&pattern, names).unwrap();
            prop_assert_eq!(glob.matches(&text), text == pattern || regex.is_match(&text), "{} on {}", pattern, text);
        }
    }

    /// No pattern makes reading or matching it panic.
    #[test]
    fn any_text_is_a_glob_or_refused(pattern in ".*", text in ".*") {
        for names in [NameKind::Text, NameKind::Kernel, NameKind::Server] {
            let selecting = Glob::selecting(&pattern, names);
            prop_assert!(selecting.matches(&pattern) || names == NameKind::Kernel);
            if let Ok(glob) = Glob::new(&pattern, names) {
                prop_assert_eq!(glob.matches(&text), selecting.matches(&text));
            }
        }
    }

    /// Once a `show_when` rules a card, one more rule never shows it; with `default: show`, one more rule never
    /// shows any card.
    #[test]
    fn one_more_rule_only_hides(
        policy in policy(false), more in rule(false), at in any::<prop::sample::Index>(), context in context(), cards in cards(), now in now(),
    ) {
        let mut context = context;
        context["hub"] = json!(true);
        let shows = |policy: &Value, card: usize| {
            let mut session = session(policy, &context, None, &cards);
            session.decide(now);
            let trace = session.trace(card).unwrap();
            let mut rules = policy["rules"].as_array().unwrap().iter();
            rules.any(|rule| {
                let is_matched = trace.iter().any(|traced| rule["id"] == traced.rule);
                is_matched && rule.get("show_when").is_some()
            })
        };
        let before = session(&policy, &context, None, &cards).decide(now).to_vec();
        let mut added = policy.clone();
        let rules = added["rules"].as_array_mut().unwrap();
        let mut more = more;
        more["id"] = json!("more");
        rules.insert(at.index(rules.len() + 1), more);
        let after = session(&added, &context, None, &cards).decide(now).to_vec();
        for card in 0..cards.len() {
            if policy["default"] == "show" || shows(&policy, card) {
                prop_assert!(before[card] || !after[card], "card {card} is shown by one more rule");
            }
        }
    }

    /// The end of a window of `show_when` never shows a card.
    #[test]
    fn the_end_of_a_window_never_shows(
        policy in policy(false), until in time(), context in context(), cards in cards(), now in now(), later in 1_i64..10,
    ) {
        let mut policy = policy;
        for rule in policy["rules"].as_array_mut().unwrap() {
            let rule = rule.as_object_mut().unwrap();
            for key in ["hide_when", "from", "until", "weekly"] {
                rule.remove(key);
            }
        }
        let open = session(&policy, &context, None, &cards).decide(now).to_vec();
        if let Some(rule) = policy["rules"].as_array_mut().unwrap().first_mut() {
            rule["until"] = json!(until);
        }
        let closed = session(&policy, &context, None, &cards).decide(now + later * 86_400_000).to_vec();
        for card in 0..cards.len() {
            prop_assert!(open[card] || !closed[card], "card {card} is shown by the end of a window");
        }
    }
}
