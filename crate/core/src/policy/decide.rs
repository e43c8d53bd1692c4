//! Deciding: which cards does this visitor see now?

use serde::Serialize;

use super::document::{Dependency, Visibility};
use super::evaluate::CardRef;
use super::matching::RuleSet;
use super::outcome::{EvalError, Outcome, RuleEffects, combine};
use super::session::{DecisionPass, Session};

/// What was decided on a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision<'s> {
    /// The card's.
    pub id: &'s str,
    /// Shown or hidden.
    pub visible: bool,
    /// The id of the rule that decided; for `not_shown` the first rule that might have shown it, for
    /// `no_hub` the first rule that matched.
    pub rule: Option<&'s str>,
    /// Why.
    pub reason: Reason,
}

crate::text_enum! {
    /// Why a card is shown or hidden.
    pub enum Reason as "DecisionReason" {
        /// No rule that matches shows or hides it: the policy's `default`.
        Default = "default",
        /// A rule's `show_when` holds.
        ShowWhen = "show_when",
        /// A rule's `hide_when` holds.
        HideWhen = "hide_when",
        /// Rules say when to show it, and none of that holds.
        NotShown = "not_shown",
        /// A rule matches, and there is no Hub: the policy's `no_hub`.
        NoHub = "no_hub",
        /// A rule cannot be evaluated: hidden.
        Error = "error",
    }
}

/// What all rules that match a card come to.
pub(super) struct Evaluation<'s> {
    /// The rules that match, in the order of the policy.
    pub(super) rules: &'s [u32],
    /// The effects of each of them.
    effects: Vec<RuleEffects>,
    pub(super) visible: bool,
    pub(super) reason: Reason,
}

impl Evaluation<'_> {
    /// The rules that decided, in the order of the policy.
    pub(super) fn decisive(&self) -> impl Iterator<Item = u32> {
        let decisive = match self.reason {
            Reason::Default => RuleEffects::NONE,
            Reason::ShowWhen => RuleEffects::SHOW,
            Reason::HideWhen => RuleEffects::HIDE,
            Reason::NotShown => RuleEffects::NOT_SHOWN,
            Reason::NoHub => RuleEffects::APPLIES,
            Reason::Error => RuleEffects::ERROR,
        };
        self.rules
            .iter()
            .zip(&self.effects)
            .filter(move |(_, effects)| effects.has(decisive))
            .map(|(&rule, _)| rule)
    }
}

impl Session {
    /// Decides all cards at a time in milliseconds since the epoch: for each, whether it is visible.
    /// Where the time is not known (`None`), a rule with a window cannot be evaluated.
    ///
    /// Deciding again costs nothing until context, cards or kernels are exchanged, or a time window
    /// opens or closes.
    pub fn decide(&mut self, now_ms: impl Into<Option<i64>>) -> &[bool] {
        let now_ms = now_ms.into();
        let boundaries = &self.policy.boundaries_ms;
        let window_index =
            now_ms.map(|now_ms| boundaries.partition_point(|&boundary| boundary <= now_ms));
        let pass = match self.pass.take() {
            Some(pass) if pass.window_index == window_index => pass,
            _ => self.run(now_ms, window_index),
        };
        &self.pass.insert(pass).visible
    }

    /// What the last [`Session::decide`] decided on a card; `None` if there was none since the last
    /// exchange, or there is no such card.
    #[must_use]
    pub fn decision(&self, card: usize) -> Option<Decision<'_>> {
        let evaluation = self.evaluate_card(self.pass.as_ref()?, card)?;
        Some(Decision {
            id: &self.cards.get(card)?.id,
            visible: evaluation.visible,
            rule: evaluation
                .decisive()
                .find_map(|rule| self.policy.source_rule(rule))
                .map(|rule| rule.id.as_str()),
            reason: evaluation.reason,
        })
    }

    /// Which cards does the policy govern: does a rule in force match them? This depends on no
    /// visitor. Where the time is not known (`None`), rules with a window are taken to be in force.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn governed(&self, now_ms: Option<i64>) -> Vec<bool> {
        let is_in_force = |rule: &u32| {
            let rule = self.policy.rules.get(*rule as usize);
            rule.is_some_and(|rule| rule.is_in_force(now_ms) != Some(false))
        };
        let governs = |rule_set: &RuleSet| rule_set.rules.iter().any(is_in_force);
        let governed: Vec<bool> = self.matches.rule_sets.iter().map(governs).collect();
        let of_card = |rule_set: &u32| governed.get(*rule_set as usize).copied();
        // A card without a rule set cannot occur; it would be governed.
        let rule_sets = self.matches.rule_set_of.iter();
        rule_sets
            .map(|rule_set| of_card(rule_set).unwrap_or(true))
            .collect()
    }

    pub(super) fn evaluate_card(&self, pass: &DecisionPass, card: usize) -> Option<Evaluation<'_>> {
        let rule_set = self
            .matches
            .rule_set(*self.matches.rule_set_of.get(card)?)?;
        Some(self.evaluate(pass, rule_set, self.visitor.card_ref(self.cards.get(card)?)))
    }

    pub(super) fn evaluate<'a>(
        &self,
        pass: &DecisionPass,
        rule_set: &'a RuleSet,
        card: CardRef,
    ) -> Evaluation<'a> {
        let effects: Vec<RuleEffects> = rule_set
            .rules
            .iter()
            .map(|&rule| self.rule_effects(pass, rule, Some(card)))
            .collect();
        let (visible, reason) = self.resolve(combine(effects.iter().copied()));
        Evaluation {
            rules: &rule_set.rules,
            effects,
            visible,
            reason,
        }
    }

    fn run(&self, now_ms: Option<i64>, window_index: Option<usize>) -> DecisionPass {
        let context = &self.visitor.context;
        let mut pass = DecisionPass {
            window_index,
            effects: self.visitor.rule_effects.clone(),
            ..DecisionPass::default()
        };
        for (effects, rule) in pass.effects.iter_mut().zip(&self.policy.rules) {
            let in_force = rule.is_in_force(now_ms);
            if in_force == Some(false) {
                *effects = RuleEffects::NONE;
            } else if in_force.is_none() || context.unknown {
                *effects = RuleEffects::APPLIES.and(RuleEffects::ERROR);
            } else if !context.hub {
                *effects = RuleEffects::APPLIES;
            }
        }
        pass.kernels = (0..self.matches.kernels.len() as u32)
            .map(|kernel| Outcome::Error(EvalError::Kernel(kernel)))
            .collect();
        if context.hub && !context.unknown {
            self.decide_kernels(&mut pass);
        }
        let by_rule_set: Vec<RuleEffects> = self
            .matches
            .rule_sets
            .iter()
            .map(|rule_set| self.rule_set_effects(&pass, rule_set, None))
            .collect();
        pass.visible = self
            .matches
            .rule_set_of
            .iter()
            .zip(&self.cards)
            .map(|(&rule_set, card)| {
                let mut effects = by_rule_set
                    .get(rule_set as usize)
                    .copied()
                    .unwrap_or(RuleEffects::NONE);
                if effects.has(RuleEffects::PER_CARD)
                    && let Some(rule_set) = self.matches.rule_set(rule_set)
                {
                    let card = self.visitor.card_ref(card);
                    effects = self.rule_set_effects(&pass, rule_set, Some(card));
                }
                self.resolve(effects).0
            })
            .collect();
        pass
    }

    /// Decides the kernels that conditions ask about, then the rules that ask.
    fn decide_kernels(&self, pass: &mut DecisionPass) {
        for &number in &self.matches.kernel_order {
            let Some(kernel) = self.matches.kernels.get(number as usize) else {
                continue;
            };
            let mut outcome = Outcome::No;
            if let Some(name) = &kernel.name {
                let card = self.visitor.kernel_ref(name);
                for rule_set in self.matches.rule_sets_of(kernel) {
                    self.evaluate_pending(pass, rule_set.rules.iter().copied());
                    let effects = self.rule_set_effects(pass, rule_set, Some(card));
                    outcome = match self.resolve(effects) {
                        (true, _) => Outcome::Yes,
                        (false, Reason::Error) if outcome == Outcome::No => {
                            Outcome::Error(EvalError::Kernel(number))
                        }
                        _ => outcome,
                    };
                }
            }
            if let Some(slot) = pass.kernels.get_mut(number as usize) {
                *slot = outcome;
            }
        }
        self.evaluate_pending(pass, 0..self.policy.rules.len() as u32);
    }

    /// Evaluates those of the rules that waited for kernels, which are decided now.
    fn evaluate_pending(&self, pass: &mut DecisionPass, rules: impl Iterator<Item = u32>) {
        for number in rules {
            let is_pending = pass
                .effects
                .get(number as usize)
                .is_some_and(|effects| effects.has(RuleEffects::PENDING));
            if is_pending {
                let evaluated = self.evaluate_rule(pass, number, None);
                if let Some(effects) = pass.effects.get_mut(number as usize) {
                    *effects = evaluated;
                }
            }
        }
    }

    /// The effects of the rules of a set together.
    fn rule_set_effects(
        &self,
        pass: &DecisionPass,
        rule_set: &RuleSet,
        card: Option<CardRef>,
    ) -> RuleEffects {
        let rules = rule_set.rules.iter();
        combine(rules.map(|&rule| self.rule_effects(pass, rule, card)))
    }

    fn rule_effects(&self, pass: &DecisionPass, rule: u32, card: Option<CardRef>) -> RuleEffects {
        let effects = pass
            .effects
            .get(rule as usize)
            .copied()
            .unwrap_or(RuleEffects::NONE);
        if effects.has(RuleEffects::PER_CARD) && card.is_some() {
            return self.evaluate_rule(pass, rule, card);
        }
        effects
    }

    fn evaluate_rule(&self, pass: &DecisionPass, rule: u32, card: Option<CardRef>) -> RuleEffects {
        let Some(rule) = self.policy.rules.get(rule as usize) else {
            return RuleEffects::NONE;
        };
        let outcome = |node: Option<u32>| node.map(|node| self.outcome(pass, node, card));
        RuleEffects::of(outcome(rule.hide_when), outcome(rule.show_when))
    }

    /// The outcome of a node. The document's depth is limited, and so is this recursion.
    pub(super) fn outcome(&self, pass: &DecisionPass, node: u32, card: Option<CardRef>) -> Outcome {
        match self.policy.node(node) {
            Some(found) if found.dependency != Dependency::Context => {
                let mut part = |part| self.outcome(pass, part, card);
                self.visitor
                    .outcome(&found.predicate, &pass.kernels, card, &mut part)
            }
            _ => self.visitor.context_outcome(node),
        }
    }

    /// Is it unknown whether this rule was in its time window in the pass?
    #[cfg(feature = "server")]
    pub(super) fn lacks_time(&self, pass: &DecisionPass, rule: u32) -> bool {
        let rule = self.policy.rules.get(rule as usize);
        let has_window = rule.is_some_and(|rule| rule.is_in_force(None).is_none());
        pass.window_index.is_none() && has_window
    }

    /// Was this rule in its time window in the pass?
    #[cfg(feature = "server")]
    pub(super) fn is_in_force(&self, pass: &DecisionPass, rule: u32) -> bool {
        pass.effects
            .get(rule as usize)
            .is_some_and(|effects| effects.has(RuleEffects::APPLIES))
    }

    fn resolve(&self, effects: RuleEffects) -> (bool, Reason) {
        let document = &self.policy.document;
        if !effects.has(RuleEffects::APPLIES) {
            (document.default == Visibility::Show, Reason::Default)
        } else if !self.visitor.context.hub {
            (document.no_hub == Visibility::Show, Reason::NoHub)
        } else if effects.has(RuleEffects::HIDE) {
            (false, Reason::HideWhen)
        } else if effects.has(RuleEffects::ERROR) {
            (false, Reason::Error)
        } else if effects.has(RuleEffects::SHOW) {
            (true, Reason::ShowWhen)
        } else if effects.has(RuleEffects::NOT_SHOWN) {
            (false, Reason::NotShown)
        } else {
            (document.default == Visibility::Show, Reason::Default)
        }
    }
}
