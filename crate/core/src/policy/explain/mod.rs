//! Explaining: why does this visitor see a card, or not, and whom to ask?
//!
//! The answer is a list of [`Part`]s, each a code with at most one value, so that a browser can
//! say it in another language; a [`Wording`] says it in one.

mod builder;
mod codes;
mod predicates;
mod trace;
mod wording;

pub use codes::{ExplanationCode, Part, PartKind};
pub use trace::{ConditionTrace, RuleTrace};
pub use wording::Wording;

use self::builder::ExplanationBuilder;
use super::card::normalize_kernel_name;
use super::decide::{Decision, Evaluation, Reason};
use super::document::{Condition, Pattern, Predicate, Rule, Text};
use super::glob::NameKind;
use super::index::CompiledSelector;
use super::matching::rule_sets_of_kernel;
use super::outcome::RuleEffects;
use super::session::{DecisionPass, Session};

/// Why a card is shown or hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'s> {
    /// What was decided.
    pub decision: Decision<'s>,
    /// The reason, in order: the decision, whom it concerns, what is true of the visitor.
    pub parts: Vec<Part<'s>>,
    /// What the policy has to say to those from whom it hides the card.
    pub message: Option<&'s Text>,
    /// Whom to ask, where the card is hidden: a mail address or a URL.
    pub contact: Option<&'s str>,
    /// The group that the visitor may ask to join, where the card is hidden.
    pub request: Option<&'s str>,
    /// Is it hidden, and are all rules that hide it `locked`?
    pub locked: bool,
    /// May the visitor know of the card: because it is shown or locked, or the policy lists hidden cards for them?
    pub listed: bool,
}

/// So many kernels are followed in search of a message, or of somebody to ask.
const MAX_KERNELS_FOLLOWED: usize = 8;

impl Explanation<'_> {
    /// The reason, without what the policy says and whom to ask.
    #[must_use]
    pub fn reason_text(&self, wording: &Wording) -> String {
        wording.sentence(&self.parts)
    }

    /// The reason, what the policy says, and whom to ask.
    #[must_use]
    pub fn sentence(&self, wording: &Wording) -> String {
        let mut out = self.reason_text(wording);
        if let Some(message) = self.message {
            out.push(' ');
            out.push_str(message.in_language(&wording.language));
        }
        if let Some(contact) = self.contact {
            let contact = contact.strip_prefix("mailto:").unwrap_or(contact);
            out.push(' ');
            wording.push(&mut out, ExplanationCode::Ask, contact);
        }
        out
    }
}

impl Evaluation<'_> {
    /// Every rule that hides the card, also those that the reason does not name.
    fn hiding(&self) -> impl Iterator<Item = u32> {
        let hides = |effects: &RuleEffects| {
            [
                RuleEffects::HIDE,
                RuleEffects::NOT_SHOWN,
                RuleEffects::ERROR,
            ]
            .iter()
            .any(|&effect| effects.has(effect))
        };
        let without_hub = self.reason == Reason::NoHub;
        self.rules
            .iter()
            .zip(&self.effects)
            .filter(move |(_, effects)| !self.visible && (without_hub || hides(effects)))
            .map(|(&rule, _)| rule)
    }
}

impl Session {
    /// Explains what the last [`Session::decide`] decided on a card; `None` as for [`Session::decision`].
    #[must_use]
    pub fn explain(&self, card: usize) -> Option<Explanation<'_>> {
        let pass = self.pass.as_ref()?;
        let decision = self.decision(card)?;
        let evaluation = self.evaluate_card(pass, card)?;
        let card = self.visitor.card_ref(self.cards.get(card)?);
        let parts = ExplanationBuilder::new(self, pass, card).build(&evaluation);
        let rule_with = |has_text: fn(&Rule) -> bool| {
            let is_hidden = !decision.visible;
            is_hidden
                .then(|| self.first_rule(pass, &evaluation, has_text, MAX_KERNELS_FOLLOWED))
                .flatten()
        };
        let message = rule_with(|rule| rule.message.is_some());
        // Who wrote the message is asked about it.
        let contact = message
            .filter(|rule| rule.contact.is_some())
            .or_else(|| rule_with(|rule| rule.contact.is_some()));
        let request = rule_with(|rule| rule.request.is_some());
        let locked = self.is_locked(&evaluation);
        let lists_hidden = match self.policy.document.list_hidden {
            Some(_) => self.policy.lists_hidden_to(&self.visitor),
            None => contact.or(request).is_some(),
        };
        Some(Explanation {
            locked,
            listed: decision.visible || locked || lists_hidden,
            parts,
            message: message.and_then(|rule| rule.message.as_ref()),
            contact: contact.and_then(|rule| rule.contact.as_deref()),
            request: request
                .and_then(|rule| rule.request.as_ref())
                .map(|request| request.group.as_str()),
            decision,
        })
    }

    /// Whether a card is hidden by rules that all are `locked`.
    fn is_locked(&self, evaluation: &Evaluation) -> bool {
        let mut rules = evaluation.hiding().peekable();
        let is_locked = |number| {
            self.policy
                .source_rule(number)
                .is_some_and(|rule| rule.locked)
        };
        rules.peek().is_some() && rules.all(is_locked)
    }

    /// The first rule that decided and has a text, or else one that hides a kernel that such a rule asks for, whether the
    /// kernel is installed or not.
    fn first_rule<'s>(
        &'s self,
        pass: &DecisionPass,
        evaluation: &Evaluation,
        has_text: fn(&Rule) -> bool,
        follow: usize,
    ) -> Option<&'s Rule> {
        let follow = follow.checked_sub(1)?;
        let decisive = || evaluation.decisive();
        let sources = || decisive().filter_map(|rule| self.policy.source_rule(rule));
        let of_kernels = || {
            decisive()
                .filter_map(|rule| self.policy.rules.get(rule as usize))
                .flat_map(|rule| &rule.kernel_conditions)
                .flat_map(|&condition| self.selected(condition))
                .filter_map(|&kernel| self.evaluate_kernel(pass, kernel))
                .filter(|evaluation| !evaluation.visible)
                .find_map(|evaluation| self.first_rule(pass, &evaluation, has_text, follow))
        };
        let of_missing_kernels = || {
            sources()
                .flat_map(|rule| rule.show_when.iter().chain(&rule.hide_when))
                .flat_map(|condition| self.missing_kernels(condition))
                .flat_map(|kernel| self.rules_that_hide(pass, &kernel))
                .find(|rule| has_text(rule))
        };
        sources()
            .find(|rule| has_text(rule))
            .or_else(of_kernels)
            .or_else(of_missing_kernels)
    }

    /// The names of kernels that a condition asks for and that are not installed, as far as the policy names them.
    fn missing_kernels(&self, condition: &Condition) -> Vec<String> {
        let mut names = Vec::new();
        condition.for_each_predicate(&mut |predicate| {
            if let Predicate::Kernel(selector) = predicate {
                let compiled = CompiledSelector::new(selector, NameKind::Kernel);
                let named = selector.include.iter().map(Pattern::as_str);
                let directories = self.policy.document.kernels.0.iter();
                let named = named.chain(directories.map(|(name, _)| name.as_str()));
                names.extend(named.map(normalize_kernel_name).filter(|name| {
                    let mut installed = self.matches.kernels.iter();
                    compiled.matches(name)
                        && !installed.any(|kernel| normalize_kernel_name(&kernel.name) == *name)
                }));
            }
        });
        names
    }

    /// The rules that would hide the launcher's cards of a kernel, if it were installed.
    fn rules_that_hide(&self, pass: &DecisionPass, kernel: &str) -> Vec<&Rule> {
        let card = self.visitor.kernel_ref(kernel);
        let mut rules = Vec::new();
        for rule_set in rule_sets_of_kernel(&self.policy, kernel) {
            let evaluation = self.evaluate(pass, &rule_set, card);
            if !evaluation.visible {
                rules.extend(evaluation.decisive());
            }
        }
        let sources = rules.into_iter();
        sources
            .filter_map(|rule| self.policy.source_rule(rule))
            .collect()
    }

    fn evaluate_kernel(&self, pass: &DecisionPass, kernel: u32) -> Option<Evaluation<'_>> {
        let kernel = self.matches.kernels.get(kernel as usize)?;
        let card = self.visitor.kernel_ref(&kernel.name);
        self.matches
            .rule_sets_of(kernel)
            .map(|rule_set| self.evaluate(pass, rule_set, card))
            .reduce(|one, other| if one.visible { one } else { other })
    }
}
