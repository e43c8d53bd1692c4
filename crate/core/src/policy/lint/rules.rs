//! Rules with their matches, windows and contacts, and what tags are put on.

use super::common::{check_unique, check_window};
use super::conditions;
use super::cursor::Cursor;
use super::names::NameTable;
use super::reporter::Reporter;
use super::selectors::{self, one_or_more};
use super::texts;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::document::MatchKey;

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
    check_effects(reporter, rule, names);
    if !has_condition(rule) && rule.get("match").is_some() {
        reporter.report(
            DiagnosticCode::RULE_WITHOUT_CONDITION,
            rule,
            "This rule has neither `show_when` nor `hide_when`, so it changes nothing.",
            "Add one, or delete the rule.",
        );
    }
}

/// Checks the keys that a rule and a card have in common: conditions, window, and what is said to people.
pub fn check_effects(reporter: &mut Reporter, rule: &Cursor, names: &NameTable) {
    for key in ["show_when", "hide_when"] {
        if let Some(condition) = rule.get(key) {
            conditions::check(reporter, &condition, names);
            report_constant(reporter, key, &condition);
        }
    }
    let never_opens = check_window(reporter, rule, names.zone.as_ref());
    report_hidden_outside_window(reporter, rule, never_opens);
    texts::check_languages(reporter, rule, "message");
    if let Some(contact) = rule.get("contact") {
        check_contact(reporter, &contact);
    }
    if let Some(group) = rule.get("request").and_then(|request| request.get("group")) {
        names.check_groups_exist(reporter, &group);
    }
}

/// Where the rule with this number is: one of `rules`, or one that is written on a card.
pub fn cursor_of_rule<'a>(root: &Cursor<'a>, number: u32) -> Option<Cursor<'a>> {
    let rules = root.items_of("rules");
    let Some(of_card) = (number as usize).checked_sub(rules.len()) else {
        return rules.into_iter().nth(number as usize);
    };
    let cards = root.items_of("cards");
    cards.into_iter().filter(has_condition).nth(of_card)
}

/// Whether a rule has a condition; with one, a card has a rule of its own.
pub fn has_condition(item: &Cursor) -> bool {
    item.get("show_when").or(item.get("hide_when")).is_some()
}

/// Explains that a window closes for everybody.
fn report_hidden_outside_window(reporter: &mut Reporter, rule: &Cursor, never_opens: bool) {
    let end = rule.get("until");
    if let (Some(end), Some(_)) = (end, rule.get("show_when"))
        && !never_opens
    {
        reporter.report(
            DiagnosticCode::HIDDEN_OUTSIDE_WINDOW,
            &end,
            "After this time `show_when` does not hold: the cards are hidden from everybody.",
            "If that is meant, nothing is to do. To show them to everybody afterwards, write `hide_when: {not: …}` \
             instead of `show_when`.",
        );
    }
}

fn check_match(reporter: &mut Reporter, cards: &Cursor) {
    for matcher in one_or_more(cards) {
        for (entry, selector) in matcher.entries() {
            if entry.key == MatchKey::Args.as_str() {
                check_args(reporter, &selector);
            } else {
                selectors::check(reporter, &selector, &entry.key);
            }
        }
        report_narrowed(reporter, &matcher);
    }
}

/// Checks the selectors of arguments.
fn check_args(reporter: &mut Reporter, args: &Cursor) {
    if args.entries().next().is_none() {
        return selectors::check(reporter, args, "argument");
    }
    for (_, selector) in args.entries() {
        selectors::check(reporter, &selector, "argument");
    }
}

/// Explains that a category or a tag beside a kind narrows it.
fn report_narrowed(reporter: &mut Reporter, matcher: &Cursor) {
    let mut entries = matcher.entries();
    let kind = entries.find(|(entry, _)| selectors::is_kind(&entry.key));
    let narrowing = [MatchKey::Category, MatchKey::Tag].map(MatchKey::as_str);
    let narrowing = narrowing
        .into_iter()
        .find_map(|key| Some((key, matcher.get(key)?)));
    if let (Some((kind, _)), Some((key, cursor))) = (kind, narrowing) {
        let kind = &kind.key;
        reporter.report(
            DiagnosticCode::NARROWED_MATCH,
            &cursor,
            format!(
                "This matches only what `{kind}` and `{key}` both match: `{key}` narrows `{kind}`."
            ),
            format!(
                "If that is meant, nothing is to do. For either, write a list: \
                 `match: [{{{kind}: …}}, {{{key}: …}}]`."
            ),
        );
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
