//! Collects diagnostics, within bounds on their number and on the work to find them.

use std::cell::Cell;

use super::cursor::Cursor;
use super::suggest::NameSuggester;
use crate::error::Error;
use crate::policy::diagnostic::{Diagnostic, DiagnosticCode, Severity};
use crate::policy::source::SourceEntry;
use crate::policy::span::SourceSpan;

/// At most this many diagnostics are reported.
pub const MAX_DIAGNOSTICS: usize = 1_000;

/// At most this many names are compared with globs: after that, lint reports nothing that needs more.
const MAX_COMPARISONS: usize = 2_000_000;

/// What the caller knows beyond the file. Checks that need what is not known are left out.
#[derive(Debug, Default)]
pub struct LintOptions<'a> {
    /// The groups that the Hub has.
    pub groups: Option<&'a [String]>,
    /// The time, in milliseconds since 1970: windows that are over are reported.
    pub now_ms: Option<i64>,
}

/// The diagnostics of one file.
pub struct Reporter<'a> {
    /// What the caller knows beyond the file.
    pub options: &'a LintOptions<'a>,
    /// Finds the name that a wrong one was meant to be.
    pub suggester: NameSuggester,
    file: &'a str,
    diagnostics: Vec<Diagnostic>,
    omitted: bool,
    comparisons_left: Cell<usize>,
}

impl<'a> Reporter<'a> {
    /// Reports on `file`, which is only a name.
    pub fn new(file: &'a str, options: &'a LintOptions<'a>) -> Self {
        Self {
            options,
            suggester: NameSuggester::default(),
            file,
            diagnostics: Vec::new(),
            omitted: false,
            comparisons_left: Cell::new(MAX_COMPARISONS),
        }
    }

    /// Whether no more errors will be reported. An error is reported even after
    /// [`MAX_DIAGNOSTICS`] warnings, since it refuses the policy.
    pub fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_DIAGNOSTICS && self.has_errors()
    }

    /// Whether an error was reported.
    pub fn has_errors(&self) -> bool {
        let mut diagnostics = self.diagnostics.iter();
        diagnostics.any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Reports something about a value.
    pub fn report(
        &mut self,
        code: DiagnosticCode,
        cursor: &Cursor,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let path = cursor.path.clone();
        self.add(code, cursor.node.span, path, message.into(), help.into());
    }

    /// Reports something about a key; `cursor` is at its value.
    pub fn report_key(
        &mut self,
        code: DiagnosticCode,
        entry: &SourceEntry,
        cursor: &Cursor,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let path = cursor.path.clone();
        self.add(code, entry.key_span, path, message.into(), help.into());
    }

    /// Reports the error of one of the engine's parsers. What follows ": write " in its message is the help.
    pub fn report_error(&mut self, code: DiagnosticCode, cursor: &Cursor, error: &Error) {
        let (message, help) = match error.message.split_once(": write ") {
            Some((message, help)) => (message, format!("Write {help}.")),
            None => (error.message.as_str(), String::new()),
        };
        self.report(code, cursor, format!("{}.", capitalized(message)), help);
    }

    /// Adds a diagnostic, unless there are too many.
    pub fn add(
        &mut self,
        code: DiagnosticCode,
        span: SourceSpan,
        path: String,
        message: String,
        help: String,
    ) {
        let many = self.diagnostics.len() >= MAX_DIAGNOSTICS;
        if many && (code.severity == Severity::Warning || self.has_errors()) {
            self.omitted = true;
            return;
        }
        self.diagnostics.push(Diagnostic {
            severity: code.severity,
            code: code.id,
            message,
            help,
            file: self.file.to_owned(),
            span,
            path,
        });
    }

    /// Takes `count` comparisons off what is left of them; false if that is less.
    pub fn may_compare(&self, count: usize) -> bool {
        let left = self.comparisons_left.get().checked_sub(count);
        self.comparisons_left.set(left.unwrap_or(0));
        left.is_some()
    }

    /// The diagnostics, in the order of the file.
    pub fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| {
            let span = diagnostic.span;
            (span.line, span.column, diagnostic.code)
        });
        if let (true, Some(last)) = (self.omitted, self.diagnostics.last_mut()) {
            last.help += " (There are more diagnostics than these.)";
        }
        self.diagnostics
    }
}

fn capitalized(sentence: &str) -> String {
    let mut rest = sentence.chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    first.chain(rest).collect()
}
