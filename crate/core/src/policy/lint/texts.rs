//! Texts of a policy: characters that nobody sees, and languages.

use super::cursor::Cursor;
use super::reporter::Reporter;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::document::{is_language_tag, normalize_language};

/// Keys whose texts may have more than one line.
const LONG_TEXTS: [&str; 2] = ["message", "description"];

/// Reports control characters, and characters that change the direction of text.
pub fn check(reporter: &mut Reporter, root: &Cursor) {
    check_value(reporter, root, false);
}

/// Checks the languages of a text that may be written in several.
pub fn check_languages(reporter: &mut Reporter, item: &Cursor, key: &str) {
    let mut seen: Vec<String> = Vec::new();
    for (entry, value) in item.get(key).iter().flat_map(Cursor::entries) {
        let normalized = normalize_language(&entry.key);
        if !is_language_tag(&entry.key) {
            reporter.report_key(
                DiagnosticCode::BAD_LANGUAGE,
                entry,
                &value,
                format!("{} is not a language tag.", quoted(&entry.key)),
                "Write a tag such as `en`, `de` or `pt-BR`.",
            );
        } else if seen.contains(&normalized) {
            reporter.report_key(
                DiagnosticCode::BAD_LANGUAGE,
                entry,
                &value,
                format!(
                    "The language {} is here already, written differently.",
                    quoted(&entry.key)
                ),
                "Delete one of the two texts.",
            );
        }
        seen.push(normalized);
    }
}

/// A source is not deeper than [`MAX_SOURCE_DEPTH`](crate::policy::source), and so is this recursion.
fn check_value(reporter: &mut Reporter, cursor: &Cursor, may_have_lines: bool) {
    if let Some(text) = cursor.node.text() {
        report_invisible(reporter, cursor, text, may_have_lines);
    }
    for item in cursor.items() {
        check_value(reporter, &item, may_have_lines);
    }
    for (entry, value) in cursor.entries() {
        report_invisible(reporter, &value, &entry.key, false);
        check_value(reporter, &value, LONG_TEXTS.contains(&entry.key.as_str()));
    }
}

fn report_invisible(reporter: &mut Reporter, cursor: &Cursor, text: &str, may_have_lines: bool) {
    let is_line = |c| may_have_lines && matches!(c, '\n' | '\r' | '\t');
    let found = text.chars().find(|&c| is_invisible(c) && !is_line(c));
    if let Some(c) = found {
        reporter.report(
            DiagnosticCode::INVISIBLE_CHARACTERS,
            cursor,
            format!(
                "This text has the character U+{:04X}, which nobody sees.",
                u32::from(c)
            ),
            "Delete it: people read another text than the one that is compared.",
        );
    }
}

/// Whether a character is a control character, sets the direction of text (Unicode's `Bidi_Control`), or has no width.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}
