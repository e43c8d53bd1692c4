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
                format!("{} is not a language.", quoted(&entry.key)),
                "Write a language tag, such as `en`, `de` or `pt-BR`.",
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
        // The texts below it, too, where it is written in several languages.
        let may_have_lines = may_have_lines || LONG_TEXTS.contains(&entry.key.as_str());
        check_value(reporter, &value, may_have_lines);
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

#[cfg(test)]
mod tests {
    use crate::policy::lint::{LintOptions, check};

    /// The codes for a card with these keys, and where they are found.
    fn found(card: &str) -> Vec<(&'static str, String)> {
        let text = format!("version: 1\ncards:\n  - {{id: c, page: p, {card}}}\n");
        let diagnostics =
            check(text.as_bytes(), "policy.yaml", &LintOptions::default()).diagnostics;
        diagnostics
            .into_iter()
            .map(|found| (found.code, found.path))
            .collect()
    }

    #[test]
    fn each_language_is_a_tag_and_comes_once() {
        for (card, expected) in [
            ("title: {en: T, de: T, pt-BR: T, zh_Hant_TW: T}", vec![]),
            ("title: {en: 'a {name}', de: '{owner}'}", vec![]),
            (
                "title: {german: T}",
                vec![("SL115", "cards[0].title.german")],
            ),
            ("title: {cz: T}", vec![("SL115", "cards[0].title.cz")]),
            ("title: {d: T}", vec![("SL115", "cards[0].title.d")]),
            (
                "title: {en: T, 'de DE': T}",
                vec![("SL115", "cards[0].title[\"de DE\"]")],
            ),
            (
                "title: {de-AT: T, en: T, de_at: T}",
                vec![("SL115", "cards[0].title.de_at")],
            ),
            (
                "title: T, description: {EN: T, en: T}",
                vec![("SL115", "cards[0].description.en")],
            ),
            (
                "title: T, locked: true, message: {'': T}",
                vec![("SL115", "cards[0].message[\"\"]")],
            ),
            ("title: {}", vec![("SL105", "cards[0].title")]),
            ("title: {en: ''}", vec![("SL105", "cards[0].title.en")]),
            ("title: {en: 1}", vec![("SL102", "cards[0].title.en")]),
            ("title: [T]", vec![("SL102", "cards[0].title")]),
            (
                "title: {en: T, de: '{nme}'}",
                vec![("SL110", "cards[0].title.de")],
            ),
        ] {
            let found = found(&format!("show_when: {{admin: true}}, {card}"));
            let found: Vec<_> = found.iter().map(|(code, path)| (*code, &**path)).collect();
            assert_eq!(found, expected, "{card}");
        }
    }

    #[test]
    fn only_long_texts_have_lines() {
        for key in ["title", "description", "message"] {
            for text in [r#""a\nb""#, r#"{en: "a\nb"}"#] {
                let found = found(&format!("show_when: {{admin: true}}, {key}: {text}"));
                assert_eq!(found.len(), usize::from(key == "title"), "{key} {found:?}");
            }
        }
    }
}
