//! Checks a policy file. Each diagnostic says what is wrong, where, and what to write instead.
//!
//! The checks read the tree of [`source`](super::source), not the typed document, so that one run
//! reports everything: a wrong type in one rule does not hide a cycle between two others.

mod cards;
mod common;
mod conditions;
mod cursor;
mod grants;
mod kernels;
mod names;
mod overlaps;
mod pointless;
mod reporter;
mod roles;
mod rules;
mod schema_check;
mod scopes;
mod selectors;
mod settings;
mod suggest;
#[cfg(test)]
mod tests;
mod texts;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use self::cursor::Cursor;
use self::names::NameTable;
use self::reporter::Reporter;
use self::scopes::ScopeTable;
use super::compile::Policy;
use super::diagnostic::{Diagnostic, DiagnosticCode, Severity};
use super::document::{Condition, Document, PolicyCard, Predicate, Rule};
use super::source::{SourceNode, read};

pub use self::reporter::LintOptions;

/// A policy file's document and diagnostics.
#[derive(Debug)]
pub struct LintResult {
    /// The policy, unless there is an error.
    pub document: Option<Document>,
    /// Errors and warnings, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

impl LintResult {
    /// The diagnostics of one severity.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics
            .iter()
            .filter(move |diagnostic| diagnostic.severity == severity)
    }
}

/// Checks a policy file: YAML, or JSON (which a file named `*.json` must be).
///
/// `file` is only a name, for the diagnostics. Time and memory are in proportion to the file, whose
/// size is bounded, whatever is in it.
#[must_use]
pub fn check(bytes: &[u8], file: &str, options: &LintOptions) -> LintResult {
    let mut reporter = Reporter::new(file, options);
    let document = match read(bytes, file) {
        Ok(root) => check_document(&mut reporter, &root),
        Err(errors) => {
            for error in errors {
                reporter.add(
                    error.code,
                    error.span,
                    error.path,
                    error.message,
                    error.help,
                );
            }
            None
        }
    };
    LintResult {
        document,
        diagnostics: reporter.into_diagnostics(),
    }
}

/// Runs all checks; returns the document if none of them found an error.
fn check_document(reporter: &mut Reporter, root: &SourceNode) -> Option<Document> {
    let root = Cursor::root(root);
    schema_check::check(reporter, &root);
    let scopes = ScopeTable::new(&root);
    roles::check(reporter, &root, &scopes);
    let names = NameTable::new(&root, reporter.options.groups, scopes);
    rules::check(reporter, &root, &names);
    cards::check(reporter, &root, &names);
    kernels::check(reporter, &root);
    settings::check(reporter, &root, &names);
    pointless::check(reporter, &root);
    grants::check(reporter, &root, &names);
    texts::check(reporter, &root);
    let had_errors = reporter.has_errors();
    match Document::deserialize(root.node) {
        Ok(document) => {
            let policy = Policy::new(document);
            check_together(reporter, &root, &policy);
            (!reporter.has_errors()).then(|| policy.into_document())
        }
        Err(_) if had_errors => {
            check_together(reporter, &root, &Policy::new(readable_part(&root)));
            None
        }
        Err(error) => {
            // The schema is as strict as the reader, so this is a defect of lint.
            reporter.report(
                DiagnosticCode::WRONG_VALUE,
                &root,
                format!("This policy cannot be read: {error}."),
                "See docs/reference/policy.md.",
            );
            None
        }
    }
}

/// Checks what several rules come to together.
fn check_together(reporter: &mut Reporter, root: &Cursor, policy: &Policy) {
    kernels::check_cycles(reporter, root, policy);
    overlaps::check(reporter, root, policy);
}

/// What can be read of a policy with errors. Each rule and card keeps its position: where it cannot be read, one that
/// matches nothing stands in its place.
fn readable_part(root: &Cursor) -> Document {
    let rules = root.items_of("rules");
    let rules = rules.iter().map(|rule| {
        readable(rule).unwrap_or_else(|| {
            let mut json = rule.node.to_json();
            if let Some(keys) = json.as_object_mut() {
                keys.retain(|key, _| {
                    ["id", "match", "show_when", "hide_when"].contains(&key.as_str())
                });
            }
            Rule::deserialize(json).unwrap_or_else(|_| Rule::matching_nothing())
        })
    });
    let cards = root.items_of("cards");
    let cards = cards.iter().filter(|card| rules::has_condition(card));
    let cards = cards.map(|card| {
        readable(card).unwrap_or_else(|| PolicyCard {
            hide_when: Some(Condition(vec![Predicate::Always(false)])),
            ..PolicyCard::default()
        })
    });
    let part = |key| root.get(key);
    Document {
        rules: rules.collect(),
        cards: cards.collect(),
        tags: part("tags")
            .and_then(|tags| readable(&tags))
            .unwrap_or_default(),
        kernels: part("kernels")
            .and_then(|kernels| readable(&kernels))
            .unwrap_or_default(),
        ..Document::default()
    }
}

fn readable<T: DeserializeOwned>(cursor: &Cursor) -> Option<T> {
    T::deserialize(cursor.node).ok()
}
