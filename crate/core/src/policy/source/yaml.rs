//! Reads YAML, by the core schema of YAML 1.2.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::Number;

use super::builder::{Builder, Container};
use super::cursor::span_at;
use super::error::{ReadResult, SourceError, source_error, too_deep, too_many};
use super::limits::MAX_WEIGHT;
use super::node::{SourceNode, SourceValue};
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::span::SourceSpan;

pub(super) fn read_yaml(text: &str, builder: &mut Builder) -> ReadResult {
    // The parser keeps all of a flow collection in memory before it tells of its beginning.
    let mut separators = text.match_indices([',', '[', '{']);
    if let Some((offset, _)) = separators.nth(MAX_WEIGHT) {
        return Err(too_many(span_at(text, offset)));
    }
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| yaml_problem(text, &error))?;
        let span = SourceSpan::from(span);
        match event {
            Event::Scalar(scalar, style, anchor, tag) => {
                let is_text = match &tag {
                    Some(tag) => yaml_tag(tag, span)?,
                    None => style != ScalarStyle::Plain,
                };
                let value = if is_text {
                    SourceValue::Text(scalar.clone().into_owned())
                } else {
                    core_schema(&scalar)
                };
                builder.scalar(&scalar, SourceNode { span, value }, anchor)?;
            }
            Event::SequenceStart(anchor, tag) => {
                tag.map_or(Ok(false), |tag| yaml_tag(&tag, span))?;
                builder.open(Container::List(Vec::new()), span, anchor)?;
            }
            Event::MappingStart(anchor, tag) => {
                tag.map_or(Ok(false), |tag| yaml_tag(&tag, span))?;
                builder.open(Container::empty_map(), span, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => builder.close()?,
            Event::Alias(anchor) => builder.alias(anchor, span)?,
            Event::DocumentStart(_) if builder.root.is_some() => {
                return Err(source_error(
                    DiagnosticCode::NOT_ONE_DOCUMENT,
                    span,
                    "A second YAML document begins here.",
                    "Keep one policy in one file; delete this `---` and what follows.",
                ));
            }
            _ => {}
        }
    }
    if builder.root.is_none() {
        return Err(source_error(
            DiagnosticCode::NOT_ONE_DOCUMENT,
            SourceSpan::START,
            "The file is empty.",
            "Write at least `version: 1`.",
        ));
    }
    Ok(())
}

/// Whether the tag makes text of a scalar; an error for tags other than `!!str` and `!`.
fn yaml_tag(tag: &saphyr_parser::Tag, span: SourceSpan) -> Result<bool, Box<SourceError>> {
    let is_text = tag.is_yaml_core_schema() && tag.suffix == "str";
    let is_nothing = tag.handle.is_empty() && tag.suffix == "!";
    if is_text || is_nothing {
        return Ok(true);
    }
    let shown = quoted(&tag.to_string());
    Err(source_error(
        DiagnosticCode::YAML_TAG,
        span,
        format!("The policy language has no YAML tag {shown}."),
        "Delete the tag.",
    ))
}

/// What a plain scalar is by the core schema, <https://yaml.org/spec/1.2.2/#103-core-schema>.
/// Infinities and NaN, which no policy needs, stay text.
fn core_schema(scalar: &str) -> SourceValue {
    match scalar {
        "" | "~" | "null" | "Null" | "NULL" => return SourceValue::Null,
        "true" | "True" | "TRUE" => return SourceValue::Bool(true),
        "false" | "False" | "FALSE" => return SourceValue::Bool(false),
        _ => {}
    }
    let based = |prefix, base| {
        let digits = scalar.strip_prefix(prefix)?;
        let digits = digits.chars().all(|c| c.is_digit(base)).then_some(digits)?;
        u64::from_str_radix(digits, base).ok().map(Number::from)
    };
    let number = based("0o", 8)
        .or_else(|| based("0x", 16))
        .or_else(|| decimal(scalar));
    number.map_or_else(|| SourceValue::Text(scalar.to_owned()), SourceValue::Number)
}

fn decimal(scalar: &str) -> Option<Number> {
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    if !scalar.chars().all(numeric) {
        return None;
    }
    let unsigned = scalar.parse().ok().map(u64::into);
    let signed = || scalar.parse().ok().map(i64::into);
    let float = || scalar.parse().ok().and_then(Number::from_f64);
    unsigned.or_else(signed).or_else(float)
}

fn yaml_problem(text: &str, error: &saphyr_parser::ScanError) -> Box<SourceError> {
    let span = SourceSpan::from(*error.marker());
    if error.info() == "recursion limit exceeded" {
        return too_deep(span);
    }
    let line = text.lines().nth(span.line.saturating_sub(1)).unwrap_or("");
    let indented_by_tab = line.trim_start_matches(' ').starts_with('\t');
    let help = if indented_by_tab {
        "Indent with spaces; YAML does not allow tabs there."
    } else {
        "Look at indentation, quotes and brackets here and on the line above. Text with `: `, \
         ` #` or one of `*&!|>'\"%@{[` at its beginning needs quotes."
    };
    source_error(
        DiagnosticCode::SYNTAX,
        span,
        format!("This is not YAML: {}.", error.info()),
        help,
    )
}
