//! Reads a policy file, YAML or JSON, into a tree that knows the span of each key and value.
//!
//! Size, depth and number of values are bounded, so a hostile file costs little time and memory.
//! YAML is read by the core schema of YAML 1.2: only `true` and `false` are booleans (`yes` and
//! `on` are text), dates are text, there are no merge keys. JSON is exactly what `serde_json`
//! accepts.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde::de::IgnoredAny;
use serde_json::Number;

use super::diagnostic::{DiagnosticCode, quoted};
use super::span::SourceSpan;

/// The largest policy file, in bytes; a policy with 5,000 rules has about 1 MB.
pub const MAX_BYTES: usize = 4 << 20;
/// How deep lists and mappings may nest.
pub const MAX_SOURCE_DEPTH: usize = 120;
/// How many values a policy may have. What an alias stands for counts each time, and long text
/// counts as one value for each 64 bytes.
pub const MAX_WEIGHT: usize = 250_000;

/// A value and its span.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceNode {
    /// Where it is; of a list or mapping only where it begins.
    pub span: SourceSpan,
    /// What it is.
    pub value: SourceValue,
}

/// What a [`SourceNode`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceValue {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole or decimal number.
    Number(Number),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<SourceNode>),
    /// A mapping, in the file's order.
    Map(Vec<SourceEntry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceEntry {
    /// The key.
    pub key: String,
    /// Where the key is.
    pub key_span: SourceSpan,
    /// What it stands for.
    pub value: SourceNode,
}

impl SourceNode {
    /// What a person calls this kind of value.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            SourceValue::Null => "nothing (null)",
            SourceValue::Bool(_) => "true or false",
            SourceValue::Number(_) => "a number",
            SourceValue::Text(_) => "text",
            SourceValue::List(_) => "a list",
            SourceValue::Map(_) => "a mapping",
        }
    }

    /// The value of `key`, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&SourceNode> {
        let entry = self.entries().iter().find(|entry| entry.key == key)?;
        Some(&entry.value)
    }

    /// The text, if this is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            SourceValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if this is a list; otherwise none.
    #[must_use]
    pub fn items(&self) -> &[SourceNode] {
        match &self.value {
            SourceValue::List(items) => items,
            _ => &[],
        }
    }

    /// The keys and values, if this is a mapping; otherwise none.
    #[must_use]
    pub fn entries(&self) -> &[SourceEntry] {
        match &self.value {
            SourceValue::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The same value without places.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            SourceValue::Null => Json::Null,
            SourceValue::Bool(value) => Json::Bool(*value),
            SourceValue::Number(number) => Json::Number(number.clone()),
            SourceValue::Text(text) => Json::String(text.clone()),
            SourceValue::List(items) => items.iter().map(Self::to_json).collect(),
            SourceValue::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect(),
        }
    }

    /// 0 for a plain value, 1 for a list of plain values, and so on.
    fn height(&self) -> usize {
        let inner = match &self.value {
            SourceValue::List(items) => items.iter().map(Self::height).max(),
            SourceValue::Map(entries) => entries.iter().map(|entry| entry.value.height()).max(),
            _ => return 0,
        };
        1 + inner.unwrap_or(0)
    }
}

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

/// Appends `key` to `path`: `rules` + `id` is `rules.id`, `roles` + `a b` is `roles["a b"]`.
#[must_use]
pub fn path_to_key(path: &str, key: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if key.is_empty() || !key.chars().all(plain) {
        format!("{path}[{}]", serde_json::Value::from(key))
    } else if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// Appends a list position to `path`: `rules` + 2 is `rules[2]`.
#[must_use]
pub fn path_to_item(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

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

/// The span of the character at byte `offset` of `text`.
fn span_at(text: &str, offset: usize) -> SourceSpan {
    let mut cursor = TextCursor::new(text);
    while cursor.offset() < offset && cursor.next().is_some() {}
    cursor.span()
}

type Outcome = Result<(), Box<SourceError>>;

fn read_into(builder: &mut Builder, bytes: &[u8], file: &str) -> Outcome {
    let text = checked_text(bytes)?;
    let is_json = serde_json::from_str::<IgnoredAny>(text);
    match is_json {
        Ok(_) => read_json(text, builder),
        Err(error) if file.ends_with(".json") => Err(json_problem(text, &error)),
        Err(_) => read_yaml(text, builder),
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

fn source_error(
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

fn too_deep(span: SourceSpan) -> Box<SourceError> {
    source_error(
        DiagnosticCode::TOO_DEEP,
        span,
        format!("Lists and mappings nest more than {MAX_SOURCE_DEPTH} deep here."),
        "Write the condition flatter: `all` and `any` take lists.",
    )
}

fn too_many(span: SourceSpan) -> Box<SourceError> {
    source_error(
        DiagnosticCode::TOO_MANY_VALUES,
        span,
        format!(
            "Up to here the policy has more than {MAX_WEIGHT} values, aliases counted in full."
        ),
        "Use globs instead of long lists, and fewer aliases.",
    )
}

// --- YAML ---

fn read_yaml(text: &str, builder: &mut Builder) -> Outcome {
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

// --- JSON ---

/// Walks over JSON that `serde_json` has accepted.
fn read_json(text: &str, builder: &mut Builder) -> Outcome {
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

fn json_problem(text: &str, error: &serde_json::Error) -> Box<SourceError> {
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

/// Characters of a text with their lines and columns. A line ends with LF, CR LF or CR, as in YAML.
struct TextCursor<'a> {
    rest: std::str::Chars<'a>,
    length: usize,
    line: usize,
    column: usize,
}

impl<'a> TextCursor<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.chars(),
            length: text.len(),
            line: 1,
            column: 1,
        }
    }

    fn offset(&self) -> usize {
        self.length - self.rest.as_str().len()
    }

    fn span(&self) -> SourceSpan {
        SourceSpan::point(self.line, self.column)
    }

    /// From `begin` to here.
    fn since(&self, begin: SourceSpan) -> SourceSpan {
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
    fn skip_string(&mut self) {
        while let Some(character) = self.next() {
            match character {
                '"' => return,
                '\\' => _ = self.next(),
                _ => {}
            }
        }
    }

    /// Goes on to the end of a number, `true`, `false` or `null`.
    fn skip_word(&mut self) {
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

// --- the tree ---

/// Builds the tree from a flat stream, so that no depth of input can exhaust the stack.
#[derive(Default)]
struct Builder {
    open: Vec<Frame>,
    root: Option<SourceNode>,
    anchors: HashMap<usize, Anchored>,
    weight: usize,
    errors: Vec<SourceError>,
}

struct Frame {
    span: SourceSpan,
    anchor: usize,
    weight_before: usize,
    container: Container,
}

enum Container {
    List(Vec<SourceNode>),
    Map {
        entries: Vec<SourceEntry>,
        key: Option<(String, SourceSpan)>,
    },
}

impl Container {
    fn empty_map() -> Self {
        Self::Map {
            entries: Vec::new(),
            key: None,
        }
    }
}

struct Anchored {
    node: SourceNode,
    weight: usize,
    height: usize,
}

impl Builder {
    /// A value that is neither list nor mapping, or a key; `raw` is how it is written.
    fn scalar(&mut self, raw: &str, node: SourceNode, anchor: usize) -> Outcome {
        let weight = 1 + raw.len() / 64;
        self.charge(weight, node.span)?;
        if self.expects_key() && node.text().is_none() {
            self.errors.push(SourceError {
                code: DiagnosticCode::KEY_NOT_TEXT,
                message: format!(
                    "A key must be text, and {} is {}.",
                    quoted(raw),
                    node.kind()
                ),
                help: format!("Write the key in quotes: \"{raw}\"."),
                span: node.span,
                path: self.path(),
            });
            let value = SourceValue::Text(raw.to_owned());
            return self.complete(SourceNode { value, ..node }, anchor, weight);
        }
        self.complete(node, anchor, weight)
    }

    fn open(&mut self, container: Container, span: SourceSpan, anchor: usize) -> Outcome {
        self.check_depth(1, span)?;
        let weight_before = self.weight;
        self.charge(1, span)?;
        self.open.push(Frame {
            span,
            anchor,
            weight_before,
            container,
        });
        Ok(())
    }

    fn close(&mut self) -> Outcome {
        let Some(frame) = self.open.pop() else {
            return Ok(());
        };
        let value = match frame.container {
            Container::List(items) => SourceValue::List(items),
            Container::Map { entries, .. } => {
                self.report_duplicates(&entries);
                SourceValue::Map(entries)
            }
        };
        let span = frame.span;
        let weight = self.weight - frame.weight_before;
        self.complete(SourceNode { span, value }, frame.anchor, weight)
    }

    fn alias(&mut self, anchor: usize, span: SourceSpan) -> Outcome {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(source_error(
                DiagnosticCode::ALIAS_IN_ITSELF,
                span,
                "This alias stands inside of what it stands for.",
                "Write the value out.",
            ));
        };
        let (weight, height) = (anchored.weight, anchored.height);
        self.check_depth(height, span)?;
        self.charge(weight, span)?;
        match self.anchors.get(&anchor) {
            Some(anchored) => self.complete(anchored.node.clone(), 0, weight),
            None => Ok(()),
        }
    }

    fn complete(&mut self, node: SourceNode, anchor: usize, weight: usize) -> Outcome {
        if anchor > 0 {
            self.charge(weight, node.span)?;
            let anchored = Anchored {
                weight,
                height: node.height(),
                node: node.clone(),
            };
            self.anchors.insert(anchor, anchored);
        }
        match self.open.last_mut().map(|frame| &mut frame.container) {
            None => self.root = Some(node),
            Some(Container::List(items)) => items.push(node),
            Some(Container::Map { entries, key }) => match (key.take(), node.value) {
                (Some((key, key_span)), value) => entries.push(SourceEntry {
                    key,
                    key_span,
                    value: SourceNode {
                        span: node.span,
                        value,
                    },
                }),
                (None, SourceValue::Text(text)) => *key = Some((text, node.span)),
                (None, _) => {
                    return Err(source_error(
                        DiagnosticCode::KEY_NOT_TEXT,
                        node.span,
                        "A key must be text, and this is not.",
                        "Write `key: value`. Text that begins with `{`, `[` or `?` needs quotes.",
                    ));
                }
            },
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        let container = self.open.last().map(|frame| &frame.container);
        matches!(container, Some(Container::Map { key: None, .. }))
    }

    fn charge(&mut self, weight: usize, span: SourceSpan) -> Outcome {
        self.weight += weight;
        if self.weight <= MAX_WEIGHT {
            return Ok(());
        }
        Err(too_many(span))
    }

    fn check_depth(&self, more: usize, span: SourceSpan) -> Outcome {
        if self.open.len() + more <= MAX_SOURCE_DEPTH {
            return Ok(());
        }
        Err(too_deep(span))
    }

    fn report_duplicates(&mut self, entries: &[SourceEntry]) {
        let mut first = HashMap::new();
        for entry in entries {
            let Some(before) = first.insert(entry.key.as_str(), entry.key_span) else {
                continue;
            };
            self.errors.push(SourceError {
                code: DiagnosticCode::DUPLICATE_KEY,
                message: format!(
                    "The key {} is here a second time; it is on line {} already.",
                    quoted(&entry.key),
                    before.line
                ),
                help: "Keep one of the two.".to_owned(),
                span: entry.key_span,
                path: path_to_key(&self.path(), &entry.key),
            });
        }
    }

    /// The keys that lead to the value that is being read.
    fn path(&self) -> String {
        let mut path = String::new();
        for frame in &self.open {
            path = match &frame.container {
                Container::List(items) => path_to_item(&path, items.len()),
                Container::Map { key, .. } => match key {
                    Some((key, _)) => path_to_key(&path, key),
                    None => path,
                },
            };
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> SourceNode {
        read(text.as_bytes(), "policy.yaml").unwrap()
    }

    /// DiagnosticCode, line, column and path of each source_error.
    fn errors(bytes: &[u8], file: &str) -> Vec<(&'static str, usize, usize, String)> {
        let errors = read(bytes, file).unwrap_err();
        let found = errors.into_iter();
        found
            .map(|p| (p.code.id, p.span.line, p.span.column, p.path))
            .collect()
    }

    fn only(bytes: &[u8], file: &str) -> (&'static str, usize, usize) {
        let found = errors(bytes, file);
        assert_eq!(found.len(), 1, "{found:?}");
        (found[0].0, found[0].1, found[0].2)
    }

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        for (written, read) in [
            ("yes", SourceValue::Text("yes".into())),
            ("no", SourceValue::Text("no".into())),
            ("on", SourceValue::Text("on".into())),
            ("Off", SourceValue::Text("Off".into())),
            ("true", SourceValue::Bool(true)),
            ("FALSE", SourceValue::Bool(false)),
            ("\"true\"", SourceValue::Text("true".into())),
            ("'1'", SourceValue::Text("1".into())),
            ("!!str 1", SourceValue::Text("1".into())),
            ("! 1", SourceValue::Text("1".into())),
            ("", SourceValue::Null),
            ("~", SourceValue::Null),
            ("1", SourceValue::Number(1.into())),
            ("-1", SourceValue::Number((-1).into())),
            ("+12", SourceValue::Number(12.into())),
            ("0o17", SourceValue::Number(15.into())),
            ("0x1F", SourceValue::Number(31.into())),
            ("017", SourceValue::Number(17.into())),
            ("1.5", SourceValue::Number(Number::from_f64(1.5).unwrap())),
            ("1:30", SourceValue::Text("1:30".into())),
            ("1_000", SourceValue::Text("1_000".into())),
            (".inf", SourceValue::Text(".inf".into())),
            ("2027-02-28", SourceValue::Text("2027-02-28".into())),
            ("15s", SourceValue::Text("15s".into())),
            ("e", SourceValue::Text("e".into())),
            (
                "|\n  two\n  lines",
                SourceValue::Text("two\nlines\n".into()),
            ),
        ] {
            let node = yaml(&format!("key: {written}\n"));
            let value = &node.get("key").unwrap().value;
            let value = match value {
                SourceValue::Text(text) if written.starts_with('|') => {
                    &SourceValue::Text(format!("{}\n", text.trim_end()))
                }
                other => other,
            };
            assert_eq!(*value, read, "{written}");
        }
    }

    #[test]
    fn places_are_the_same_in_yaml_and_json() {
        let text = "{\"é\": [1,\r\n  {\"b\": \"\\u00e9x\"}]}";
        let as_json = read(text.as_bytes(), "p.json").unwrap();
        let mut builder = Builder::default();
        read_yaml(text, &mut builder).unwrap();
        assert_eq!(Some(&as_json), builder.root.as_ref());
        let entry = &as_json.entries()[0].value.items()[1].entries()[0];
        assert_eq!(entry.key_span.line, 2);
        assert_eq!(entry.key_span.column, 4);
        assert_eq!(entry.value.span.column, 9);
        assert_eq!(entry.value.span.end_column, 18);
    }

    #[test]
    fn json_is_read_exactly() {
        let text = "\u{feff}{\"a\":\t\"\\ud83d\\ude00\\/\",\n\t\"b\": -1.5e3}";
        let node = yaml(text);
        assert_eq!(node.get("a").unwrap().text(), Some("😀/"));
        assert_eq!(node.get("b").unwrap().span.line, 2);
        assert_eq!(node.get("b").unwrap().span.column, 7);
        assert_eq!(only(br#"{"a": "\ud83d"}"#, "p.json"), ("SL004", 1, 7));
        assert_eq!(only(b"{\"a\": 1e999}", "p.json"), ("SL004", 1, 7));
        assert_eq!(only(b"{\n \"a\": 01}", "p.json"), ("SL004", 2, 8));
        assert_eq!(only("{\"é\": x}".as_bytes(), "p.json"), ("SL004", 1, 7));
        assert_eq!(only(b"version: 1", "p.json").0, "SL004");
        assert_eq!(only(b"", "p.json").0, "SL004");
    }

    #[test]
    fn unreadable_files_say_where() {
        for (text, found) in [
            ("version: 1\nname: a\0b", ("SL003", 2, 8)),
            ("a: \u{1b}[31m", ("SL003", 1, 4)),
            ("a:\n\t- b\n", ("SL004", 2, 2)),
            ("a: b: c\n", ("SL004", 1, 5)),
            ("a: [1, 2\n", ("SL004", 2, 1)),
            ("a: \"open\n", ("SL004", 1, 4)),
            ("a: *unknown\n", ("SL004", 1, 4)),
            ("", ("SL009", 1, 1)),
            ("# only a comment\n", ("SL009", 1, 1)),
            ("a: 1\n---\nb: 2\n", ("SL009", 2, 1)),
            ("a: !!python/object:os.system x\n", ("SL010", 1, 4)),
            ("a: !secret x\n", ("SL010", 1, 4)),
            ("a: !!set {x}\n", ("SL010", 1, 4)),
            ("a: &a [1, *a]\n", ("SL011", 1, 11)),
            ("? [a]\n: b\n", ("SL008", 1, 3)),
            ("1: b\n", ("SL008", 1, 1)),
            ("a: {true: b}\n", ("SL008", 1, 5)),
            ("? \n: b\n", ("SL008", 2, 1)),
        ] {
            assert_eq!(only(text.as_bytes(), "p.yaml"), found, "{text:?}");
        }
        assert_eq!(only(b"a: 1\nb: caf\xe9\n", "p.yaml"), ("SL002", 2, 7));
        assert_eq!(only(b"\xff\xfea\0", "p.yaml"), ("SL002", 1, 1));
    }

    #[test]
    fn every_duplicate_key_is_reported() {
        let text = "a: 1\nb: {c: 1, c: 2}\na: 2\nd: [{e: 1, \"e\": 2}]\n";
        let found = errors(text.as_bytes(), "p.yaml");
        let expected = [
            ("SL007", 2, 11, "b.c".to_owned()),
            ("SL007", 4, 12, "d[0].e".to_owned()),
            ("SL007", 3, 1, "a".to_owned()),
        ];
        assert_eq!(found, expected);
        let in_json = errors(br#"{"x y": {"a": 1, "\u0061": 2}}"#, "p.json");
        assert_eq!(in_json, [("SL007", 1, 18, "[\"x y\"].a".to_owned())]);
    }

    #[test]
    fn aliases_stand_for_their_value() {
        let node = yaml("a: &x {k: [1]}\nb: *x\nc: &k key\nd: {*k : 1}\n");
        assert_eq!(node.get("b"), node.get("a"));
        assert!(node.get("d").unwrap().get("key").is_some());
    }

    #[test]
    fn hostile_files_end_soon() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        let mut ladder = "a0: &a0 [x]\n".to_owned();
        for i in 1..40 {
            let before = i - 1;
            let nine = vec![format!("*a{before}"); 9].join(", ");
            bomb += &format!("a{i}: &a{i} [{nine}]\n");
        }
        for i in 1..10_000 {
            ladder += &format!("a{i}: &a{i} [*a{}]\n", i - 1);
        }
        let deep_block = (0..10_000).fold(String::new(), |text, i| {
            text + &" ".repeat(i.min(100)) + "- \n"
        });
        let size = 1 << 20;
        for (name, text, code) in [
            ("bomb", bomb, "SL006"),
            ("ladder", ladder, "SL005"),
            ("deep flow", "[".repeat(10_000), "SL005"),
            (
                "deep json",
                "[".repeat(10_000) + &"]".repeat(10_000),
                "SL005",
            ),
            ("deep flow map", "{a: ".repeat(10_000), "SL005"),
            ("deep block", "- ".repeat(10_000), "SL005"),
            ("deep block lines", deep_block, ""),
            ("deep keys", "? ".repeat(10_000), "SL005"),
            ("ten megabytes", "a".repeat(10 << 20), "SL001"),
            (
                "many values",
                "[".to_owned() + &"a,".repeat(size / 2),
                "SL006",
            ),
            (
                "many json values",
                format!("[{}1]", "1,".repeat(size / 2)),
                "SL006",
            ),
            ("many lines", "- a\n".repeat(size / 4), "SL006"),
            ("many keys", "a:\n".repeat(size / 3), "SL006"),
            ("one long text", "a".repeat(size), ""),
            (
                "one long quoted text",
                format!("\"{}\"", "a".repeat(size)),
                "",
            ),
            (
                "one long block",
                "a: |\n".to_owned() + &"  a\n".repeat(size / 4 - 2),
                "",
            ),
            (
                "long folded text",
                "a: >\n".to_owned() + &"  a\n".repeat(size / 4 - 2),
                "",
            ),
            (
                "long plain text",
                "a: b\n".to_owned() + &"  a\n".repeat(size / 4 - 2),
                "",
            ),
            ("anchors", "&a ".repeat(size / 3), "SL004"),
            ("many anchors", "- &a x\n".repeat(size / 7), "SL006"),
            ("comments", "#\n".repeat(size / 2), "SL009"),
            ("spaces", " ".repeat(size), "SL009"),
            ("line ends", "\n".repeat(size), "SL009"),
            ("colons", ": ".repeat(10_000), ""),
            ("tabs", "\t".repeat(size), ""),
            ("documents", "---\n".repeat(size / 4), "SL009"),
            ("tags", "!a ".repeat(size / 3), ""),
        ] {
            let found = read(text.as_bytes(), "p.yaml").err();
            let first = found.as_ref().and_then(|found| found.first());
            if !code.is_empty() {
                assert_eq!(first.map(|p| p.code.id), Some(code), "{name}: {first:?}");
            }
        }
    }
}
