//! A policy, ready to decide: rules indexed by what they match, conditions as one list in which
//! equal conditions are one node.

use std::collections::HashMap;

use super::document::{
    Condition, Dependency, Document, Predicate, PredicateMapper, PredicateOf, Rule, Selector,
};
use super::index::{CompiledSelector, MatchIndex};
use crate::scopes::{CustomScope, Definitions};

/// A compiled policy. It holds nothing about a visitor: many sessions may share it.
#[derive(Debug)]
pub struct Policy {
    pub(super) document: Document,
    pub(super) definitions: Definitions,
    /// By number of the rule in the document.
    pub(super) rules: Vec<CompiledRule>,
    pub(super) rule_index: MatchIndex,
    /// Leads to the number of the tag in the document.
    pub(super) tag_index: MatchIndex,
    /// Parts before wholes: the children of a node have smaller numbers.
    pub(super) nodes: Vec<Node>,
    /// The kernels that conditions name, as [`normalize_kernel_name`](super::card::normalize_kernel_name)
    /// writes them.
    pub(super) kernels: Vec<String>,
    /// Sorted: when a window opens or closes.
    pub(super) boundaries_ms: Vec<i64>,
    /// The node of `preview`.
    #[cfg(feature = "server")]
    pub(super) preview: Option<u32>,
}

/// What deciding needs of a rule.
#[derive(Debug)]
pub(super) struct CompiledRule {
    pub(super) from_ms: i64,
    pub(super) until_ms: i64,
    pub(super) show_when: Option<u32>,
    pub(super) hide_when: Option<u32>,
    pub(super) dependency: Dependency,
    /// Kernels that its conditions name, by number.
    pub(super) kernels: Vec<u32>,
}

impl CompiledRule {
    /// `None`: it has a window, and the time is not known.
    pub(super) fn is_in_force(&self, now_ms: Option<i64>) -> Option<bool> {
        match now_ms {
            Some(now_ms) => Some(self.from_ms <= now_ms && now_ms < self.until_ms),
            None if self.from_ms == i64::MIN && self.until_ms == i64::MAX => Some(true),
            None => None,
        }
    }
}

/// A predicate with compiled selectors, the numbers of kernels, and the numbers of the nodes within it.
pub(super) type CompiledPredicate = PredicateOf<CompiledSelector, u32, u32>;

/// A condition or one predicate of it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) predicate: CompiledPredicate,
    pub(super) dependency: Dependency,
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
        #[cfg(feature = "server")]
        let preview = document
            .preview
            .as_ref()
            .map(|condition| compiler.node(condition));
        let Compiler {
            nodes,
            kernels,
            mut boundaries_ms,
            ..
        } = compiler;
        boundaries_ms.sort_unstable();
        boundaries_ms.dedup();
        let mut rule_index = MatchIndex::default();
        for (number, rule) in (0..).zip(&document.rules) {
            for (key, selector) in &rule.matches.0 {
                rule_index.add(*key, selector, number);
            }
        }
        let mut tag_index = MatchIndex::default();
        for (number, (_, targets)) in (0..).zip(&document.tags.0) {
            for (key, selector) in &targets.0.0 {
                tag_index.add(*key, selector, number);
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
            boundaries_ms,
            #[cfg(feature = "server")]
            preview,
            document,
        }
    }

    /// As it was read.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// A rule as it was read.
    pub(super) fn source_rule(&self, rule: u32) -> Option<&Rule> {
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
    boundaries_ms: Vec<i64>,
    known_conditions: HashMap<&'d Condition, u32>,
    known_kernels: HashMap<String, u32>,
}

impl<'d> Compiler<'d> {
    fn rule(&mut self, rule: &'d Rule) -> CompiledRule {
        let from_ms = rule.from.as_ref().map(|from| from.start_ms());
        let until_ms = rule.until.as_ref().map(|until| until.end_ms());
        self.boundaries_ms
            .extend(from_ms.into_iter().chain(until_ms));
        let show_when = rule
            .show_when
            .as_ref()
            .map(|condition| self.node(condition));
        let hide_when = rule
            .hide_when
            .as_ref()
            .map(|condition| self.node(condition));
        let mut kernels = Vec::new();
        let mut open: Vec<u32> = show_when.into_iter().chain(hide_when).collect();
        let mut dependency = Dependency::Context;
        while let Some(number) = open.pop() {
            let Some(node) = self.nodes.get(number as usize) else {
                continue;
            };
            dependency = dependency.max(node.dependency);
            if let PredicateOf::Kernel(kernel) = &node.predicate {
                kernels.push(*kernel);
            }
            open.extend(node.predicate.conditions());
        }
        kernels.sort_unstable();
        kernels.dedup();
        CompiledRule {
            from_ms: from_ms.unwrap_or(i64::MIN),
            until_ms: until_ms.unwrap_or(i64::MAX),
            show_when,
            hide_when,
            dependency,
            kernels,
        }
    }

    /// The node of a condition. The document's depth is limited, and so is this recursion.
    fn node(&mut self, condition: &'d Condition) -> u32 {
        if let Some(&known) = self.known_conditions.get(condition) {
            return known;
        }
        let predicates: Vec<u32> = condition
            .0
            .iter()
            .map(|predicate: &'d Predicate| {
                let compiled = predicate.map(self);
                self.push(compiled)
            })
            .collect();
        let number = match predicates.as_slice() {
            [one] => *one,
            _ => self.push(PredicateOf::All(predicates)),
        };
        self.known_conditions.insert(condition, number);
        number
    }

    fn push(&mut self, predicate: CompiledPredicate) -> u32 {
        let dependency = predicate.dependency(|part| {
            let part = self.nodes.get(*part as usize);
            part.map_or(Dependency::Context, |node| node.dependency)
        });
        self.nodes.push(Node {
            predicate,
            dependency,
        });
        self.nodes.len() as u32 - 1
    }
}

impl<'d> PredicateMapper<'d, Selector, String, Condition> for Compiler<'d> {
    type Selector = CompiledSelector;
    type Kernel = u32;
    type Condition = u32;

    fn selector(&mut self, selector: &'d Selector) -> CompiledSelector {
        CompiledSelector::new(selector, false)
    }

    fn kernel(&mut self, name: &'d String) -> u32 {
        let name = super::card::normalize_kernel_name(name);
        if let Some(&known) = self.known_kernels.get(&name) {
            return known;
        }
        let number = self.kernels.len() as u32;
        self.kernels.push(name.clone());
        self.known_kernels.insert(name, number);
        number
    }

    fn condition(&mut self, condition: &'d Condition) -> u32 {
        self.node(condition)
    }
}
