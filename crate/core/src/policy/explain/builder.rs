//! Puts together the parts of an explanation.

use std::borrow::Cow;

use super::codes::{ExplanationCode, Part};
use crate::policy::compile::CompiledRule;
use crate::policy::decide::{Evaluation, Reason};
use crate::policy::document::{Condition, Pattern, Predicate, PredicateOf, Rule, Selector};
use crate::policy::evaluate::CardRef;
use crate::policy::outcome::{EvalError, Outcome};
use crate::policy::session::{DecisionPass, Session};
use crate::policy::time::describe_window;

/// An explanation of one card that is being put together.
pub(super) struct ExplanationBuilder<'s> {
    pub(super) session: &'s Session,
    pass: &'s DecisionPass,
    pub(super) card: CardRef<'s>,
    audience: Vec<Part<'s>>,
    facts: Vec<Part<'s>>,
}

impl<'s> ExplanationBuilder<'s> {
    pub(super) fn new(session: &'s Session, pass: &'s DecisionPass, card: CardRef<'s>) -> Self {
        Self {
            session,
            pass,
            card,
            audience: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// The decision, whom it concerns, and the facts.
    pub(super) fn build(mut self, evaluation: &Evaluation) -> Vec<Part<'s>> {
        let mut parts = vec![self.describe(evaluation)];
        parts.append(&mut self.audience);
        parts.append(&mut self.facts);
        parts
    }

    /// The decision; whom it concerns and the facts are collected on the way.
    fn describe(&mut self, evaluation: &Evaluation) -> Part<'s> {
        let rules: Vec<(u32, &'s Rule, &'s CompiledRule)> = evaluation
            .decisive()
            .filter_map(|number| {
                let policy = &self.session.policy;
                let rule = policy.rules.get(number as usize)?;
                Some((number, policy.source_rule(number)?, rule))
            })
            .collect();
        let code = match (evaluation.reason, evaluation.visible) {
            (Reason::Default, true) => ExplanationCode::ShownByDefault,
            (Reason::Default, false) => ExplanationCode::HiddenByDefault,
            (Reason::NoHub, true) => ExplanationCode::ShownWithoutHub,
            (Reason::NoHub, false) => ExplanationCode::HiddenWithoutHub,
            (Reason::ShowWhen, _) => ExplanationCode::ShownTo,
            (Reason::HideWhen, _) => ExplanationCode::HiddenFrom,
            (Reason::NotShown, _) => {
                if let Some((number, rule, _)) = rules.first() {
                    if never_shows(rule) {
                        return part(ExplanationCode::NeverShown, "");
                    }
                    if self.session.is_window_open(self.pass, *number) == Some(false) {
                        let window = self.session.window_in_words(rule);
                        return part(ExplanationCode::ShownOnlyDuring, window);
                    }
                }
                ExplanationCode::ShownOnlyTo
            }
            (Reason::Error, _) => {
                let first = rules.first();
                if let Some((number, _, rule)) = first {
                    if self.session.is_window_open(self.pass, *number).is_none() {
                        self.add_fact(ExplanationCode::NoTime, "");
                    }
                    self.describe_errors(rule.hide_when.into_iter().chain(rule.show_when));
                }
                let id = first.map_or("", |(_, rule, _)| rule.id.as_str());
                return part(ExplanationCode::RuleFails, id);
            }
        };
        // The first rule that decided is described; which others there are does not matter to the visitor.
        if let Some((_, source, rule)) = rules.first() {
            let (condition, node) = match evaluation.reason {
                Reason::HideWhen => (source.hide_when.as_ref(), rule.hide_when),
                Reason::ShowWhen | Reason::NotShown => (source.show_when.as_ref(), rule.show_when),
                Reason::Default | Reason::NoHub | Reason::Error => (None, None),
            };
            if let (Some(condition), Some(node)) = (condition, node) {
                self.describe_condition(condition, node, false);
                if source.has_calendar() && evaluation.reason != Reason::NotShown {
                    let window = self.session.window_in_words(source);
                    self.add_fact(ExplanationCode::Window, window);
                }
            }
        }
        part(code, "")
    }

    pub(super) fn outcome(&self, node: u32) -> Outcome {
        self.session.outcome(self.pass, node, Some(self.card))
    }

    /// Says whom a condition is about, as far as it made the outcome what it is.
    pub(super) fn describe_condition(
        &mut self,
        condition: &'s Condition,
        node: u32,
        is_inner: bool,
    ) {
        let compiled = self.session.policy.node(node);
        match (condition.0.as_slice(), compiled.map(|node| &node.predicate)) {
            ([predicate], _) => self.describe_predicate(predicate, node, is_inner),
            (predicates, Some(PredicateOf::All(nodes))) => {
                let parts = predicates.iter().zip(nodes.iter().copied());
                self.describe_several(
                    parts,
                    node,
                    ExplanationCode::And,
                    is_inner,
                    Self::describe_predicate,
                );
            }
            _ => {}
        }
    }

    /// Describes those parts of a whole that made its outcome what it is, with a word between them.
    pub(super) fn describe_several<T: Copy>(
        &mut self,
        parts: impl Iterator<Item = (T, u32)>,
        whole: u32,
        between: ExplanationCode,
        is_inner: bool,
        describe: fn(&mut Self, T, u32, bool),
    ) {
        let outcome = self.outcome(whole);
        let relevant: Vec<(T, u32)> = parts
            .filter(|&(_, node)| self.outcome(node) == outcome)
            .collect();
        let are_several = relevant.len() > 1;
        if are_several && is_inner {
            self.add(ExplanationCode::Open, "");
        }
        for (count, &(part, node)) in relevant.iter().enumerate() {
            if count > 0 {
                self.add(between, "");
            }
            describe(self, part, node, is_inner || are_several);
        }
        if are_several && is_inner {
            self.add(ExplanationCode::Close, "");
        }
    }

    /// Says why conditions have no outcome.
    fn describe_errors(&mut self, nodes: impl Iterator<Item = u32>) {
        for node in nodes {
            if let Outcome::Error(error) = self.outcome(node) {
                let code = match error {
                    EvalError::NoOwner => ExplanationCode::NoOwner,
                    EvalError::BadScope => ExplanationCode::BadScope,
                    EvalError::NoServer => ExplanationCode::NoServer,
                    EvalError::NoCard => ExplanationCode::NoCard,
                    EvalError::Kernel(condition) => {
                        let kernels = self.session.names_of_selected_kernels(condition);
                        self.add_fact(ExplanationCode::KernelFails, kernels);
                        continue;
                    }
                };
                self.add_fact(code, "");
            }
        }
    }

    /// Adds to whom the decision concerns.
    pub(super) fn add(&mut self, code: ExplanationCode, value: impl Into<Cow<'s, str>>) {
        self.audience.push(part(code, value));
    }

    pub(super) fn add_unless(&mut self, wanted: bool, code: ExplanationCode) {
        if !wanted {
            self.add(ExplanationCode::Not, "");
        }
        self.add(code, "");
    }

    pub(super) fn add_selector(&mut self, code: ExplanationCode, selector: &Selector) {
        let except = ExplanationCode::Except;
        for (code, patterns) in [(code, &selector.include), (except, &selector.except)] {
            if !patterns.is_empty() || code != except {
                self.add(code, in_words(patterns));
            }
        }
    }

    /// Adds what is true of the visitor or the card, once.
    pub(super) fn add_fact(&mut self, code: ExplanationCode, value: impl Into<Cow<'s, str>>) {
        let fact = part(code, value);
        if !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
    }
}

/// The texts of a selector.
pub(super) fn in_words(patterns: &[Pattern]) -> String {
    let patterns: Vec<&str> = patterns.iter().map(Pattern::as_str).collect();
    patterns.join(", ")
}

impl Session {
    /// The window of a rule, as its policy has it.
    fn window_in_words(&self, rule: &Rule) -> String {
        let zone = self.policy.document.timezone.as_ref();
        describe_window(rule.from.as_ref(), rule.until.as_ref(), &rule.weekly, zone)
    }

    /// The names of the kernels that a `kernel` condition selects.
    fn names_of_selected_kernels(&self, condition: u32) -> String {
        let selected = self.matches.selected_kernels.get(condition as usize);
        let kernels = selected.into_iter().flatten();
        let kernels = kernels.filter_map(|&kernel| self.matches.kernels.get(kernel as usize));
        let names: Vec<&str> = kernels.map(|kernel| kernel.name.as_str()).collect();
        names.join(", ")
    }
}

fn part<'s>(code: ExplanationCode, value: impl Into<Cow<'s, str>>) -> Part<'s> {
    let value = value.into();
    Part { code, value }
}

fn never_shows(rule: &Rule) -> bool {
    let condition = rule
        .show_when
        .as_ref()
        .map(|condition| condition.0.as_slice());
    matches!(condition, Some([Predicate::Always(false)]))
}
