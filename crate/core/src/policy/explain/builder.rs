//! Puts together the parts of an explanation.

use std::borrow::Cow;

use super::codes::{ExplanationCode, Part};
use crate::policy::compile::CompiledRule;
use crate::policy::decide::{Evaluation, Reason};
use crate::policy::document::{Condition, Predicate, PredicateOf, Rule, Selector};
use crate::policy::evaluate::CardRef;
use crate::policy::outcome::{EvalError, Outcome};
use crate::policy::session::{DecisionPass, Session};

/// So many rules are named; the rest are "further rules".
const MAX_RULES_NAMED: usize = 3;

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
            (Reason::NotShown, _) if matches!(rules.as_slice(), [(_, rule, _)] if never_shows(rule)) =>
            {
                return part(ExplanationCode::NeverShown, "");
            }
            (Reason::NotShown, _) => ExplanationCode::ShownOnlyTo,
            (Reason::Error, _) => {
                let first = rules.first();
                if let Some((number, _, rule)) = first {
                    if self.session.lacks_time(self.pass, *number) {
                        self.add_fact(ExplanationCode::NoTime, "");
                    }
                    self.describe_errors(rule.hide_when.into_iter().chain(rule.show_when));
                }
                let id = first.map_or("", |(_, rule, _)| rule.id.as_str());
                return part(ExplanationCode::RuleFails, id);
            }
        };
        match evaluation.reason {
            // One rule is enough to hide a card, or to show it.
            Reason::HideWhen => {
                if let Some((_, source, rule)) = rules.first() {
                    self.describe_rule(source.hide_when.as_ref(), rule.hide_when);
                }
            }
            Reason::ShowWhen => {
                if let Some((_, source, rule)) = rules.first() {
                    self.describe_rule(source.show_when.as_ref(), rule.show_when);
                }
            }
            // All of them could have shown it.
            Reason::NotShown => {
                for (count, (_, source, rule)) in rules.iter().enumerate() {
                    if count > 0 {
                        self.add(ExplanationCode::Or, "");
                    }
                    if count == MAX_RULES_NAMED {
                        self.add(ExplanationCode::Others, "");
                        break;
                    }
                    self.describe_rule(source.show_when.as_ref(), rule.show_when);
                }
            }
            Reason::Default | Reason::NoHub | Reason::Error => {}
        }
        part(code, "")
    }

    fn describe_rule(&mut self, condition: Option<&'s Condition>, node: Option<u32>) {
        if let (Some(condition), Some(node)) = (condition, node) {
            self.describe_condition(condition, node, false);
        }
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
                    EvalError::Kernel(kernel) => {
                        let name = self.session.policy.kernels.get(kernel as usize);
                        let name = name.map_or("", String::as_str);
                        self.add_fact(ExplanationCode::KernelFails, name);
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
                let patterns: Vec<&str> = patterns.iter().map(|pattern| pattern.as_str()).collect();
                self.add(code, patterns.join(", "));
            }
        }
    }

    /// Adds what is true of the visitor or the card, once.
    pub(super) fn add_fact(&mut self, code: ExplanationCode, value: &'s str) {
        let fact = part(code, value);
        if !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
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
