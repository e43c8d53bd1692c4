//! Where something stands in a file.

use saphyr_parser::{Marker, Span};
use serde::Serialize;

/// Where a key or value is: lines and columns from 1, columns in characters, the end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SourceSpan {
    /// The first line.
    pub line: usize,
    /// The first column.
    pub column: usize,
    /// The last line.
    pub end_line: usize,
    /// The column after the last character.
    pub end_column: usize,
}

impl SourceSpan {
    /// The beginning of a file.
    pub const START: Self = Self::point(1, 1);

    pub(super) const fn point(line: usize, column: usize) -> Self {
        Self {
            line,
            column,
            end_line: line,
            end_column: column,
        }
    }
}

impl From<Span> for SourceSpan {
    fn from(span: Span) -> Self {
        Self {
            line: span.start.line(),
            column: span.start.col() + 1,
            end_line: span.end.line(),
            end_column: span.end.col() + 1,
        }
    }
}

impl From<Marker> for SourceSpan {
    fn from(mark: Marker) -> Self {
        Self::point(mark.line(), mark.col() + 1)
    }
}
