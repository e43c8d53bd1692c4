//! The cards that a policy adds.

use super::common::check_unique;
use super::cursor::Cursor;
use super::reporter::Reporter;
use super::selectors;
use crate::policy::card::Kind;
use crate::policy::diagnostic::DiagnosticCode;

/// Checks `cards`.
pub fn check(reporter: &mut Reporter, root: &Cursor) {
    let cards = root.items_of("cards");
    check_unique(reporter, "card", &cards, "id");
    for card in &cards {
        check_card(reporter, card);
    }
}

fn check_card(reporter: &mut Reporter, card: &Cursor) {
    match (card.get("service"), card.get("servers")) {
        (None, None) => reporter.report(
            DiagnosticCode::NOT_ONE_OF,
            card,
            "This card opens nothing.",
            "Add `service: NAME`, or `servers: GLOB` for one card for each server.",
        ),
        (Some(_), Some(servers)) => reporter.report(
            DiagnosticCode::NOT_ONE_OF,
            &servers,
            "A card opens a service or servers, not both.",
            "Write two cards.",
        ),
        (_, Some(servers)) => selectors::check(reporter, &servers, Kind::Server.as_str()),
        (Some(_), None) => {}
    }
    if let Some(icon) = card.get("icon")
        && icon.node.text().is_some_and(|icon| !is_safe_icon(icon))
    {
        reporter.report(
            DiagnosticCode::BAD_PATH,
            &icon,
            "An icon cannot have such an address.",
            "Write a file name, a path, or an address with `https:` or `data:image/`.",
        );
    }
    if let Some(path) = card.get("path")
        && path.node.text().is_some_and(|path| !is_safe_path(path))
    {
        reporter.report(
            DiagnosticCode::BAD_PATH,
            &path,
            "This path may lead out of the service or server of its card.",
            "Write a path below it, such as `tree/week1`.",
        );
    }
}

/// Whether an icon is a file, a path, or an address that cannot run anything.
fn is_safe_icon(icon: &str) -> bool {
    match scheme(icon).as_deref() {
        None | Some("http" | "https") => true,
        Some("data") => icon.to_ascii_lowercase().starts_with("data:image/"),
        Some(_) => false,
    }
}

/// Whether a path stays below the service or server of its card.
fn is_safe_path(path: &str) -> bool {
    scheme(path).is_none()
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.split(['/', '?', '#']).any(|part| part == "..")
}

/// The scheme of an address, in lower case; none for a path.
fn scheme(address: &str) -> Option<String> {
    let (scheme, _) = address.split_once(':')?;
    let is_scheme = !scheme.contains(['/', '?', '#']);
    is_scheme.then(|| scheme.trim().to_ascii_lowercase())
}
