//! Deciding: which cards does this visitor see now?

use serde::Serialize;

use super::compile::CompiledRule;
use super::document::{Dependency, Visibility, WithoutHub};
use super::evaluate::CardRef;
use super::matching::{KernelStep, RuleSet};
use super::outcome::{EvalError, Outcome, RuleEffects, combine};
use super::session::{DecisionPass, Session};

/// What was decided on a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision<'s> {
    /// The card's.
    pub id: &'s str,
    /// Shown or hidden.
    pub visible: bool,
    /// The id of the first rule that decided: of a rule, or of a card of the policy with a rule of its own.
    pub rule: Option<&'s str>,
    /// Why.
    pub reason: Reason,
}

crate::text_enum! {
    /// Why a card is shown or hidden.
    pub enum Reason as "DecisionReason" {
        /// No rule that matches shows or hides it: the policy's `default`.
        Default = "default",
        /// Rules say when to show it, and all of that holds.
        ShowWhen = "show_when",
        /// A rule's `hide_when` holds.
        HideWhen = "hide_when",
        /// A rule's `show_when` does not hold.
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
    pub(super) effects: Vec<RuleEffects>,
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
        let is_valid = |pass: &DecisionPass| match (&pass.valid_ms, now_ms) {
            (Some(valid_ms), Some(now_ms)) => valid_ms.contains(&now_ms),
            (None, None) => true,
            _ => false,
        };
        let pass = match self.pass.take() {
            Some(pass) if is_valid(&pass) => pass,
            _ => self.run(now_ms),
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

    /// Which cards does the policy govern: does a rule match them? This depends on no visitor and no time.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn governed(&self) -> Vec<bool> {
        let rules = self.matching_rules();
        rules.map(|rules| !rules.is_empty()).collect()
    }

    /// For each card the numbers of the rules that match it, in the order of the policy.
    #[cfg(feature = "server")]
    pub(crate) fn matching_rules(&self) -> impl Iterator<Item = &[u32]> {
        let rule_sets = self.matches.rule_set_of.iter();
        rule_sets.map(|&rule_set| {
            let rule_set = self.matches.rule_set(rule_set);
            rule_set.map_or(&[][..], |rule_set| &rule_set.rules)
        })
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

    fn run(&self, now_ms: Option<i64>) -> DecisionPass {
        let context = &self.visitor.context;
        let mut pass = DecisionPass {
            valid_ms: now_ms.map(|now_ms| now_ms..i64::MAX),
            effects: self.visitor.rule_effects.clone(),
            ..DecisionPass::default()
        };
        if context.unknown {
            pass.effects
                .fill(RuleEffects::APPLIES.and(RuleEffects::ERROR));
        } else if self.decides_by_rules() {
            self.apply_windows(&mut pass, now_ms);
        } else {
            pass.effects.fill(RuleEffects::APPLIES);
        }
        pass.kernels = vec![Outcome::No; self.matches.kernels.len()];
        pass.kernel_conditions = (0..self.matches.selected_kernels.len() as u32)
            .map(|condition| Outcome::Error(EvalError::Kernel(condition)))
            .collect();
        if self.decides_by_rules() && !context.unknown {
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

    /// Do the rules decide, or is there no Hub to ask?
    pub(super) fn decides_by_rules(&self) -> bool {
        self.visitor.context.hub || self.policy.document.no_hub == WithoutHub::Decide
    }

    /// Outside its window, neither `show_when` nor `hide_when` of a rule holds.
    fn apply_windows(&self, pass: &mut DecisionPass, now_ms: Option<i64>) {
        for &number in &self.policy.windowed_rules {
            let rule = self.policy.rules.get(number as usize);
            let Some((rule, effects)) = rule.zip(pass.effects.get_mut(number as usize)) else {
                continue;
            };
            let state = rule.window.as_ref().zip(now_ms);
            match state.and_then(|(window, now_ms)| window.state(now_ms)) {
                Some(state) => {
                    if let Some(valid_ms) = &mut pass.valid_ms {
                        valid_ms.end = valid_ms.end.min(state.valid_until_ms);
                    }
                    if !state.is_open {
                        *effects = effects_outside_window(rule);
                    }
                }
                None => *effects = RuleEffects::APPLIES.and(RuleEffects::ERROR),
            }
        }
    }

    /// Decides the kernels that conditions ask about, then the rules that ask.
    fn decide_kernels(&self, pass: &mut DecisionPass) {
        for &step in &self.matches.kernel_order {
            match step {
                KernelStep::Kernel(number) => {
                    let outcome = self.kernel_outcome(pass, number);
                    if let Some(slot) = pass.kernels.get_mut(number as usize) {
                        *slot = outcome;
                    }
                }
                KernelStep::Condition(number) => {
                    let outcome = self.kernel_condition_outcome(pass, number);
                    if let Some(slot) = pass.kernel_conditions.get_mut(number as usize) {
                        *slot = outcome;
                    }
                }
            }
        }
        self.evaluate_pending(pass, 0..self.policy.rules.len() as u32);
    }

    /// Whether a kernel may be used: one of its cards is shown.
    fn kernel_outcome(&self, pass: &mut DecisionPass, number: u32) -> Outcome {
        let mut outcome = Outcome::No;
        let Some(kernel) = self.matches.kernels.get(number as usize) else {
            return outcome;
        };
        let card = self.visitor.kernel_ref(&kernel.name);
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
        outcome
    }

    /// Whether one of the kernels that a condition selects may be used. If none may, but the rules of one cannot be
    /// evaluated, that is an error.
    fn kernel_condition_outcome(&self, pass: &DecisionPass, number: u32) -> Outcome {
        let selected = self.matches.selected_kernels.get(number as usize);
        let kernels = selected.into_iter().flatten();
        let mut outcome = Outcome::No;
        for &kernel in kernels {
            match pass.kernels.get(kernel as usize) {
                Some(Outcome::Yes) => return Outcome::Yes,
                Some(Outcome::Error(_)) => outcome = Outcome::Error(EvalError::Kernel(number)),
                Some(Outcome::No) | None => {}
            }
        }
        outcome
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
                    .outcome(&found.predicate, &pass.kernel_conditions, card, &mut part)
            }
            _ => self.visitor.context_outcome(node),
        }
    }

    /// Was this rule's window open in the pass? `None` where that is not known.
    #[cfg(feature = "server")]
    pub(super) fn is_window_open(&self, pass: &DecisionPass, rule: u32) -> Option<bool> {
        let rule = self.policy.rules.get(rule as usize)?;
        let Some(window) = &rule.window else {
            return Some(true);
        };
        let now_ms = pass.valid_ms.as_ref()?.start;
        window.state(now_ms).map(|state| state.is_open)
    }

    fn resolve(&self, effects: RuleEffects) -> (bool, Reason) {
        let document = &self.policy.document;
        if !effects.has(RuleEffects::APPLIES) {
            (document.default == Visibility::Show, Reason::Default)
        } else if !self.decides_by_rules() {
            (document.no_hub == WithoutHub::Show, Reason::NoHub)
        } else if effects.has(RuleEffects::HIDE) {
            (false, Reason::HideWhen)
        } else if effects.has(RuleEffects::ERROR) {
            (false, Reason::Error)
        } else if effects.has(RuleEffects::NOT_SHOWN) {
            (false, Reason::NotShown)
        } else if effects.has(RuleEffects::SHOW) {
            (true, Reason::ShowWhen)
        } else {
            (document.default == Visibility::Show, Reason::Default)
        }
    }
}

/// The effects of a rule whose window is closed.
fn effects_outside_window(rule: &CompiledRule) -> RuleEffects {
    RuleEffects::of(
        rule.hide_when.map(|_| Outcome::No),
        rule.show_when.map(|_| Outcome::No),
    )
}
