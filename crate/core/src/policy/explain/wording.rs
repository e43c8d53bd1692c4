//! The words of explanations in one language.

use std::collections::HashMap;

use serde::Deserialize;

use super::codes::{ExplanationCode, Part, PartKind};

/// The words of windows.
const WINDOW_WORDS: [ExplanationCode; 11] = [
    ExplanationCode::WindowOn,
    ExplanationCode::WindowFrom,
    ExplanationCode::WindowUntil,
    ExplanationCode::Or,
    ExplanationCode::Monday,
    ExplanationCode::Tuesday,
    ExplanationCode::Wednesday,
    ExplanationCode::Thursday,
    ExplanationCode::Friday,
    ExplanationCode::Saturday,
    ExplanationCode::Sunday,
];

/// The language of explanations: texts for their codes, and which of the policy's own texts are taken.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Wording {
    /// By the name of a code; `{}` stands for the part's value. A code that is missing is in English.
    pub texts: HashMap<String, String>,
    /// A language tag, such as `de`. Empty: English.
    pub language: String,
}

impl Wording {
    /// The text of a code, with `{}` for the part's value.
    fn text(&self, code: ExplanationCode) -> &str {
        let text = self.texts.get(code.as_str());
        text.map_or(code.text(), String::as_str)
    }

    /// The parts of an explanation as one sentence.
    pub(super) fn sentence(&self, parts: &[Part]) -> String {
        let mut out = String::new();
        for part in parts {
            match part.code.kind() {
                PartKind::Fact => out.push_str("; "),
                PartKind::Audience
                    if part.code != ExplanationCode::Close && !out.ends_with('(') =>
                {
                    out.push(' ');
                }
                _ => {}
            }
            self.push(&mut out, part.code, &part.value);
        }
        out.push('.');
        out
    }

    /// Appends the text of a code with its value.
    pub(super) fn push(&self, out: &mut String, code: ExplanationCode, value: &str) {
        let text = self.text(code);
        let Some((before, after)) = text.split_once("{}") else {
            out.push_str(text);
            return;
        };
        out.push_str(before);
        match code {
            ExplanationCode::ShownOnlyDuring | ExplanationCode::Window => {
                self.push_window(out, value);
            }
            _ => out.push_str(value),
        }
        out.push_str(after);
    }

    /// Appends a window, as [`describe_window`](crate::policy::time::describe_window) has it in English. Its words are separated by
    /// spaces, and none of them is a text of the policy's author but the names of times and of a time zone.
    fn push_window(&self, out: &mut String, window: &str) {
        for (count, word) in window.split(' ').enumerate() {
            if count > 0 {
                out.push(' ');
            }
            let (word, comma) = word
                .strip_suffix(',')
                .map_or((word, ""), |listed| (listed, ","));
            let code = WINDOW_WORDS.iter().find(|code| code.text() == word);
            out.push_str(code.map_or(word, |&code| self.text(code)));
            out.push_str(comma);
        }
    }
}
