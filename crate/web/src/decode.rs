//! Reads JSON, and says where a mistake is.

use serde::de::DeserializeOwned;

/// Why JSON cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// The keys that lead to the mistake, such as `policy.document.rules[1].show_when.grup`; empty for the
    /// whole text.
    path: String,
    /// What is wrong.
    reason: String,
}

impl DecodeError {
    /// `PATH: reason`, with `whole` as the path of the whole text.
    pub fn sentence(&self, whole: &str) -> String {
        let path = if self.path.is_empty() {
            whole
        } else {
            &self.path
        };
        [path, ": ", &self.reason].concat()
    }
}

/// Reads JSON; keys that the type does not have are refused if the type says so.
///
/// # Errors
/// The first mistake.
pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(json).map_err(|error| {
        let mut reason = error.to_string();
        if let Some(at) = reason.rfind(" at line ") {
            reason.truncate(at);
        }
        let read = bytes_before(json, error.line(), error.column());
        // For a key that is missing, the last key that was read says nothing.
        let is_missing = reason.starts_with("missing field");
        DecodeError {
            path: path_at_end(read, is_missing),
            reason,
        }
    })
}

/// What serde_json had read when it found a mistake; line and column are from 1, the column in bytes.
fn bytes_before(json: &[u8], line: usize, column: usize) -> &[u8] {
    let line_start = match line.checked_sub(2) {
        None => 0,
        Some(skipped) => {
            let mut ends = json.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            ends.nth(skipped).map_or(0, |(at, _)| at + 1)
        }
    };
    let end = line_start.saturating_add(column).min(json.len());
    json.get(..end).unwrap_or_default()
}

/// A list or a mapping that is not closed yet.
enum Open {
    /// The position of the current item.
    List(usize),
    /// The current key.
    Mapping(Option<String>),
}

/// The keys and positions that lead to the end of the beginning of a JSON text.
fn path_at_end(read: &[u8], without_last_key: bool) -> String {
    let mut open: Vec<Open> = Vec::new();
    let mut bytes = read.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' => open.push(Open::Mapping(None)),
            b'[' => open.push(Open::List(0)),
            b'}' | b']' => _ = open.pop(),
            b',' => match open.last_mut() {
                Some(Open::List(position)) => *position += 1,
                Some(Open::Mapping(key)) => *key = None,
                None => {}
            },
            b'"' => {
                let mut text = Vec::new();
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => text.extend(bytes.next()),
                        byte => text.push(byte),
                    }
                }
                if let Some(Open::Mapping(key @ None)) = open.last_mut() {
                    *key = Some(String::from_utf8_lossy(&text).into_owned());
                }
            }
            _ => {}
        }
    }
    if without_last_key && let Some(Open::Mapping(key)) = open.last_mut() {
        *key = None;
    }
    let mut path = String::new();
    for open in open {
        match open {
            Open::List(position) => path.push_str(&format!("[{position}]")),
            Open::Mapping(None) => {}
            Open::Mapping(Some(key)) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&key);
            }
        }
    }
    path
}
