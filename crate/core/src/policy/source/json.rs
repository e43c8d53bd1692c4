//! Reads JSON that `serde_json` has accepted, with the place of each key and value.

use super::builder::{Builder, Container};
use super::cursor::{TextCursor, span_at};
use super::error::{ReadResult, SourceError, source_error};
use super::node::{SourceNode, SourceValue};
use crate::policy::diagnostic::DiagnosticCode;
use crate::policy::span::SourceSpan;

/// Walks over JSON that `serde_json` has accepted.
pub(super) fn read_json(text: &str, builder: &mut Builder) -> ReadResult {
    let mut cursor = TextCursor::new(text);
    loop {
        let (start, begin) = (cursor.offset(), cursor.span());
        let Some(character) = cursor.next() else {
            return Ok(());
        };
        match character {
            '{' => builder.open(Container::empty_map(), cursor.since(begin), 0)?,
            '[' => builder.open(Container::List(Vec::new()), cursor.since(begin), 0)?,
            '}' | ']' => builder.close()?,
            ',' | ':' | ' ' | '\t' | '\n' | '\r' => {}
            _ => {
                if character == '"' {
                    cursor.skip_string();
                } else {
                    cursor.skip_word();
                }
                let span = cursor.since(begin);
                let raw = text.get(start..cursor.offset()).unwrap_or_default();
                let value = json_scalar(raw, span)?;
                builder.scalar(raw, SourceNode { span, value }, 0)?;
            }
        }
    }
}

fn json_scalar(raw: &str, span: SourceSpan) -> Result<SourceValue, Box<SourceError>> {
    let value = match raw {
        "null" => Ok(SourceValue::Null),
        "true" => Ok(SourceValue::Bool(true)),
        "false" => Ok(SourceValue::Bool(false)),
        _ if raw.starts_with('"') => serde_json::from_str(raw).map(SourceValue::Text),
        _ => serde_json::from_str(raw).map(SourceValue::Number),
    };
    value.map_err(|error| {
        source_error(
            DiagnosticCode::SYNTAX,
            span,
            format!("This is not JSON: {}.", without_place(&error)),
            "Write a number that fits in 64 bits, or text with whole characters.",
        )
    })
}

pub(super) fn json_problem(text: &str, error: &serde_json::Error) -> Box<SourceError> {
    let line_start = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let span = span_at(text, line_start + error.column().saturating_sub(1));
    source_error(
        DiagnosticCode::SYNTAX,
        span,
        format!("This is not JSON: {}.", without_place(error)),
        "Look at commas, quotes and brackets here and just before. JSON has no comments.",
    )
}

/// The message of `serde_json` without its " at line 1 column 2".
fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let end = message.rfind(" at line ").unwrap_or(message.len());
    message.get(..end).unwrap_or_default().to_owned()
}
