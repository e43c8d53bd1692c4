//! The words of explanations in one language.

use std::collections::HashMap;

use serde::Deserialize;

use super::codes::{ExplanationCode, Part, PartKind};

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
        let (before, after) = text.split_once("{}").unwrap_or((text, ""));
        let value = if text.contains("{}") { value } else { "" };
        for piece in [before, value, after] {
            out.push_str(piece);
        }
    }
}
