//! Builds the tree from what a parser reads, within its bounds.

use std::collections::HashMap;
use std::rc::Rc;

use super::error::{ReadResult, SourceError, source_error, too_deep, too_many};
use super::limits::{MAX_SOURCE_DEPTH, MAX_WEIGHT};
use super::node::{SourceEntry, SourceNode, SourceValue, path_to_item, path_to_key};
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::span::SourceSpan;

/// Builds the tree from a flat stream, so that no depth of input can exhaust the stack.
#[derive(Default)]
pub(super) struct Builder {
    open: Vec<Frame>,
    pub(super) root: Option<SourceNode>,
    anchors: HashMap<usize, Rc<Anchored>>,
    weight: usize,
    pub(super) errors: Vec<SourceError>,
}

struct Frame {
    span: SourceSpan,
    anchor: usize,
    weight_before: usize,
    container: Container,
}

pub(super) enum Container {
    List(Vec<SourceNode>),
    Map {
        entries: Vec<SourceEntry>,
        key: Option<(String, SourceSpan)>,
    },
}

impl Container {
    pub(super) fn empty_map() -> Self {
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
    pub(super) fn scalar(&mut self, raw: &str, node: SourceNode, anchor: usize) -> ReadResult {
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

    pub(super) fn open(
        &mut self,
        container: Container,
        span: SourceSpan,
        anchor: usize,
    ) -> ReadResult {
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

    pub(super) fn close(&mut self) -> ReadResult {
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

    pub(super) fn alias(&mut self, anchor: usize, span: SourceSpan) -> ReadResult {
        let Some(anchored) = self.anchors.get(&anchor).cloned() else {
            return Err(source_error(
                DiagnosticCode::ALIAS_IN_ITSELF,
                span,
                "This alias stands inside of what it stands for.",
                "Write the value out.",
            ));
        };
        self.check_depth(anchored.height, span)?;
        self.charge(anchored.weight, span)?;
        self.complete(anchored.node.clone(), 0, anchored.weight)
    }

    fn complete(&mut self, node: SourceNode, anchor: usize, weight: usize) -> ReadResult {
        if anchor > 0 {
            self.charge(weight, node.span)?;
            let anchored = Anchored {
                weight,
                height: node.height(),
                node: node.clone(),
            };
            self.anchors.insert(anchor, Rc::new(anchored));
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

    fn charge(&mut self, weight: usize, span: SourceSpan) -> ReadResult {
        self.weight += weight;
        if self.weight <= MAX_WEIGHT {
            return Ok(());
        }
        Err(too_many(span))
    }

    fn check_depth(&self, more: usize, span: SourceSpan) -> ReadResult {
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
