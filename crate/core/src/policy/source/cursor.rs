//! Walks over text and knows the line and column.

use crate::policy::span::SourceSpan;

/// The span of the character at byte `offset` of `text`.
pub(super) fn span_at(text: &str, offset: usize) -> SourceSpan {
    let mut cursor = TextCursor::new(text);
    while cursor.offset() < offset && cursor.next().is_some() {}
    cursor.span()
}

/// Characters of a text with their lines and columns. A line ends with LF, CR LF or CR, as in YAML.
pub(super) struct TextCursor<'a> {
    rest: std::str::Chars<'a>,
    length: usize,
    line: usize,
    column: usize,
}

impl<'a> TextCursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text.chars(),
            length: text.len(),
            line: 1,
            column: 1,
        }
    }

    pub(super) fn offset(&self) -> usize {
        self.length - self.rest.as_str().len()
    }

    pub(super) fn span(&self) -> SourceSpan {
        SourceSpan::point(self.line, self.column)
    }

    /// From `begin` to here.
    pub(super) fn since(&self, begin: SourceSpan) -> SourceSpan {
        SourceSpan {
            end_line: self.line,
            end_column: self.column,
            ..begin
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    /// Goes on behind the closing quote of a string whose opening quote was read.
    pub(super) fn skip_string(&mut self) {
        while let Some(character) = self.next() {
            match character {
                '"' => return,
                '\\' => _ = self.next(),
                _ => {}
            }
        }
    }

    /// Goes on to the end of a number, `true`, `false` or `null`.
    pub(super) fn skip_word(&mut self) {
        let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        while self.peek().is_some_and(in_word) {
            self.next();
        }
    }
}

impl Iterator for TextCursor<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let character = self.rest.next()?;
        if character == '\n' || character == '\r' && self.peek() != Some('\n') {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(character)
    }
}
