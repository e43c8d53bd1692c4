//! Reads a policy file, YAML or JSON, into a tree that knows the span of each key and value.
//!
//! Size, depth and number of values are bounded, so a hostile file costs little time and memory.
//! YAML is read by the core schema of YAML 1.2: only `true` and `false` are booleans (`yes` and
//! `on` are text), dates are text, there are no merge keys. JSON is exactly what `serde_json`
//! accepts.
//!
//! The tree is built here from `saphyr-parser`'s events. Libraries that build a tree with places were tried on this
//! module's tests: some lose duplicate keys or aliases, the one that keeps them ignores tags and takes three times as long.
//! docs/explanation/dependencies.md says what each of them lacks.

mod builder;
mod cursor;
mod deserialize;
mod error;
mod json;
mod limits;
mod node;
#[cfg(test)]
mod tests;
mod yaml;

use serde::de::IgnoredAny;

use self::builder::Builder;
use self::cursor::span_at;
use self::error::{ReadResult, source_error};
use super::diagnostic::DiagnosticCode;
use super::span::SourceSpan;

pub use self::error::SourceError;
pub use self::limits::{MAX_BYTES, MAX_SOURCE_DEPTH, MAX_WEIGHT};
pub use self::node::{SourceEntry, SourceNode, SourceValue, path_to_item, path_to_key};

/// Reads a policy. A file named `*.json` must be JSON; anything else may be JSON or YAML.
///
/// # Errors
/// Every duplicate key, and the first thing that makes the file unreadable.
pub fn read(bytes: &[u8], file: &str) -> Result<SourceNode, Vec<SourceError>> {
    let mut builder = Builder::default();
    let fatal = read_into(&mut builder, bytes, file).err();
    builder.errors.extend(fatal.map(|boxed| *boxed));
    match builder.root {
        Some(root) if builder.errors.is_empty() => Ok(root),
        _ => Err(builder.errors),
    }
}

fn read_into(builder: &mut Builder, bytes: &[u8], file: &str) -> ReadResult {
    let text = checked_text(bytes)?;
    let is_json = serde_json::from_str::<IgnoredAny>(text);
    match is_json {
        Ok(_) => json::read_json(text, builder),
        Err(error) if file.ends_with(".json") => Err(json::json_problem(text, &error)),
        Err(_) => yaml::read_yaml(text, builder),
    }
}

/// The file as text without a byte order mark, if size, encoding and characters are right.
fn checked_text(bytes: &[u8]) -> Result<&str, Box<SourceError>> {
    if bytes.len() > MAX_BYTES {
        return Err(source_error(
            DiagnosticCode::TOO_LARGE,
            SourceSpan::START,
            format!(
                "The file has {} bytes; at most {MAX_BYTES} are read.",
                bytes.len()
            ),
            "Is this the policy file? Use globs instead of long lists.",
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let good = std::str::from_utf8(good).unwrap_or_default();
        source_error(
            DiagnosticCode::NOT_UTF8,
            span_at(good, good.len()),
            "The file is not UTF-8 here.",
            "Save the file as UTF-8.",
        )
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let forbidden = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if let Some((offset, character)) = text.char_indices().find(|(_, c)| forbidden(*c)) {
        return Err(source_error(
            DiagnosticCode::CONTROL_CHARACTER,
            span_at(text, offset),
            format!(
                "The file has the control character U+{:04X} here.",
                u32::from(character)
            ),
            "Delete it.",
        ));
    }
    Ok(text)
}
