//! What lint says: diagnostics with a stable code, a span and a mend.

use serde::Serialize;

use super::span::SourceSpan;

/// Whether a diagnostic refuses the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The policy is refused; a running server keeps the last good one.
    Error,
    /// The policy is used; somebody should look.
    Warning,
}

/// A kind of diagnostic. Codes are stable: a code keeps its meaning for ever, and `docs/lint.md`
/// shows an example and the mend of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DiagnosticCode {
    /// `SL` and three digits.
    pub id: &'static str,
    /// Whether such a diagnostic refuses the policy.
    pub severity: Severity,
}

macro_rules! codes {
    ($($severity:ident { $($(#[$doc:meta])* $name:ident = $id:literal;)* })*) => {
        impl DiagnosticCode {
            $($($(#[$doc])* pub const $name: Self = Self { id: $id, severity: Severity::$severity };)*)*

            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];
        }
    };
}

codes! {
    Error {
        /// The file is larger than [`super::source::MAX_BYTES`].
        TOO_LARGE = "SL001";
        /// The file is not UTF-8.
        NOT_UTF8 = "SL002";
        /// NUL or another control character.
        CONTROL_CHARACTER = "SL003";
        /// Neither YAML nor JSON can be read here.
        SYNTAX = "SL004";
        /// Deeper than [`super::source::MAX_SOURCE_DEPTH`].
        TOO_DEEP = "SL005";
        /// More values than [`super::source::MAX_WEIGHT`], aliases counted in full.
        TOO_MANY_VALUES = "SL006";
        /// One mapping has the same key twice.
        DUPLICATE_KEY = "SL007";
        /// A key that is not text.
        KEY_NOT_TEXT = "SL008";
        /// No document, or several.
        NOT_ONE_DOCUMENT = "SL009";
        /// A YAML tag that the policy language does not have.
        YAML_TAG = "SL010";
        /// An alias inside of what it names.
        ALIAS_IN_ITSELF = "SL011";

        /// A key that the language does not have.
        UNKNOWN_KEY = "SL101";
        /// A value of the wrong type.
        WRONG_TYPE = "SL102";
        /// A key that must be there.
        MISSING_KEY = "SL103";
        /// A value that is not one of those allowed.
        WRONG_VALUE = "SL104";
        /// Text, a condition or a match without content.
        EMPTY = "SL105";
        /// Two keys of which only one may be there, or none of two.
        NOT_ONE_OF = "SL106";
        /// Not a duration.
        BAD_DURATION = "SL107";
        /// Not a date or time, or a time without a zone.
        BAD_TIME = "SL108";
        /// Not a glob.
        BAD_GLOB = "SL109";
        /// A brace that is no placeholder, or a placeholder outside a filter.
        BAD_PLACEHOLDER = "SL110";
        /// A contact that is neither a mail address nor a web address.
        BAD_CONTACT = "SL111";
        /// A name that the Hub or Jupyter refuses.
        BAD_NAME = "SL112";
        /// A path or address that a card or kernel must not have.
        BAD_PATH = "SL113";

        /// Two rules, cards, grants, roles or kernels of one name.
        DUPLICATE_ID = "SL201";
        /// A kernel whose card depends on itself.
        KERNEL_CYCLE = "SL202";

        /// A scope that does not exist.
        UNKNOWN_SCOPE = "SL301";
        /// A filter that the Hub does not have, or one without a name.
        BAD_FILTER = "SL302";
        /// A glob in a filter, which the Hub takes literally.
        GLOB_IN_SCOPE = "SL303";
        /// A custom scope whose name the Hub refuses.
        CUSTOM_SCOPE_NAME = "SL304";
        /// A custom scope with the name of one of the Hub's own.
        CUSTOM_SCOPE_CLASH = "SL305";
        /// A subscope that is not a custom scope of this policy, or leads into a cycle.
        BAD_SUBSCOPE = "SL306";
        /// A role that the Hub does not let anybody redefine.
        FIXED_ROLE = "SL307";
        /// A role that may put anybody into a group and open the servers of its members.
        GROUP_TAKEOVER = "SL308";

        /// A grant that reaches default servers.
        DEFAULT_SERVERS = "SL401";
    }
    Warning {
        /// A rule with neither `show_when` nor `hide_when`.
        RULE_WITHOUT_SAY = "SL501";
        /// A selector or kernel name that nothing can match.
        NEVER_MATCHES = "SL502";
        /// A rule that another one makes pointless.
        SHADOWED = "SL503";
        /// A window that ends before it begins.
        NEVER_OPENS = "SL504";
        /// A window that is over.
        OVER = "SL505";
        /// A group that neither the Hub nor a role knows.
        UNKNOWN_GROUP = "SL506";
        /// A custom scope that a condition asks for and no role grants.
        NOT_GRANTED = "SL507";
        /// A condition that always or never holds, whoever asks.
        CONSTANT = "SL508";
        /// A kernel that is spelled nearly as another one.
        UNKNOWN_KERNEL = "SL509";
        /// A role that grants nothing, or to nobody.
        IDLE_ROLE = "SL510";
        /// A role `user` that takes from users what they need.
        USER_WITHOUT_SELF = "SL511";
        /// A filter that this scope does not look at.
        IDLE_FILTER = "SL512";
        /// A grant to nobody.
        GRANT_TO_NOBODY = "SL513";
        /// Every card is hidden.
        ALL_HIDDEN = "SL514";
        /// A refresh that burdens the Hub, or facts that close before the next refresh.
        ODD_TIMING = "SL515";
        /// A kernel directory that is not absolute.
        RELATIVE_PATH = "SL516";
    }
}

/// One thing that lint has to say about a policy.
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
    fn quoting_shortens_and_disarms() {
        assert_eq!(quoted("a\u{1b}[31m"), "`a\u{fffd}[31m`");
        assert_eq!(quoted(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
    }
}
