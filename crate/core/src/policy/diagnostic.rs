//! Diagnostics: what is wrong with a policy, where, and what to write instead.

use serde::Serialize;

use super::span::SourceSpan;

/// Whether a diagnostic refuses the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The policy is refused; a running server keeps the last good one.
    Error,
    /// The policy is used, but it probably does not do what was meant.
    Warning,
}

/// A kind of diagnostic. A code never changes its meaning. `docs/reference/lint.md` shows an example of each, and
/// how to correct it; a test compares that page with this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DiagnosticCode {
    /// `SL` and three digits.
    pub id: &'static str,
    /// Whether such a diagnostic refuses the policy.
    pub severity: Severity,
    /// What is wrong, in a few words: the heading in `docs/reference/lint.md`.
    pub title: &'static str,
}

macro_rules! codes {
    ($($severity:ident { $($name:ident = $id:literal $title:literal;)* })*) => {
        impl DiagnosticCode {
            $($(
                #[doc = concat!($title, ".")]
                pub const $name: Self = Self {
                    id: $id,
                    severity: Severity::$severity,
                    title: $title,
                };
            )*)*

            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];
        }
    };
}

codes! {
    Error {
        TOO_LARGE = "SL001" "The file is too large";
        NOT_UTF8 = "SL002" "The file is not UTF-8";
        CONTROL_CHARACTER = "SL003" "A control character";
        SYNTAX = "SL004" "Neither YAML nor JSON";
        TOO_DEEP = "SL005" "Nested too deep";
        TOO_MANY_VALUES = "SL006" "Too many values";
        DUPLICATE_KEY = "SL007" "Duplicate key";
        KEY_NOT_TEXT = "SL008" "A key that is not text";
        NOT_ONE_DOCUMENT = "SL009" "No document, or more than one";
        YAML_TAG = "SL010" "A YAML tag";
        ALIAS_IN_ITSELF = "SL011" "An alias within its own value";

        UNKNOWN_KEY = "SL101" "Unknown key";
        WRONG_TYPE = "SL102" "Wrong type";
        MISSING_KEY = "SL103" "Missing key";
        WRONG_VALUE = "SL104" "A value that is not allowed";
        EMPTY = "SL105" "Empty value";
        NOT_ONE_OF = "SL106" "Not exactly one of several keys";
        BAD_DURATION = "SL107" "Not a duration";
        BAD_TIME = "SL108" "Not a date or time";
        BAD_GLOB = "SL109" "A name or glob that is too long";
        BAD_PLACEHOLDER = "SL110" "Not a placeholder";
        BAD_CONTACT = "SL111" "Not a contact address";
        BAD_NAME = "SL112" "Not a valid name";
        BAD_PATH = "SL113" "Not a safe path or address";
        BAD_TIMEZONE = "SL114" "Not a time zone";
        BAD_LANGUAGE = "SL115" "Not a language";

        DUPLICATE_ID = "SL201" "Duplicate name";
        KERNEL_CYCLE = "SL202" "A kernel that depends on itself";

        UNKNOWN_SCOPE = "SL301" "A scope that does not exist";
        BAD_FILTER = "SL302" "A filter that does not exist or has no name";
        GLOB_IN_SCOPE = "SL303" "A glob in a scope";
        CUSTOM_SCOPE_NAME = "SL304" "A bad name of a custom scope";
        CUSTOM_SCOPE_CLASH = "SL305" "A custom scope named like one of the Hub's";
        BAD_SUBSCOPE = "SL306" "A bad subscope";
        FIXED_ROLE = "SL307" "A role that cannot be changed";
        GROUP_TAKEOVER = "SL308" "A role that gives access to all servers through a group";

        DEFAULT_SERVERS = "SL401" "A grant that reaches default servers";
    }
    Warning {
        RULE_WITHOUT_CONDITION = "SL501" "A rule without a condition";
        NEVER_MATCHES = "SL502" "A glob that matches nothing";
        POINTLESS_RULE = "SL503" "A rule that changes nothing beside another rule";
        NEVER_OPENS = "SL504" "A window that never opens";
        OVER = "SL505" "A window that has ended";
        UNKNOWN_GROUP = "SL506" "An unknown group";
        NOT_GRANTED = "SL507" "A scope that no role grants";
        CONSTANT = "SL508" "A condition that always or never holds";
        UNKNOWN_KERNEL = "SL509" "A kernel whose name may be misspelled";
        INEFFECTIVE_ROLE = "SL510" "A role that changes nothing";
        USER_WITHOUT_SELF = "SL511" "The role `user` without `self`";
        INEFFECTIVE_FILTER = "SL512" "A filter without effect";
        GRANT_WITHOUT_RECIPIENTS = "SL513" "A grant without recipients";
        ALL_HIDDEN = "SL514" "Every card is hidden";
        ODD_TIMING = "SL515" "Refresh and expiry that do not fit";
        RELATIVE_PATH = "SL516" "A relative kernel directory";
        NOT_A_GLOB = "SL517" "A name that cannot be read as a glob";
        BOTH_MUST_HOLD = "SL518" "Two rules of which both must hold";
        HIDDEN_OUTSIDE_WINDOW = "SL519" "Cards that are hidden from everybody outside a window";
        NARROWED_MATCH = "SL520" "A match that both keys narrow";
        HARDLY_MATCHES = "SL521" "A name that hardly matches";
        NAMED_BY_ANYBODY = "SL522" "A grant of servers that anybody may name so";
        INVISIBLE_CHARACTERS = "SL523" "Invisible characters in a text";
        ICON_NOT_LOADED = "SL524" "An icon that is not loaded";
    }
}

/// One thing that is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Whether it refuses the policy.
    pub severity: Severity,
    /// A stable code, `SL` and three digits.
    pub code: &'static str,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// The file's name, as the caller gave it.
    pub file: String,
    /// Where the span begins and ends.
    #[serde(flatten)]
    pub span: SourceSpan,
    /// The keys that lead there, like `rules[2].show_when.group`; empty for the whole document.
    pub path: String,
}

/// Quotes text of the policy for a message: shortened, and without characters that a terminal
/// would obey.
#[must_use]
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(
            DiagnosticCode::ALL
                .windows(2)
                .all(|two| two[0].id < two[1].id)
        );
    }

    #[test]
    fn quoting_shortens_and_replaces_control_characters() {
        assert_eq!(quoted("a\u{1b}[31m"), "`a\u{fffd}[31m`");
        assert_eq!(quoted(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
    }
}
