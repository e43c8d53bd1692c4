//! Why a policy file cannot be read.

use crate::policy::diagnostic::DiagnosticCode;
use crate::policy::span::SourceSpan;

use super::limits::{MAX_SOURCE_DEPTH, MAX_WEIGHT};

/// Nothing, or what makes the file unreadable.
pub(super) type ReadResult = Result<(), Box<SourceError>>;

/// Why a file cannot be read, or not safely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// Which kind of diagnostic this is.
    pub code: DiagnosticCode,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// Where it is.
    pub span: SourceSpan,
    /// The keys that lead there.
    pub path: String,
}

pub(super) fn source_error(
    code: DiagnosticCode,
    span: SourceSpan,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Box<SourceError> {
    Box::new(SourceError {
        code,
        message: message.into(),
        help: help.into(),
        span,
        path: String::new(),
    })
}

pub(super) fn too_deep(span: SourceSpan) -> Box<SourceError> {
    source_error(
        DiagnosticCode::TOO_DEEP,
        span,
        format!("Lists and mappings nest more than {MAX_SOURCE_DEPTH} deep here."),
        "Write the condition flatter: `all` and `any` take lists.",
    )
}

pub(super) fn too_many(span: SourceSpan) -> Box<SourceError> {
    source_error(
        DiagnosticCode::TOO_MANY_VALUES,
        span,
        format!(
            "Up to here the policy has more than {MAX_WEIGHT} values, aliases counted in full."
        ),
        "Use globs instead of long lists, and fewer aliases.",
    )
}
