//! JSON in ASCII.
//!
//! Many readers of lines take U+2028, U+2029 or U+0085 for the end of one, and some do not read
//! UTF-8. In ASCII a line is a line, and a text is a text, everywhere.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Value, to_string};

/// Writes `value` as one line of JSON, with everything beyond ASCII escaped.
pub(super) fn to_line(value: &Value) -> String {
    let mut line = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut line, Ascii));
    match (written, String::from_utf8(line)) {
        (Ok(()), Ok(line)) => line,
        // Cannot happen: memory takes every write, and ASCII is UTF-8.
        _ => to_string(value).unwrap_or_default(),
    }
}

struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        if fragment.is_ascii() {
            return writer.write_all(fragment.as_bytes());
        }
        for unit in fragment.encode_utf16() {
            match u8::try_from(unit) {
                Ok(ascii @ ..0x80) => writer.write_all(&[ascii])?,
                _ => write!(writer, "\\u{unit:04x}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::to_line;

    #[test]
    fn everything_beyond_ascii_is_escaped_and_nothing_is_lost() {
        let value = json!({"é\u{2028}": ["😀", "a\"\\\n\u{7f}", 1.5, null]});
        let line = to_line(&value);
        assert_eq!(
            line,
            r#"{"\u00e9\u2028":["\ud83d\ude00","a\"\\\n"#.to_owned() + "\u{7f}\",1.5,null]}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line).unwrap(),
            value
        );
    }
}
