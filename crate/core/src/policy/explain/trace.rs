//! Tracing: every rule that matches a card, every condition of it, and the fact that decided it.

use serde::Serialize;

use crate::policy::document::{Condition, Predicate, PredicateOf};
use crate::policy::evaluate::CardRef;
use crate::policy::outcome::Outcome;
use crate::policy::session::{DecisionPass, Session};

/// A rule that matches the card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleTrace<'s> {
    /// Its id.
    pub rule: &'s str,
    /// Is its time window open?
    pub in_force: bool,
    /// Its conditions, wholes before their parts; none where they were not evaluated (its window is closed, or
    /// there is no Hub).
    pub conditions: Vec<ConditionTrace<'s>>,
}

/// One predicate of a condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConditionTrace<'s> {
    /// Where it stands in the rule, such as `show_when.any[0].group`.
    pub path: String,
    /// As written, such as `{"group": "class-*"}`; `None` for `all`, `any` and `not`, whose parts follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<&'s Predicate>,
    /// Whether it holds; `None` (in JSON `null`) if that could not be found out.
    pub outcome: Option<bool>,
    /// The fact that made it so; `None` for `all`, `any` and `not`, whose parts have facts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
}

impl Session {
    /// Traces what the last [`Session::decide`] decided on a card; `None` as for [`Session::decision`].
    #[must_use]
    pub fn trace(&self, card: usize) -> Option<Vec<RuleTrace<'_>>> {
        let pass = self.pass.as_ref()?;
        let rules = self.evaluate_card(pass, card)?.rules;
        let card = self.visitor.card_ref(self.cards.get(card)?);
        let trace = rules.iter().filter_map(|&number| {
            let source = self.policy.source_rule(number)?;
            let rule = self.policy.rules.get(number as usize)?;
            let in_force = self.is_window_open(pass, number) == Some(true);
            let mut tracer = Tracer {
                session: self,
                pass,
                card,
                path: String::new(),
                conditions: Vec::new(),
            };
            if in_force && self.decides_by_rules() {
                for (key, condition, node) in [
                    ("hide_when", &source.hide_when, rule.hide_when),
                    ("show_when", &source.show_when, rule.show_when),
                ] {
                    if let (Some(condition), Some(node)) = (condition, node) {
                        key.clone_into(&mut tracer.path);
                        tracer.condition(condition, node);
                    }
                }
            }
            Some(RuleTrace {
                rule: &source.id,
                in_force,
                conditions: tracer.conditions,
            })
        });
        Some(trace.collect())
    }
}

struct Tracer<'s> {
    session: &'s Session,
    pass: &'s DecisionPass,
    card: CardRef<'s>,
    path: String,
    conditions: Vec<ConditionTrace<'s>>,
}

impl<'s> Tracer<'s> {
    fn condition(&mut self, condition: &'s Condition, node: u32) {
        let compiled = self.session.policy.node(node).map(|node| &node.predicate);
        match (condition.0.as_slice(), compiled) {
            ([predicate], _) => self.predicate(predicate, node),
            (predicates, Some(PredicateOf::All(nodes))) => {
                for (predicate, &node) in predicates.iter().zip(nodes) {
                    self.predicate(predicate, node);
                }
            }
            _ => {}
        }
    }

    fn predicate(&mut self, predicate: &'s Predicate, node: u32) {
        let length = self.path.len();
        self.path.push('.');
        self.path.push_str(predicate.key());
        let outcome = self.session.outcome(self.pass, node, Some(self.card));
        let compiled = self.session.policy.node(node).map(|node| &node.predicate);
        let parts = predicate.conditions();
        let fact = self
            .session
            .fact(self.pass, predicate, compiled, self.card, outcome);
        self.conditions.push(ConditionTrace {
            path: self.path.clone(),
            condition: parts.is_empty().then_some(predicate),
            outcome: match outcome {
                Outcome::Yes => Some(true),
                Outcome::No => Some(false),
                Outcome::Error(_) => None,
            },
            fact,
        });
        let nodes = compiled.map(PredicateOf::conditions).unwrap_or_default();
        for (number, (part, &node)) in parts.iter().zip(nodes).enumerate() {
            let length = self.path.len();
            if !matches!(predicate, Predicate::Not(_)) {
                self.path.push_str(&format!("[{number}]"));
            }
            self.condition(part, node);
            self.path.truncate(length);
        }
        self.path.truncate(length);
    }
}
