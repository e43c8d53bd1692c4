//! A policy, ready to decide: rules indexed by what they match, conditions as one list in which
//! equal conditions are one node.

use std::collections::HashMap;

#[cfg(feature = "server")]
use super::document::PolicyCard;
use super::document::{
    Condition, Dependency, Document, Predicate, PredicateMapper, PredicateOf, Rule, Selector,
};
use super::glob::NameKind;
use super::index::{CompiledSelector, MatchIndex, SelectorIndex};
#[cfg(feature = "server")]
use super::time::Window;
use super::time::{SettledWindow, WindowState};
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
    /// The selectors of `kernel` conditions, each once; leads to the condition's number.
    pub(super) kernel_index: SelectorIndex,
    /// The rules that have a window.
    pub(super) windowed_rules: Vec<u32>,
    /// The rules of the policy's own cards, whose numbers follow those of the document's rules.
    #[cfg(feature = "server")]
    pub(super) card_rules: Vec<Rule>,
    /// The node of `preview`.
    #[cfg(feature = "server")]
    pub(super) preview: Option<u32>,
    /// The node of `list_hidden`.
    #[cfg(feature = "server")]
    pub(super) list_hidden: Option<u32>,
}

/// What deciding needs of a rule.
#[derive(Debug)]
pub(super) struct CompiledRule {
    /// When its conditions can hold, if not always.
    pub(super) window: Option<RuleWindow>,
    pub(super) show_when: Option<u32>,
    pub(super) hide_when: Option<u32>,
    pub(super) dependency: Dependency,
    /// The numbers of its `kernel` conditions.
    pub(super) kernel_conditions: Vec<u32>,
}

/// The time window of a rule.
#[derive(Debug)]
pub(super) enum RuleWindow {
    /// As a page has it.
    Settled(SettledWindow),
    /// As a policy file has it.
    #[cfg(feature = "server")]
    Calendar(Window),
}

impl RuleWindow {
    fn new(document: &Document, rule: &Rule) -> Option<Self> {
        #[cfg(feature = "server")]
        if rule.has_calendar() {
            return Some(Self::Calendar(rule.calendar(document.timezone.as_ref())));
        }
        #[cfg(feature = "server")]
        let settled = rule.window.clone();
        #[cfg(not(feature = "server"))]
        let settled = rule.settled_window();
        let _ = document;
        settled.map(Self::Settled)
    }

    /// The window at a time; `None` if nothing is known of that time.
    pub(super) fn state(&self, now_ms: i64) -> Option<WindowState> {
        match self {
            Self::Settled(window) => window.state(now_ms),
            #[cfg(feature = "server")]
            Self::Calendar(window) => Some(window.state(now_ms)),
        }
    }
}

/// A predicate with compiled selectors, the numbers of `kernel` conditions, and the numbers of the nodes within it.
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
        #[cfg(feature = "server")]
        let card_rules: Vec<Rule> = document.cards.iter().filter_map(PolicyCard::rule).collect();
        #[cfg(feature = "server")]
        let all_rules = || document.rules.iter().chain(&card_rules);
        #[cfg(not(feature = "server"))]
        let all_rules = || document.rules.iter();
        let rules: Vec<CompiledRule> = all_rules()
            .map(|rule| compiler.rule(&document, rule))
            .collect();
        #[cfg(feature = "server")]
        let preview = document
            .preview
            .as_ref()
            .map(|condition| compiler.node(condition));
        #[cfg(feature = "server")]
        let list_hidden = document
            .list_hidden
            .as_ref()
            .map(|condition| compiler.node(condition));
        let Compiler {
            nodes,
            kernel_index,
            ..
        } = compiler;
        let has_window =
            |(number, rule): (u32, &CompiledRule)| rule.window.as_ref().map(|_| number);
        let windowed_rules = (0..).zip(&rules).filter_map(has_window).collect();
        let mut rule_index = MatchIndex::default();
        for (number, rule) in (0..).zip(all_rules()) {
            rule_index.add(&rule.matches, rule.policy_card.as_ref(), number);
        }
        let mut tag_index = MatchIndex::default();
        for (number, (_, targets)) in (0..).zip(&document.tags.0) {
            tag_index.add(&targets.0, None, number);
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
            kernel_index,
            windowed_rules,
            #[cfg(feature = "server")]
            card_rules,
            #[cfg(feature = "server")]
            preview,
            #[cfg(feature = "server")]
            list_hidden,
            document,
        }
    }

    /// As it was read.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The document, without what was compiled.
    #[cfg(feature = "server")]
    pub(super) fn into_document(self) -> Document {
        self.document
    }

    /// A rule as it was read: of `rules`, or of a card of the policy.
    pub(crate) fn source_rule(&self, rule: u32) -> Option<&Rule> {
        let rules = &self.document.rules;
        let rule = rule as usize;
        #[cfg(feature = "server")]
        if let Some(of_card) = rule.checked_sub(rules.len()) {
            return self.card_rules.get(of_card);
        }
        rules.get(rule)
    }

    /// The ids of all rules, those of the policy's cards last.
    #[cfg(feature = "server")]
    pub fn rule_ids(&self) -> impl Iterator<Item = &str> {
        let rules = self.document.rules.iter().chain(&self.card_rules);
        rules.map(|rule| rule.id.as_str())
    }

    pub(super) fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(number as usize)
    }
}

#[derive(Default)]
struct Compiler<'d> {
    nodes: Vec<Node>,
    kernel_index: SelectorIndex,
    known_conditions: HashMap<&'d Condition, u32>,
    known_kernels: HashMap<&'d Selector, u32>,
}

impl<'d> Compiler<'d> {
    fn rule(&mut self, document: &Document, rule: &'d Rule) -> CompiledRule {
        let show_when = rule
            .show_when
            .as_ref()
            .map(|condition| self.node(condition));
        let hide_when = rule
            .hide_when
            .as_ref()
            .map(|condition| self.node(condition));
        let mut kernel_conditions = Vec::new();
        let mut open: Vec<u32> = show_when.into_iter().chain(hide_when).collect();
        let mut dependency = Dependency::Context;
        while let Some(number) = open.pop() {
            let Some(node) = self.nodes.get(number as usize) else {
                continue;
            };
            dependency = dependency.max(node.dependency);
            if let PredicateOf::Kernel(condition) = &node.predicate {
                kernel_conditions.push(*condition);
            }
            open.extend(node.predicate.conditions());
        }
        kernel_conditions.sort_unstable();
        kernel_conditions.dedup();
        CompiledRule {
            window: RuleWindow::new(document, rule),
            show_when,
            hide_when,
            dependency,
            kernel_conditions,
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

impl<'d> PredicateMapper<'d, Selector, Selector, Condition> for Compiler<'d> {
    type Selector = CompiledSelector;
    type Kernel = u32;
    type Condition = u32;

    fn selector(&mut self, selector: &'d Selector) -> CompiledSelector {
        CompiledSelector::new(selector, NameKind::Text)
    }

    fn kernel(&mut self, selector: &'d Selector) -> u32 {
        if let Some(&known) = self.known_kernels.get(selector) {
            return known;
        }
        let number = self.kernel_index.len() as u32;
        let compiled = CompiledSelector::new(selector, NameKind::Kernel);
        self.kernel_index.add(compiled, number);
        self.known_kernels.insert(selector, number);
        number
    }

    fn condition(&mut self, condition: &'d Condition) -> u32 {
        self.node(condition)
    }
}
