//! Rules that change nothing, because of another rule.

use std::collections::HashMap;

use super::conditions;
use super::cursor::Cursor;
use super::reporter::Reporter;
use super::selectors::{is_kind, matches_every, one_or_more};
use crate::policy::diagnostic::DiagnosticCode;
use crate::policy::source::{SourceEntry, SourceNode};

/// The keys that say when a rule's conditions can hold.
const WINDOW: [&str; 3] = ["from", "until", "weekly"];

/// The keys of a rule's conditions.
const CONDITIONS: [&str; 2] = ["show_when", "hide_when"];

/// Reports rules that another rule makes pointless.
pub fn check(reporter: &mut Reporter, root: &Cursor) {
    let rules = root.items_of("rules");
    check_behind_hidden_kinds(reporter, &rules);
    let mut by_match: HashMap<String, Vec<&Cursor>> = HashMap::new();
    for rule in &rules {
        if let Some(cards) = rule.node.get("match") {
            let cards = cards.to_json().to_string();
            by_match.entry(cards).or_default().push(rule);
        }
    }
    for same_match in by_match.values().filter(|rules| rules.len() > 1) {
        check_same_match(reporter, same_match);
    }
}

/// Compares rules that have the same `match`.
fn check_same_match(reporter: &mut Reporter, rules: &[&Cursor]) {
    let hider = rules.iter().find(|rule| is_always(rule, "hide_when"));
    let has_show_when = |rule: &&&Cursor| rule.node.get("show_when").is_some();
    let mut lines = HashMap::new();
    for rule in rules {
        let effects = CONDITIONS
            .into_iter()
            .chain(WINDOW)
            .map(|key| rule.node.get(key).map(SourceNode::to_json))
            .map(|value| value.unwrap_or_default().to_string())
            .collect::<Vec<_>>();
        let is_other = |other: &&&Cursor| other.path != rule.path;
        let shows_always = is_always(rule, "show_when") && rule.node.get("hide_when").is_none();
        let reason = if let Some(line) = lines.get(&effects) {
            format!("it is the same as the rule on line {line}")
        } else if let Some(hider) = hider.filter(is_other) {
            always_hides(hider.node.span.line)
        } else if let Some(other) = rules.iter().filter(is_other).find(has_show_when)
            && shows_always
        {
            let line = other.node.span.line;
            format!("the rule on line {line} says when these cards are shown, and both must hold")
        } else {
            lines.insert(effects, rule.node.span.line);
            continue;
        };
        report_pointless(reporter, rule, &reason);
    }
}

/// Reports rules all of whose cards are always hidden, by rules for every card of their kinds. Rules
/// for every card are compared by [`check_same_match`].
fn check_behind_hidden_kinds(reporter: &mut Reporter, rules: &[Cursor]) {
    let mut hiders: HashMap<String, usize> = HashMap::new();
    for rule in rules.iter().filter(|rule| is_always(rule, "hide_when")) {
        for matcher in rule.get("match").iter().flat_map(one_or_more) {
            let entries = matcher.node.entries();
            if entries.iter().all(|entry| is_kind(&entry.key)) {
                let every = entries.iter().filter(|entry| is_for_every(entry));
                hiders.extend(every.map(|entry| (entry.key.clone(), rule.node.span.line)));
            }
        }
    }
    for rule in rules {
        let matchers: Vec<Cursor> = rule.get("match").iter().flat_map(one_or_more).collect();
        let mut line = None;
        let is_hidden = matchers.iter().all(|matcher| {
            let entries = matcher.node.entries().iter();
            let mut kinds = entries.filter(|entry| is_kind(&entry.key)).peekable();
            kinds.peek().is_some()
                && kinds.all(|entry| {
                    let hider = hiders.get(&entry.key);
                    line = line.or(hider.copied());
                    hider.is_some() && !is_for_every(entry)
                })
        });
        if let Some(line) = line.filter(|_| is_hidden) {
            report_pointless(reporter, rule, &always_hides(line));
        }
    }
}

fn is_for_every(entry: &SourceEntry) -> bool {
    let glob = entry.value.text();
    glob.is_some_and(|glob| matches_every(&entry.key, glob))
}

fn always_hides(line: usize) -> String {
    format!("the rule on line {line} always hides these cards")
}

fn report_pointless(reporter: &mut Reporter, rule: &Cursor, reason: &str) {
    reporter.report(
        DiagnosticCode::POINTLESS_RULE,
        rule,
        format!("This rule changes nothing: {reason}."),
        "Delete one of the two.",
    );
}

/// Whether a condition of the rule holds for every visitor at all times.
fn is_always(rule: &Cursor, key: &str) -> bool {
    let has_window = WINDOW.iter().any(|key| rule.node.get(key).is_some());
    let condition = rule.node.get(key);
    !has_window && condition.and_then(conditions::constant) == Some(true)
}
