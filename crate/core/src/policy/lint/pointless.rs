//! Rules that change nothing, because of another rule.

use std::collections::HashMap;

use super::conditions;
use super::cursor::Cursor;
use super::reporter::Reporter;
use super::selectors::matches_every;
use crate::policy::diagnostic::DiagnosticCode;
use crate::policy::source::{SourceEntry, SourceNode};

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
    let shower = rules.iter().find(|rule| is_always(rule, "show_when"));
    let mut lines = HashMap::new();
    for rule in rules {
        let effects = ["show_when", "hide_when", "from", "until"]
            .map(|key| rule.node.get(key).map(SourceNode::to_json))
            .map(|value| value.unwrap_or_default().to_string());
        let is_other = |other: &&&Cursor| other.path != rule.path;
        let reason = if let Some(line) = lines.get(&effects) {
            format!("it is the same as the rule on line {line}")
        } else if let Some(hider) = hider.filter(is_other) {
            always_hides(hider.node.span.line)
        } else if let Some(shower) = shower.filter(is_other)
            && rule.node.get("hide_when").is_none()
        {
            let line = shower.node.span.line;
            format!("the rule on line {line} always shows these cards")
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
    let hiders = rules.iter().filter(|rule| is_always(rule, "hide_when"));
    let hiders: HashMap<&str, usize> = hiders
        .filter_map(|rule| Some((rule.node.get("match")?, rule.node.span.line)))
        .flat_map(|(cards, line)| cards.entries().iter().map(move |entry| (entry, line)))
        .filter(|(entry, _)| {
            let glob = entry.value.text();
            glob.is_some_and(|glob| matches_every(&entry.key, glob))
        })
        .map(|(entry, line)| (entry.key.as_str(), line))
        .collect();
    for rule in rules {
        let Some(cards) = rule.node.get("match") else {
            continue;
        };
        let entries = cards.entries();
        let hider = |entry: &SourceEntry| hiders.get(entry.key.as_str());
        let is_for_every = |entry: &SourceEntry| matches!(entry.value.text(), Some("*" | "**"));
        if let Some(line) = entries.first().and_then(hider)
            && entries
                .iter()
                .all(|entry| hider(entry).is_some() && !is_for_every(entry))
        {
            report_pointless(reporter, rule, &always_hides(*line));
        }
    }
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
    let has_window = rule.node.get("from").or(rule.node.get("until")).is_some();
    let condition = rule.node.get(key);
    !has_window && condition.and_then(conditions::constant) == Some(true)
}
