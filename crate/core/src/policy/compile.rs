//! A policy, ready to decide: rules indexed by what they match, conditions as one list in which
//! equal conditions are one node.

use std::collections::HashMap;

use super::index::{Index, Matcher};
use super::model::{Condition, Document, Scope, Test};
use crate::scopes::{CustomScope, Definitions};
use crate::sort::sort;

/// A compiled policy. It holds no facts: many sessions may share it.
#[derive(Debug)]
pub struct Policy {
    pub(super) document: Document,
    pub(super) definitions: Definitions,
    /// By number of the rule in the document.
    pub(super) rules: Vec<Rule>,
    pub(super) rule_index: Index,
    /// Leads to the number of the tag in the document.
    pub(super) tag_index: Index,
    /// Parts before wholes: the children of a node have smaller numbers.
    pub(super) nodes: Vec<Node>,
    /// The kernels that conditions name, in lower case.
    pub(super) kernels: Vec<String>,
    /// Sorted: when a window opens or shuts.
    pub(super) changes_ms: Vec<i64>,
    #[cfg(feature = "files")]
    pub(super) preview: Option<u32>,
}

/// What deciding needs of a rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) from_ms: i64,
    pub(super) until_ms: i64,
    pub(super) show_when: Option<u32>,
    pub(super) hide_when: Option<u32>,
    pub(super) needs: Needs,
    /// Kernels that its conditions name, by number.
    pub(super) kernels: Vec<u32>,
}

impl Rule {
    /// `None`: it has a window, and the time is not known.
    pub(super) fn is_in_force(&self, now_ms: Option<i64>) -> Option<bool> {
        match now_ms {
            Some(now_ms) => Some(self.from_ms <= now_ms && now_ms < self.until_ms),
            None if self.from_ms == i64::MIN && self.until_ms == i64::MAX => Some(true),
            None => None,
        }
    }
}

/// The most changeable thing that a condition depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Needs {
    /// The visitor's facts alone.
    Facts,
    /// Which kernels are shown: what rules are in force, too.
    Kernels,
    /// The card.
    Card,
}

/// A condition or one test of it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) what: What,
    pub(super) needs: Needs,
}

#[derive(Debug)]
pub(super) enum What {
    Group(Matcher),
    User(Matcher),
    Scope(Scope),
    Kernel(u32),
    Admin(bool),
    Owner(bool),
    Always(bool),
    All(Vec<u32>),
    Any(Vec<u32>),
    Not(u32),
}

impl Policy {
    /// Compiles a document.
    #[must_use]
    pub fn new(document: Document) -> Self {
        let mut compiler = Compiler::default();
        let rules = document
            .rules
            .iter()
            .map(|rule| compiler.rule(rule))
            .collect();
        #[cfg(feature = "files")]
        let preview = document
            .preview
            .as_ref()
            .map(|condition| compiler.condition(condition));
        let Compiler {
            nodes,
            kernels,
            mut changes_ms,
            ..
        } = compiler;
        sort(&mut changes_ms);
        changes_ms.dedup();
        let mut rule_index = Index::default();
        for (number, rule) in document.rules.iter().enumerate() {
            for (key, selector) in &rule.matches.0 {
                rule_index.add(*key, selector, number as u32);
            }
        }
        let mut tag_index = Index::default();
        for (number, (_, tagging)) in document.tags.0.iter().enumerate() {
            for (key, selector) in &tagging.0.0 {
                tag_index.add(*key, selector, number as u32);
            }
        }
        let custom_scopes = document.custom_scopes.0.iter().map(|(name, scope)| {
            let subscopes = scope.subscopes.clone();
            (
                name.clone(),
                CustomScope {
                    description: String::new(),
                    subscopes,
                },
            )
        });
        let definitions = Definitions::with_custom(custom_scopes);
        Self {
            definitions,
            rules,
            rule_index,
            tag_index,
            nodes,
            kernels,
            changes_ms,
            #[cfg(feature = "files")]
            preview,
            document,
        }
    }

    /// As it was read.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Can decisions change with the time alone?
    #[must_use]
    pub fn changes(&self) -> bool {
        !self.changes_ms.is_empty()
    }

    /// A rule as it was read.
    pub(super) fn written(&self, rule: u32) -> Option<&super::model::Rule> {
        self.document.rules.get(rule as usize)
    }

    pub(super) fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(number as usize)
    }
}

#[derive(Default)]
struct Compiler<'d> {
    nodes: Vec<Node>,
    kernels: Vec<String>,
    changes_ms: Vec<i64>,
    known_conditions: HashMap<&'d Condition, u32>,
    known_kernels: HashMap<String, u32>,
}

impl<'d> Compiler<'d> {
    fn rule(&mut self, rule: &'d super::model::Rule) -> Rule {
        let from_ms = rule.from.as_ref().map(|from| from.start_ms());
        let until_ms = rule.until.as_ref().map(|until| until.end_ms());
        self.changes_ms.extend(from_ms.into_iter().chain(until_ms));
        let show_when = rule
            .show_when
            .as_ref()
            .map(|condition| self.condition(condition));
        let hide_when = rule
            .hide_when
            .as_ref()
            .map(|condition| self.condition(condition));
        let mut kernels = Vec::new();
        let mut open: Vec<u32> = show_when.into_iter().chain(hide_when).collect();
        let mut needs = Needs::Facts;
        while let Some(number) = open.pop() {
            let Some(node) = self.nodes.get(number as usize) else {
                continue;
            };
            needs = needs.max(node.needs);
            match &node.what {
                What::Kernel(kernel) => kernels.push(*kernel),
                What::All(parts) | What::Any(parts) => open.extend(parts),
                What::Not(part) => open.push(*part),
                _ => {}
            }
        }
        sort(&mut kernels);
        kernels.dedup();
        Rule {
            from_ms: from_ms.unwrap_or(i64::MIN),
            until_ms: until_ms.unwrap_or(i64::MAX),
            show_when,
            hide_when,
            needs,
            kernels,
        }
    }

    /// The node of a condition. The document's depth is limited, and so is this recursion.
    fn condition(&mut self, condition: &'d Condition) -> u32 {
        if let Some(&known) = self.known_conditions.get(condition) {
            return known;
        }
        let tests: Vec<u32> = condition.0.iter().map(|test| self.test(test)).collect();
        let number = match tests.as_slice() {
            [one] => *one,
            _ => self.push(What::All(tests)),
        };
        self.known_conditions.insert(condition, number);
        number
    }

    fn test(&mut self, test: &'d Test) -> u32 {
        let what = match test {
            Test::Group(selector) => What::Group(Matcher::new(selector, false)),
            Test::User(selector) => What::User(Matcher::new(selector, false)),
            Test::Scope(scope) => What::Scope(scope.clone()),
            Test::Kernel(name) => What::Kernel(self.kernel(name)),
            Test::Admin(wanted) => What::Admin(*wanted),
            Test::Owner(wanted) => What::Owner(*wanted),
            Test::Always(wanted) => What::Always(*wanted),
            Test::All(parts) => What::All(parts.iter().map(|part| self.condition(part)).collect()),
            Test::Any(parts) => What::Any(parts.iter().map(|part| self.condition(part)).collect()),
            Test::Not(part) => What::Not(self.condition(part)),
        };
        self.push(what)
    }

    fn kernel(&mut self, name: &str) -> u32 {
        let name = name.to_ascii_lowercase();
        if let Some(&known) = self.known_kernels.get(&name) {
            return known;
        }
        let number = self.kernels.len() as u32;
        self.kernels.push(name.clone());
        self.known_kernels.insert(name, number);
        number
    }

    fn push(&mut self, what: What) -> u32 {
        let of = |part: &u32| {
            self.nodes
                .get(*part as usize)
                .map_or(Needs::Facts, |node| node.needs)
        };
        let needs = match &what {
            What::Kernel(_) => Needs::Kernels,
            What::Scope(scope) if scope.has_placeholders() => Needs::Card,
            What::All(parts) | What::Any(parts) => {
                parts.iter().map(of).max().unwrap_or(Needs::Facts)
            }
            What::Not(part) => of(part),
            _ => Needs::Facts,
        };
        self.nodes.push(Node { what, needs });
        self.nodes.len() as u32 - 1
    }
}
