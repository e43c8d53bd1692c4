//! Rules with their matches, windows and contacts, and the policy's cards, kernels and timing.

use std::collections::HashMap;

use super::conditions::{self, NameTable};
use super::{Cursor, Reporter, selectors};
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::source::{SourceEntry, SourceNode, SourceValue};
use crate::policy::time::{Duration, TimeSpec};

/// Checks rules, `preview`, tags, cards, kernels, `refresh`, `max_stale` and `default`.
pub fn check(lint: &mut Reporter, root: &Cursor, names: &NameTable) {
    let rules = root.items_of("rules");
    let cards = root.items_of("cards");
    unique(lint, "rule", &rules, "id");
    unique(lint, "card", &cards, "id");
    for rule in &rules {
        check_rule(lint, rule, names);
    }
    if let Some(preview) = root.get("preview") {
        conditions::check(lint, &preview, names);
    }
    for (_, targets) in root.get("tags").iter().flat_map(Cursor::entries) {
        check_match(lint, &targets);
    }
    for card in &cards {
        check_card(lint, card);
    }
    check_kernels(lint, root);
    check_timing(lint, root);
    report_shadowed(lint, &rules);
    let shows = |rule: &Cursor| rule.node.get("show_when").is_some();
    if let Some(default) = root.get("default")
        && default.node.text() == Some("hide")
        && !rules.iter().any(shows)
    {
        lint.report(
            DiagnosticCode::ALL_HIDDEN,
            &default,
            "Every card is hidden: no rule shows one.",
            "Add rules with `show_when`, or write `default: show`.",
        );
    }
}

/// Reports items of a list that have the same name as an earlier one.
pub fn unique(lint: &mut Reporter, what: &str, items: &[Cursor], key: &str) {
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for item in items {
        let Some(at) = item.get(key) else { continue };
        let Some(name) = at.node.text() else { continue };
        if let Some(line) = lines.get(name) {
            let message = format!(
                "There is a {what} {} already, on line {line}.",
                quoted(name)
            );
            lint.report(
                DiagnosticCode::DUPLICATE_ID,
                &at,
                message,
                "Give each its own name.",
            );
        } else {
            lines.insert(name, at.node.span.line);
        }
    }
}

fn check_rule(lint: &mut Reporter, rule: &Cursor, names: &NameTable) {
    if let Some(cards) = rule.get("match") {
        check_match(lint, &cards);
    }
    let mut has_say = false;
    for key in ["show_when", "hide_when"] {
        if let Some(condition) = rule.get(key) {
            has_say = true;
            conditions::check(lint, &condition, names);
            report_constant(lint, key, &condition);
        }
    }
    if !has_say && rule.get("match").is_some() {
        lint.report(
            DiagnosticCode::RULE_WITHOUT_SAY,
            rule,
            "This rule has neither `show_when` nor `hide_when`, so it changes nothing.",
            "Add one, or delete the rule.",
        );
    }
    check_window(lint, rule);
    if let Some(contact) = rule.get("contact")
        && let Some(text) = contact.node.text()
        && !text.is_empty()
        && !is_contact(text)
    {
        lint.report(
            DiagnosticCode::BAD_CONTACT,
            &contact,
            format!(
                "{} is neither a mail address nor a web address.",
                quoted(text)
            ),
            "Write `name@example.edu`, `mailto:name@example.edu` or `https://…`.",
        );
    }
}

fn check_match(lint: &mut Reporter, cards: &Cursor) {
    for (entry, selector) in cards.entries() {
        selectors::check(lint, &selector, &entry.key);
    }
}

/// A condition that does not depend on the visitor, unless it is written as such.
fn report_constant(lint: &mut Reporter, key: &str, condition: &Cursor) {
    let entries = condition.node.entries();
    let is_literal = entries.len() == 1 && condition.node.get("always").is_some();
    let pointless = key == "hide_when" && condition.node.get("always").is_some();
    match conditions::constant(condition.node) {
        Some(holds) if !is_literal || pointless && !holds => {
            let how_often = if holds { "always" } else { "never" };
            lint.report(
                DiagnosticCode::CONSTANT,
                condition,
                format!("This {how_often} holds, whoever asks."),
                format!("If that is meant, write `{key}: {{always: {holds}}}`; else delete what makes it so."),
            );
        }
        _ => {}
    }
}

/// Checks `from` and `until` of a rule or grant.
pub fn check_window(lint: &mut Reporter, item: &Cursor) {
    let moment = |key| {
        let text = item.text(key)?;
        TimeSpec::parse(text).ok()
    };
    let (from, until) = (moment("from"), moment("until"));
    let (Some(until), Some(at)) = (until, item.get("until")) else {
        return;
    };
    if from.is_some_and(|from| until.end_ms() <= from.start_ms()) {
        lint.report(
            DiagnosticCode::NEVER_OPENS,
            &at,
            "This window ends before it begins, so it never opens.",
            "Write an `until` after `from`.",
        );
    } else if lint.known.now_ms.is_some_and(|now| until.end_ms() <= now) {
        let message = format!("This ended on {}.", until.as_str());
        lint.report(
            DiagnosticCode::OVER,
            &at,
            message,
            "Delete it, or write a later `until`.",
        );
    }
}

/// Reports rules that another rule with the same `match` makes pointless.
fn report_shadowed(lint: &mut Reporter, rules: &[Cursor]) {
    let mut by_match: HashMap<String, Vec<&Cursor>> = HashMap::new();
    for rule in rules {
        if let Some(cards) = rule.node.get("match") {
            let cards = cards.to_json().to_string();
            by_match.entry(cards).or_default().push(rule);
        }
    }
    report_hidden_by_all(lint, rules);
    for same in by_match.values().filter(|same| same.len() > 1) {
        let hider = same.iter().find(|rule| always(rule, "hide_when"));
        let shower = same.iter().find(|rule| always(rule, "show_when"));
        let mut lines = HashMap::new();
        for rule in same {
            let effects = ["show_when", "hide_when", "from", "until"]
                .map(|key| rule.node.get(key).map(SourceNode::to_json))
                .map(|value| value.unwrap_or_default().to_string());
            let other = |other: &&&Cursor| other.path != rule.path;
            let line = rule.node.span.line;
            let why = if let Some(first) = lines.get(&effects) {
                format!("it says the same as the rule on line {first}")
            } else if let Some(hider) = hider.filter(other) {
                let line = hider.node.span.line;
                always_hides(line)
            } else if let Some(shower) = shower.filter(other)
                && rule.node.get("hide_when").is_none()
            {
                let line = shower.node.span.line;
                format!("the rule on line {line} always shows these cards")
            } else {
                lines.insert(effects, line);
                continue;
            };
            report_pointless(lint, rule, &why);
        }
    }
}

fn always_hides(line: usize) -> String {
    format!("the rule on line {line} always hides these cards")
}

fn report_pointless(lint: &mut Reporter, rule: &Cursor, why: &str) {
    let message = format!("This rule changes nothing: {why}.");
    lint.report(
        DiagnosticCode::SHADOWED,
        rule,
        message,
        "Delete one of the two.",
    );
}

/// Reports rules whose cards a rule for all cards of their kind always hides; those with the same
/// `match` are reported elsewhere.
fn report_hidden_by_all(lint: &mut Reporter, rules: &[Cursor]) {
    let hiders = rules.iter().filter(|rule| always(rule, "hide_when"));
    let hiders: HashMap<&str, usize> = hiders
        .filter_map(|rule| Some((rule.node.get("match")?, rule.node.span.line)))
        .flat_map(|(cards, line)| cards.entries().iter().map(move |entry| (entry, line)))
        .filter(|(entry, _)| {
            let text = entry.value.text();
            text == Some("**") || (text == Some("*") && entry.key == "kernel")
        })
        .map(|(entry, line)| (entry.key.as_str(), line))
        .collect();
    for rule in rules {
        let Some(cards) = rule.node.get("match") else {
            continue;
        };
        let entries = cards.entries();
        let hider = |entry: &SourceEntry| hiders.get(entry.key.as_str());
        let is_for_all = |entry: &SourceEntry| matches!(entry.value.text(), Some("*" | "**"));
        if let Some(line) = entries.first().and_then(hider)
            && entries
                .iter()
                .all(|entry| hider(entry).is_some() && !is_for_all(entry))
        {
            report_pointless(lint, rule, &always_hides(*line));
        }
    }
}

fn always(rule: &Cursor, key: &str) -> bool {
    let has_window = rule.node.get("from").or(rule.node.get("until")).is_some();
    let condition = rule.node.get(key);
    !has_window && condition.and_then(conditions::constant) == Some(true)
}

fn check_card(lint: &mut Reporter, card: &Cursor) {
    match (card.get("service"), card.get("servers")) {
        (None, None) => lint.report(
            DiagnosticCode::NOT_ONE_OF,
            card,
            "This card opens nothing.",
            "Add `service: NAME`, or `servers: GLOB` for one card for each server.",
        ),
        (Some(_), Some(servers)) => lint.report(
            DiagnosticCode::NOT_ONE_OF,
            &servers,
            "A card opens a service or servers, not both.",
            "Make two cards of it.",
        ),
        (_, Some(servers)) => selectors::check(lint, &servers, "server"),
        _ => {}
    }
    for key in ["icon", "path"] {
        let Some(at) = card.get(key) else { continue };
        let problem = match (at.node.text(), key) {
            (Some(text), "icon") => bad_icon(text),
            (Some(text), _) => bad_path(text),
            (None, _) => None,
        };
        if let Some((message, help)) = problem {
            lint.report(DiagnosticCode::BAD_PATH, &at, message, help);
        }
    }
}

/// An icon may be a file, a path or an address that cannot run anything.
fn bad_icon(icon: &str) -> Option<(&'static str, &'static str)> {
    let scheme = scheme(icon)?;
    let is_safe = ["http", "https"].contains(&scheme.as_str());
    let is_image = scheme == "data" && icon.to_ascii_lowercase().starts_with("data:image/");
    (!is_safe && !is_image).then_some((
        "An icon cannot have such an address.",
        "Write a file name, a path, or an address with `https:` or `data:image/`.",
    ))
}

/// A path stays below the service or server of its card.
fn bad_path(path: &str) -> Option<(&'static str, &'static str)> {
    let leaves = scheme(path).is_some()
        || path.starts_with("//")
        || path.contains('\\')
        || path.split(['/', '?', '#']).any(|part| part == "..");
    leaves.then_some((
        "This path may lead away from the service or server of its card.",
        "Write a path below it, such as `tree/week1`.",
    ))
}

/// The scheme of an address, in lower case; none for a path.
fn scheme(address: &str) -> Option<String> {
    let (scheme, _) = address.split_once(':')?;
    let is_scheme = !scheme.contains(['/', '?', '#']);
    is_scheme.then(|| scheme.trim().to_ascii_lowercase())
}

/// Whether this is a mail address, `mailto:` with one, or a web address.
fn is_contact(text: &str) -> bool {
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"\\".contains(c)) {
        return false;
    }
    match text.split_once(':') {
        None => is_mail(text),
        Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
            "mailto" => is_mail(rest.split('?').next().unwrap_or_default()),
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

fn is_mail(text: &str) -> bool {
    let parts: Vec<&str> = text.split('@').collect();
    matches!(parts.as_slice(), [name, host] if !name.is_empty() && !host.is_empty())
        && !text.contains(['/', '?', '#', '&', ','])
}

fn check_kernels(lint: &mut Reporter, root: &Cursor) {
    let Some(kernels) = root.get("kernels") else {
        return;
    };
    let mut lines = HashMap::new();
    for (entry, directory) in kernels.entries() {
        let name = &entry.key;
        let line = entry.key_span.line;
        if !conditions::is_kernel_name(name) {
            lint.report_key(
                DiagnosticCode::BAD_NAME,
                entry,
                &directory,
                format!("Jupyter has no kernel named {}.", quoted(name)),
                "Write the kernelspec's name: letters, digits, `-`, `_` and `.`.",
            );
        }
        if let Some(first) = lines.insert(name.to_lowercase(), line) {
            lint.report_key(
                DiagnosticCode::DUPLICATE_ID,
                entry,
                &directory,
                format!(
                    "{} is on line {first} already: case does not count.",
                    quoted(name)
                ),
                "Keep one of the two.",
            );
        }
        let Some(path) = directory.node.text() else {
            continue;
        };
        if path.contains(':') {
            lint.report(
                DiagnosticCode::BAD_PATH,
                &directory,
                "A directory with `:` in its name would be two in `JUPYTER_PATH`.",
                "Write the path of a directory without `:` in it.",
            );
        } else if !path.starts_with('/') && !path.is_empty() {
            lint.report(
                DiagnosticCode::RELATIVE_PATH,
                &directory,
                "This directory depends on where a server starts.",
                "Write a path that begins with `/`.",
            );
        }
    }
}

fn check_timing(lint: &mut Reporter, root: &Cursor) {
    let span = |key| {
        let at = root.get(key)?;
        let span = match &at.node.value {
            SourceValue::Text(text) => Duration::parse(text).ok(),
            SourceValue::Number(number) => number.as_f64().and_then(Duration::from_seconds),
            _ => None,
        };
        Some((at, span?.ms()))
    };
    let (refresh, max_stale) = (span("refresh"), span("max_stale"));
    if let Some((at, 0..1_000)) = &refresh {
        lint.report(
            DiagnosticCode::ODD_TIMING,
            at,
            "Each open launcher would ask the Hub more than once a second.",
            "Write at least `1s`.",
        );
    }
    if let (Some((_, refresh)), Some((at, max_stale))) = (refresh, max_stale)
        && max_stale < refresh
    {
        lint.report(
            DiagnosticCode::ODD_TIMING,
            &at,
            "Governed cards would vanish before the next refresh.",
            "Write a `max_stale` that is longer than `refresh`.",
        );
    }
}
