//! Cards that more than one rule shows: all of these rules must agree.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::common::example_of;
use super::cursor::Cursor;
use super::reporter::Reporter;
use super::rules::cursor_of_rule;
use crate::policy::card::{Card, Kind};
use crate::policy::command_args::CommandArgs;
use crate::policy::compile::Policy;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::document::{ArgsSelector, MatchKey, Matcher, Predicate, Rule, Selector};
use crate::policy::matching::CardMatches;

/// At most this many cards are tried.
const MAX_CARDS: usize = 10_000;

/// Explains, for each rule with `show_when`, that an earlier one matches the same card.
///
/// The engine itself says which rules match: of cards that the policy names, and of one for each glob.
pub fn check(reporter: &mut Reporter, root: &Cursor, policy: &Policy) {
    let rules: Vec<&Rule> = (0..policy.rules.len() as u32)
        .filter_map(|number| policy.source_rule(number))
        .collect();
    let cost = 1 + rules.len() / 64;
    let mut cards = example_cards(&rules);
    cards.retain(|_| reporter.may_compare(cost));
    let matches = CardMatches::new(policy, None, &cards);
    let mut reported = HashSet::new();
    for (card, &rule_set) in cards.iter().zip(&matches.rule_set_of) {
        let Some(rule_set) = matches.rule_set(rule_set) else {
            continue;
        };
        let mut showing = rule_set.rules.iter().copied().filter(|&number| {
            let rule = rules.get(number as usize);
            rule.is_some_and(|rule| is_shown_to_some(rule))
        });
        let Some(first) = showing.next() else {
            continue;
        };
        let node_of = |number: u32| policy.rules.get(number as usize)?.show_when;
        let differs = |&other: &u32| node_of(other) != node_of(first);
        if let Some(second) = showing.find(differs)
            && reported.insert(second)
        {
            report(
                reporter,
                root,
                (first, second),
                rules.get(first as usize),
                card,
            );
        }
    }
}

/// Whether a rule has a `show_when` that does not say `always: true`.
fn is_shown_to_some(rule: &Rule) -> bool {
    let condition = rule.show_when.as_ref();
    condition.is_some_and(|condition| condition.0 != [Predicate::Always(true)])
}

fn report(
    reporter: &mut Reporter,
    root: &Cursor,
    (first, second): (u32, u32),
    rule: Option<&&Rule>,
    card: &Card,
) {
    let (Some(earlier), Some(later)) = (cursor_of_rule(root, first), cursor_of_rule(root, second))
    else {
        return;
    };
    let id = rule.map_or("", |rule| rule.id.as_str());
    let cursor = later.get("show_when").unwrap_or(later);
    reporter.report(
        DiagnosticCode::BOTH_MUST_HOLD,
        &cursor,
        format!(
            "The rule {} on line {} matches some of the same cards, such as {} {}: both conditions must hold.",
            quoted(id),
            earlier.node.span.line,
            card.kind.as_str(),
            quoted(&card.selected_name()),
        ),
        "If that is meant, nothing is to do. For either, write one rule with `show_when: {any: [{…}, {…}]}`.",
    );
}

/// Cards that the matchers of rules with `show_when` match, as far as examples for globs do.
fn example_cards(rules: &[&Rule]) -> Vec<Card> {
    let matchers: Vec<&Matcher> = rules
        .iter()
        .filter(|rule| is_shown_to_some(rule))
        .flat_map(|rule| &rule.matches.0)
        .collect();
    let names: BTreeSet<(Kind, String)> = matchers
        .iter()
        .flat_map(|matcher| named_by(matcher))
        .take(MAX_CARDS)
        .collect();
    let mut cards = Vec::new();
    for matcher in matchers {
        let own: Vec<(Kind, String)> = named_by(matcher).collect();
        let has_kind = matcher
            .selectors
            .iter()
            .any(|(key, _)| key.kind().is_some());
        let of_others = names.iter().filter(|_| !has_kind).cloned();
        let of_none = (!has_kind).then(|| (Kind::Command, "x:x".to_owned()));
        for (kind, name) in own.into_iter().chain(of_none).chain(of_others) {
            if cards.len() >= MAX_CARDS {
                return cards;
            }
            cards.push(example_card(matcher, kind, name));
        }
    }
    cards
}

/// Names that a matcher matches.
fn named_by(matcher: &Matcher) -> impl Iterator<Item = (Kind, String)> + '_ {
    matcher.selectors.iter().flat_map(|(key, selector)| {
        let patterns = selector.include.iter().filter(|_| key.kind().is_some());
        let kind = key.kind().unwrap_or_default();
        patterns.map(move |pattern| (kind, example_of(pattern.as_str(), "x")))
    })
}

/// A card with a name and all that narrows the matcher.
fn example_card(matcher: &Matcher, kind: Kind, name: String) -> Card {
    let text_of = |wanted: MatchKey| {
        let mut selectors = matcher.selectors.iter();
        let (_, selector) = selectors.find(|(key, _)| *key == wanted)?;
        example_text(selector)
    };
    Card {
        kind,
        name,
        category: text_of(MatchKey::Category),
        tags: text_of(MatchKey::Tag).into_iter().collect(),
        title: text_of(MatchKey::Title),
        language: text_of(MatchKey::Language),
        args: matcher.args.as_ref().and_then(example_args),
        ..Card::default()
    }
}

fn example_text(selector: &Selector) -> Option<String> {
    let pattern = selector.include.first()?;
    Some(example_of(pattern.as_str(), "x"))
}

fn example_args(args: &ArgsSelector) -> Option<CommandArgs> {
    match args {
        ArgsSelector::Named(args) => {
            let args = args.0.iter();
            let named = args.filter_map(|(name, selector)| {
                Some((name.clone(), Value::String(example_text(selector)?)))
            });
            Some(CommandArgs::from(&named.collect()))
        }
        ArgsSelector::Json(selector) => serde_json::from_str(&example_text(selector)?).ok(),
    }
}
