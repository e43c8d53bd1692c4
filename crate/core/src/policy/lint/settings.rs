//! The settings of a whole policy: timing, sections, `default`, and who learns more.

use super::common::check_unique;
use super::conditions;
use super::cursor::Cursor;
use super::names::NameTable;
use super::reporter::Reporter;
use crate::policy::diagnostic::DiagnosticCode;
use crate::policy::source::SourceValue;
use crate::policy::time::Duration;

/// A shorter `refresh` is reported.
const MIN_REFRESH_MS: u64 = 1_000;

/// Checks `preview`, `list_hidden`, `refresh`, `max_stale`, `sections` and `default`.
pub fn check(reporter: &mut Reporter, root: &Cursor, names: &NameTable) {
    for key in ["preview", "list_hidden"] {
        if let Some(condition) = root.get(key) {
            conditions::check(reporter, &condition, names);
        }
    }
    check_unique(reporter, "section", &root.items_of("sections"), "category");
    check_timing(reporter, root);
    check_default(reporter, root);
}

fn check_timing(reporter: &mut Reporter, root: &Cursor) {
    let refresh = duration(root, "refresh");
    let max_stale = duration(root, "max_stale");
    if let Some((cursor, refresh_ms)) = &refresh
        && *refresh_ms < MIN_REFRESH_MS
    {
        reporter.report(
            DiagnosticCode::ODD_TIMING,
            cursor,
            "Each open launcher would ask the Hub more than once a second.",
            "Write at least `1s`.",
        );
    }
    if let (Some((_, refresh_ms)), Some((cursor, max_stale_ms))) = (refresh, max_stale)
        && max_stale_ms < refresh_ms
    {
        reporter.report(
            DiagnosticCode::ODD_TIMING,
            &cursor,
            "The context would expire before the next refresh, and governed cards would disappear.",
            "Write a `max_stale` that is longer than `refresh`.",
        );
    }
}

/// The duration of a key in milliseconds, and where it is; none if it is no duration.
fn duration<'a>(root: &Cursor<'a>, key: &str) -> Option<(Cursor<'a>, u64)> {
    let cursor = root.get(key)?;
    let duration = match &cursor.node.value {
        SourceValue::Text(text) => Duration::parse(text).ok(),
        SourceValue::Number(number) => number.as_f64().and_then(Duration::from_seconds),
        _ => None,
    };
    Some((cursor, duration?.ms()))
}

fn check_default(reporter: &mut Reporter, root: &Cursor) {
    let rules = root.items_of("rules");
    let cards = root.items_of("cards");
    let mut rules = rules.iter().chain(&cards);
    if let Some(default) = root.get("default")
        && default.node.text() == Some("hide")
        && !rules.any(|rule| rule.node.get("show_when").is_some())
    {
        reporter.report(
            DiagnosticCode::ALL_HIDDEN,
            &default,
            "Every card is hidden: no rule shows one.",
            "Add rules with `show_when`, or write `default: show`.",
        );
    }
}
