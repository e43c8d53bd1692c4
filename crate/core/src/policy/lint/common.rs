//! Checks that several parts of a policy share.

use std::collections::HashMap;

use super::cursor::Cursor;
use super::reporter::Reporter;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::time::TimeSpec;

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

/// Checks `from` and `until` of a rule or grant.
pub fn check_window(reporter: &mut Reporter, item: &Cursor) {
    let time = |key| {
        let text = item.text(key)?;
        TimeSpec::parse(text).ok()
    };
    let (from, until) = (time("from"), time("until"));
    let (Some(until), Some(cursor)) = (until, item.get("until")) else {
        return;
    };
    let now_ms = reporter.options.now_ms;
    if from.is_some_and(|from| until.end_ms() <= from.start_ms()) {
        reporter.report(
            DiagnosticCode::NEVER_OPENS,
            &cursor,
            "This window ends before it begins, so it never opens.",
            "Write an `until` after `from`.",
        );
    } else if now_ms.is_some_and(|now_ms| until.end_ms() <= now_ms) {
        reporter.report(
            DiagnosticCode::OVER,
            &cursor,
            format!("This ended on {}.", until.as_str()),
            "Delete it, or write a later `until`.",
        );
    }
}

/// Whether Jupyter accepts a kernelspec of this name; follows `jupyter_client.kernelspec`.
pub fn is_kernel_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.chars().all(allowed)
}
