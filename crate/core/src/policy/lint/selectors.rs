//! Selectors: a glob, a list of globs, or `{include, except}`.

use super::cursor::Cursor;
use super::reporter::Reporter;
use crate::policy::card::Kind;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::document::MatchKey;
use crate::policy::glob::{Glob, NameKind, is_glob};
use crate::policy::index::CompiledSelector;
use crate::policy::source::SourceValue;

/// The globs of a selector.
pub struct SelectorNodes<'a> {
    /// Alternatives.
    pub include: Vec<Cursor<'a>>,
    /// Exceptions.
    pub except: Vec<Cursor<'a>>,
}

impl<'a> SelectorNodes<'a> {
    /// The globs of a selector of any form; what is not text is left out.
    pub fn new(selector: &Cursor<'a>) -> Self {
        let globs_of = |key| selector.get(key).iter().flat_map(one_or_more).collect();
        let mut globs = match &selector.node.value {
            SourceValue::Map(_) => Self {
                include: globs_of("include"),
                except: globs_of("except"),
            },
            _ => Self {
                include: one_or_more(selector),
                except: Vec::new(),
            },
        };
        globs.include.retain(|glob| glob.node.text().is_some());
        globs.except.retain(|glob| glob.node.text().is_some());
        globs
    }

    /// The selector.
    pub fn compile(&self, names: NameKind) -> CompiledSelector {
        CompiledSelector::from_globs(compile(&self.include, names), compile(&self.except, names))
    }

    /// All globs.
    pub fn iter(&self) -> impl Iterator<Item = &Cursor<'a>> {
        self.include.iter().chain(&self.except)
    }
}

/// The items of a list, or the value itself.
pub fn one_or_more<'a>(cursor: &Cursor<'a>) -> Vec<Cursor<'a>> {
    match cursor.node.value {
        SourceValue::List(_) => cursor.items().collect(),
        _ => vec![cursor.clone()],
    }
}

/// Compiles globs.
pub fn compile(globs: &[Cursor], names: NameKind) -> Vec<Glob> {
    let texts = globs.iter().filter_map(|glob| glob.node.text());
    texts.map(|text| Glob::selecting(text, names)).collect()
}

/// How the names are compared that a selector of this kind looks at.
pub fn name_kind(kind: &str) -> NameKind {
    let mut keys = MatchKey::ALL.iter();
    let key = keys.find(|key| key.as_str() == kind);
    key.map_or(NameKind::Text, |key| key.name_kind())
}

/// Whether a key of `match` names a kind of card.
pub fn is_kind(key: &str) -> bool {
    Kind::ALL.iter().any(|kind| kind.as_str() == key)
}

/// Whether a glob matches everything that a selector of this kind of name looks at.
pub fn matches_every(kind: &str, glob: &str) -> bool {
    // In the names of servers `*` stops at the slash.
    glob == "**" || (glob == "*" && name_kind(kind) != NameKind::Server)
}

/// Reports a selector, and globs in it, that nothing can match.
///
/// `kind` says what names the selector looks at: a key of `match` or of a condition.
pub fn check(reporter: &mut Reporter, selector: &Cursor, kind: &str) {
    let globs = SelectorNodes::new(selector);
    let list = selector.get("include").unwrap_or_else(|| selector.clone());
    if matches!(&list.node.value, SourceValue::List(items) if items.is_empty()) {
        reporter.report(
            DiagnosticCode::NEVER_MATCHES,
            &list,
            "An empty list matches nothing.",
            "Write at least one name or glob; `**` matches everything.",
        );
    }
    for glob in &globs.include {
        report_excepted(reporter, glob, &globs.except, kind);
    }
    for glob in globs.iter() {
        report_impossible(reporter, glob, kind);
        report_literal(reporter, glob, kind);
    }
}

/// Reports a text that cannot be read as a glob, although it has characters of one.
fn report_literal(reporter: &mut Reporter, glob: &Cursor, kind: &str) {
    let Some(text) = glob.node.text() else { return };
    if let Err(error) = Glob::new(text, name_kind(kind))
        && Glob::check_length(text).is_ok()
    {
        let (what, instead) = error
            .message
            .split_once(": ")
            .unwrap_or((&error.message, ""));
        let what = what.strip_prefix("the glob ").unwrap_or(what);
        reporter.report(
            DiagnosticCode::NOT_A_GLOB,
            glob,
            format!(
                "{} {what}, so it selects only the name that equals it.",
                quoted(text)
            ),
            format!("If that is meant, nothing is to do. In a glob, {instead}."),
        );
    }
}

/// Reports a glob all of whose names an exception takes away.
fn report_excepted(reporter: &mut Reporter, glob: &Cursor, exceptions: &[Cursor], kind: &str) {
    let Some(text) = glob.node.text() else { return };
    let exception = exceptions.iter().find(|exception| {
        let Some(exception) = exception.node.text() else {
            return false;
        };
        let matches = || Glob::selecting(exception, name_kind(kind)).matches(text);
        exception == text
            || matches_every(kind, exception)
            || (!is_glob(text) && reporter.may_compare(1) && matches())
    });
    if let Some(exception) = exception {
        let line = exception.node.span.line;
        reporter.report(
            DiagnosticCode::NEVER_MATCHES,
            glob,
            format!(
                "`except` on line {line} excludes everything that {} matches.",
                quoted(text)
            ),
            "Delete one of the two.",
        );
    }
}

/// Reports a glob that no name of its kind matches.
fn report_impossible(reporter: &mut Reporter, glob: &Cursor, kind: &str) {
    let Some(text) = glob.node.text().filter(|text| !text.is_empty()) else {
        return;
    };
    let help = if kind == Kind::Server.as_str() {
        let may_have_slash = text.contains(['/', '[']) || text.contains("**");
        (!may_have_slash).then(|| {
            format!(
                "Servers are matched as `owner/name`: write `*/{text}`, or `{text}/*` for an owner."
            )
        })
    } else if kind == Kind::Kernel.as_str() {
        let is_possible = |c: char| c.is_alphanumeric() || "._-*?[]!^\\".contains(c);
        (!text.chars().all(is_possible))
            .then(|| "Kernelspec names have only letters, digits, `-`, `_` and `.`.".to_owned())
    } else if kind == Kind::Command.as_str() && !text.contains([':', '*', '?', '[']) {
        let message = format!(
            "The ids of JupyterLab's commands have a `:`; {} has none.",
            quoted(text)
        );
        let help = "Write the id, such as `terminal:create-new`. `scoped-launcher cards` lists the cards of a server. \
            By what stands on a card, match `title`.";
        reporter.report(DiagnosticCode::HARDLY_MATCHES, glob, message, help);
        None
    } else {
        None
    };
    if let Some(help) = help {
        let message = format!("No {kind} matches {}.", quoted(text));
        reporter.report(DiagnosticCode::NEVER_MATCHES, glob, message, help);
    }
}
