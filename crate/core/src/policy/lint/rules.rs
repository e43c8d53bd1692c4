//! Rules with their matches, windows and contacts, and what tags are put on.

use super::common::{check_unique, check_window};
use super::conditions;
use super::cursor::Cursor;
use super::names::NameTable;
use super::reporter::Reporter;
use super::selectors;
use crate::policy::diagnostic::{DiagnosticCode, quoted};

/// Checks `rules` and `tags`.
pub fn check(reporter: &mut Reporter, root: &Cursor, names: &NameTable) {
    let rules = root.items_of("rules");
    check_unique(reporter, "rule", &rules, "id");
    for rule in &rules {
        check_rule(reporter, rule, names);
    }
    for (_, targets) in root.get("tags").iter().flat_map(Cursor::entries) {
        check_match(reporter, &targets);
    }
}

fn check_rule(reporter: &mut Reporter, rule: &Cursor, names: &NameTable) {
    if let Some(cards) = rule.get("match") {
        check_match(reporter, &cards);
    }
    let mut has_condition = false;
    for key in ["show_when", "hide_when"] {
        if let Some(condition) = rule.get(key) {
            has_condition = true;
            conditions::check(reporter, &condition, names);
            report_constant(reporter, key, &condition);
        }
    }
    if !has_condition && rule.get("match").is_some() {
        reporter.report(
            DiagnosticCode::RULE_WITHOUT_CONDITION,
            rule,
            "This rule has neither `show_when` nor `hide_when`, so it changes nothing.",
            "Add one, or delete the rule.",
        );
    }
    check_window(reporter, rule);
    if let Some(contact) = rule.get("contact") {
        check_contact(reporter, &contact);
    }
}

fn check_match(reporter: &mut Reporter, cards: &Cursor) {
    for (entry, selector) in cards.entries() {
        selectors::check(reporter, &selector, &entry.key);
    }
}

/// Reports a condition that does not depend on the visitor or card, unless it is written as such.
fn report_constant(reporter: &mut Reporter, key: &str, condition: &Cursor) {
    let Some(holds) = conditions::constant(condition.node) else {
        return;
    };
    let has_always = condition.node.get("always").is_some();
    let is_literal = has_always && condition.node.entries().len() == 1;
    let hides_nothing = key == "hide_when" && has_always && !holds;
    if is_literal && !hides_nothing {
        return;
    }
    let how_often = if holds { "always" } else { "never" };
    reporter.report(
        DiagnosticCode::CONSTANT,
        condition,
        format!("This condition {how_often} holds, for every visitor."),
        format!(
            "If you mean that, write `{key}: {{always: {holds}}}`. Otherwise change the condition."
        ),
    );
}

fn check_contact(reporter: &mut Reporter, contact: &Cursor) {
    if let Some(text) = contact.node.text()
        && !text.is_empty()
        && !is_contact(text)
    {
        reporter.report(
            DiagnosticCode::BAD_CONTACT,
            contact,
            format!(
                "{} is neither a mail address nor a web address.",
                quoted(text)
            ),
            "Write `name@example.edu`, `mailto:name@example.edu` or `https://…`.",
        );
    }
}

/// Whether this is a mail address, `mailto:` with one, or a web address.
fn is_contact(text: &str) -> bool {
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"\\".contains(c)) {
        return false;
    }
    match text.split_once(':') {
        None => is_mail_address(text),
        Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
            "mailto" => is_mail_address(rest.split('?').next().unwrap_or_default()),
            "http" | "https" => {
                let host = rest
                    .strip_prefix("//")
                    .and_then(|rest| rest.split('/').next());
                host.is_some_and(|host| !host.is_empty())
            }
            _ => false,
        },
    }
}

fn is_mail_address(text: &str) -> bool {
    let parts: Vec<&str> = text.split('@').collect();
    matches!(parts.as_slice(), [name, host] if !name.is_empty() && !host.is_empty())
        && !text.contains(['/', '?', '#', '&', ','])
}
