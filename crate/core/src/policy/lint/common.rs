//! Checks that several parts of a policy share.

use std::collections::HashMap;

use super::cursor::Cursor;
use super::reporter::Reporter;
use crate::error::Error;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::time::{TimeOfDay, TimeSpec, TimeZoneSpec, Weekday, Weekly, Window};

/// Reports items of a list that have the same name as an earlier one.
pub fn check_unique(reporter: &mut Reporter, what: &str, items: &[Cursor], key: &str) {
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for item in items {
        let Some(cursor) = item.get(key) else {
            continue;
        };
        let Some(name) = cursor.node.text() else {
            continue;
        };
        if let Some(line) = lines.get(name) {
            reporter.report(
                DiagnosticCode::DUPLICATE_ID,
                &cursor,
                format!(
                    "Duplicate {what} {}; first defined on line {line}.",
                    quoted(name)
                ),
                "Give each its own name.",
            );
        } else {
            lines.insert(name, cursor.node.span.line);
        }
    }
}

/// Checks `from`, `until` and `weekly` of a rule, card or grant. `zone` is the policy's.
///
/// Returns whether the window never opens.
pub fn check_window(reporter: &mut Reporter, item: &Cursor, zone: Option<&TimeZoneSpec>) -> bool {
    for key in ["from", "until"] {
        if let Some(cursor) = item.get(key) {
            report_missing_zone(reporter, &cursor, zone);
        }
    }
    for weekly in item.items_of("weekly") {
        check_weekly(reporter, &weekly);
    }
    let time = |key| {
        let text = item.text(key)?;
        TimeSpec::parse(text).ok()
    };
    let (from, until) = (time("from"), time("until"));
    let (Some(until), Some(cursor)) = (until, item.get("until")) else {
        return false;
    };
    let now_ms = reporter.options.now_ms;
    let utc = TimeZoneSpec::default();
    let window = Window::new(from.as_ref(), Some(&until), &[], zone.unwrap_or(&utc));
    let never_opens = window.never_opens();
    if never_opens {
        reporter.report(
            DiagnosticCode::NEVER_OPENS,
            &cursor,
            "This window does not end after it begins, so it never opens.",
            "Write an `until` after `from`.",
        );
    } else if now_ms.is_some_and(|now_ms| window.is_over(now_ms)) {
        reporter.report(
            DiagnosticCode::OVER,
            &cursor,
            format!("This ended on {}.", until.as_str()),
            "Delete it, or write a later `until`.",
        );
    }
    never_opens
}

/// Reports a time without a zone in a policy without one.
fn report_missing_zone(reporter: &mut Reporter, cursor: &Cursor, zone: Option<&TimeZoneSpec>) {
    let needs_zone = |text| TimeSpec::parse(text).is_ok_and(|time| time.needs_zone());
    if let Some(text) = cursor.node.text()
        && zone.is_none()
        && needs_zone(text)
    {
        reporter.report(
            DiagnosticCode::BAD_TIME,
            cursor,
            format!("{} has no time zone.", quoted(text)),
            format!(
                "Add `timezone: Europe/Berlin` (yours) at the top of the policy, or write the offset, such as \
                 `{}+01:00`.",
                text.replace(' ', "T")
            ),
        );
    }
}

/// Reports a weekly time whose keys do not fit together.
fn check_weekly(reporter: &mut Reporter, weekly: &Cursor) {
    let is_time = |key| {
        let text = weekly.text(key);
        text.is_some_and(|text| TimeOfDay::parse(text).is_ok())
    };
    // What is wrong with one key alone was reported by the schema.
    let days = weekly.items_of("days");
    let is_day = |day: &Cursor| {
        let mut days = Weekday::ALL.iter();
        days.any(|known| day.node.text() == Some(known.as_str()))
    };
    let has_days = !days.is_empty() && days.iter().all(is_day);
    let is_well_formed = has_days && is_time("from") && is_time("until");
    let json = weekly.node.to_json();
    if is_well_formed && let Err(error) = serde_json::from_value::<Weekly>(json) {
        let error = Error::new("bad-time", error.to_string());
        reporter.report_error(DiagnosticCode::BAD_TIME, weekly, &error);
    }
}

/// Whether Jupyter accepts a kernelspec of this name; follows `jupyter_client.kernelspec`.
pub fn is_kernel_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.chars().all(allowed)
}

/// A name that a glob is likely to match if it matches any: what may vary is `run`.
pub fn example_of(glob: &str, run: &str) -> String {
    let mut name = String::new();
    let mut rest = glob.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' => {
                // Two stars are one run.
                let after = rest.as_str().trim_start_matches('*');
                rest = after.chars();
                name.push_str(run);
            }
            '?' => name.push('x'),
            '\\' => name.extend(rest.next()),
            '[' => name.push(class_member(&mut rest)),
            _ => name.push(c),
        }
    }
    name
}

/// A character that the class matches whose `[` was read; reads up to its `]`.
fn class_member(rest: &mut std::str::Chars) -> char {
    let mut inside: Vec<char> = Vec::new();
    while let Some(c) = rest.next() {
        match c {
            ']' => break,
            '\\' => inside.extend(rest.next()),
            _ => inside.push(c),
        }
    }
    match inside.as_slice() {
        // A name is unlikely to have this character, so a negated class is likely to match it.
        ['!' | '^', ..] | [] => '~',
        [first, ..] => *first,
    }
}
