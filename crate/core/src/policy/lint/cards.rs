//! The cards that a policy adds.

use super::common::check_unique;
use super::cursor::Cursor;
use super::names::NameTable;
use super::reporter::Reporter;
use super::rules::{check_effects, has_condition};
use super::selectors;
use super::texts;
use crate::policy::card::Kind;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::document::PolicyCard;

/// The keys of a card that say something about its condition.
const KEYS_OF_CONDITIONS: [&str; 7] = [
    "from", "until", "weekly", "contact", "message", "request", "locked",
];

/// Keys that have a meaning beside some of [`PolicyCard::TARGETS`] only.
const KEYS_OF_TARGETS: [(&str, &[&str]); 4] = [
    ("path", &["service", "servers"]),
    ("own", &["servers"]),
    ("allow_http", &["url"]),
    ("args", &["command"]),
];

/// Checks `cards`.
pub fn check(reporter: &mut Reporter, root: &Cursor, names: &NameTable) {
    let cards = root.items_of("cards");
    check_unique(reporter, "card", &cards, "id");
    for card in &cards {
        check_targets(reporter, card);
        check_addresses(reporter, card);
        check_icon(reporter, card);
        texts::check_languages(reporter, card, "title");
        texts::check_languages(reporter, card, "description");
        check_effects(reporter, card, names);
        report_without_condition(reporter, card);
    }
}

/// Checks that a card opens one thing, and the keys that belong to what it opens.
fn check_targets(reporter: &mut Reporter, card: &Cursor) {
    let targets = PolicyCard::TARGETS;
    let given: Vec<&str> = targets
        .into_iter()
        .filter(|key| card.get(key).is_some())
        .collect();
    match given.as_slice() {
        [] => reporter.report(
            DiagnosticCode::NOT_ONE_OF,
            card,
            "This card opens nothing.",
            "Add `service: NAME`, `servers: GLOB` for one card for each server, `page: PATH`, `file: PATH`, \
             `url: https://…` or `command: ID`.",
        ),
        [_] => {}
        [first, second, ..] => reporter.report(
            DiagnosticCode::NOT_ONE_OF,
            &card.get(second).unwrap_or_else(|| card.clone()),
            format!("A card opens one thing, but this one has `{first}` and `{second}`."),
            "Write two cards.",
        ),
    }
    if let Some(servers) = card.get("servers") {
        selectors::check(reporter, &servers, Kind::Server.as_str());
    }
    for (key, belongs_to) in KEYS_OF_TARGETS {
        let is_beside = belongs_to.iter().any(|target| card.get(target).is_some());
        if let (Some(cursor), false) = (card.get(key), is_beside) {
            let belongs_to: Vec<String> = belongs_to.iter().map(|key| format!("`{key}`")).collect();
            reporter.report(
                DiagnosticCode::NOT_ONE_OF,
                &cursor,
                format!(
                    "`{key}` belongs to a card with {}.",
                    belongs_to.join(" or ")
                ),
                "Delete it, or write what the card opens.",
            );
        }
    }
}

fn check_addresses(reporter: &mut Reporter, card: &Cursor) {
    for (key, example) in [
        ("path", "tree/week1"),
        ("page", "lab/tree/week1"),
        ("file", "week1/task.ipynb"),
    ] {
        if let Some(cursor) = card.get(key)
            && cursor.node.text().is_some_and(|path| !is_safe_path(path))
        {
            reporter.report(
                DiagnosticCode::BAD_PATH,
                &cursor,
                format!("This `{key}` may lead out of what its card opens."),
                format!("Write a path below it, such as `{example}`."),
            );
        }
    }
    let Some(cursor) = card.get("url") else {
        return;
    };
    let Some(url) = cursor.node.text().filter(|url| !url.is_empty()) else {
        return;
    };
    let may_be_http = card
        .node
        .get("allow_http")
        .is_some_and(|allow| allow.to_json() == true);
    let has_host = |rest: &str| !rest.is_empty() && !rest.starts_with(['/', '\\', '?', '#', '{']);
    let is_clean = !url.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\');
    let rest_of = |scheme: &str| {
        let start = url.get(..scheme.len())?;
        start
            .eq_ignore_ascii_case(scheme)
            .then(|| url.get(scheme.len()..))?
    };
    match (rest_of("https://"), rest_of("http://")) {
        (Some(rest), _) if is_clean && has_host(rest) => {}
        (_, Some(rest)) if is_clean && has_host(rest) && may_be_http => {}
        (_, Some(rest)) if is_clean && has_host(rest) => reporter.report(
            DiagnosticCode::BAD_PATH,
            &cursor,
            "Others on the way can read and change what `http:` carries.",
            format!("Write `https://{rest}`, or add `allow_http: true` to the card."),
        ),
        _ => reporter.report(
            DiagnosticCode::BAD_PATH,
            &cursor,
            format!("{} is not the address of a web page.", quoted(url)),
            "Write `https://host/path`; `page` opens a page of the visitor's own server.",
        ),
    }
}

fn check_icon(reporter: &mut Reporter, card: &Cursor) {
    let Some(cursor) = card.get("icon") else {
        return;
    };
    let Some(icon) = cursor.node.text().filter(|icon| !icon.is_empty()) else {
        return;
    };
    if !is_safe_icon(icon) {
        reporter.report(
            DiagnosticCode::BAD_PATH,
            &cursor,
            "An icon cannot have such an address.",
            "Write the name of an image file next to the policy, such as `workbench.svg`.",
        );
    } else if !is_loaded_icon(icon) {
        reporter.report(
            DiagnosticCode::ICON_NOT_LOADED,
            &cursor,
            format!("{} is never loaded: the card gets the launcher's own icon.", quoted(icon)),
            "Write the name of an image file next to the policy (`workbench.svg`), a path on this host \
             (`/static/workbench.svg`), `data:image/…`, or one of JupyterLab's icons (`ui-components:python`).",
        );
    }
}

/// Reports what only a condition gives a meaning.
fn report_without_condition(reporter: &mut Reporter, card: &Cursor) {
    if has_condition(card) {
        return;
    }
    let without_effect = KEYS_OF_CONDITIONS
        .into_iter()
        .find_map(|key| Some((key, card.get(key)?)));
    if let Some((key, cursor)) = without_effect {
        reporter.report(
            DiagnosticCode::RULE_WITHOUT_CONDITION,
            &cursor,
            format!("This card has `{key}`, but neither `show_when` nor `hide_when`, so it changes nothing."),
            "Add one of them, or write a rule that matches the card.",
        );
    }
}

/// Whether an icon is a file, a path, or an address that cannot run anything.
fn is_safe_icon(icon: &str) -> bool {
    match scheme(icon).as_deref() {
        Some("data") => icon.to_ascii_lowercase().starts_with("data:image/"),
        Some("javascript" | "vbscript" | "file" | "blob") => false,
        _ => true,
    }
}

/// Whether the page loads such an icon: the same forms as `getIcon` of the labextension.
fn is_loaded_icon(icon: &str) -> bool {
    let is_word = |text: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        !text.is_empty() && text.chars().all(is_part)
    };
    let has_blank = icon.contains(char::is_whitespace);
    let of_jupyterlab = icon.split_once(':');
    let file = icon.rsplit_once('.');
    (icon.starts_with('/') && !icon.starts_with("//") && !icon.starts_with("/\\") && !has_blank)
        || (icon.starts_with("data:image/") && !has_blank)
        || of_jupyterlab.is_some_and(|(package, name)| is_word(package) && is_word(name))
        || (!icon.contains(['/', '\\', ':', '?', '#'])
            && file.is_some_and(|(name, suffix)| !name.is_empty() && is_word(suffix)))
}

/// Whether a path stays below what its card opens.
fn is_safe_path(path: &str) -> bool {
    scheme(path).is_none()
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path
            .split(['?', '#'])
            .next()
            .is_some_and(|path| path.split('/').any(|part| part == ".."))
}

/// The scheme of an address, in lower case; none for a path.
fn scheme(address: &str) -> Option<String> {
    let (scheme, _) = address.split_once(':')?;
    let is_scheme = !scheme.contains(['/', '?', '#']);
    is_scheme.then(|| scheme.trim().to_ascii_lowercase())
}
