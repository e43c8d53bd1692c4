//! A session: a policy, one visitor's context and one launcher's cards, all resident.

use std::ops::Range;
use std::sync::Arc;

use super::card::{Card, Kernelspec};
use super::compile::Policy;
use super::context::Context;
use super::evaluate::EvaluatedContext;
use super::matching::CardMatches;
use super::outcome::{Outcome, RuleEffects};

/// A policy, one visitor's context and the cards of one launcher, all resident, so that a pass over
/// all cards looks at nothing twice.
///
/// Each of the three can be exchanged: a new context does not match cards again, new cards do not
/// evaluate the context again.
#[derive(Debug)]
pub struct Session {
    pub(super) policy: Arc<Policy>,
    pub(super) visitor: EvaluatedContext,
    kernelspecs: Option<Vec<Kernelspec>>,
    pub(super) cards: Vec<Card>,
    pub(super) matches: CardMatches,
    pub(super) pass: Option<DecisionPass>,
}

/// The state of one pass.
#[derive(Debug, Default)]
pub(super) struct DecisionPass {
    /// Between these times, in milliseconds since the epoch, decisions are the same: no window opens or closes.
    /// `None` where the time is not known.
    pub(super) valid_ms: Option<Range<i64>>,
    /// The effects of each rule.
    pub(super) effects: Vec<RuleEffects>,
    /// Whether each kernel may be used that conditions ask about.
    pub(super) kernels: Vec<Outcome>,
    /// The outcome of each `kernel` condition.
    pub(super) kernel_conditions: Vec<Outcome>,
    pub(super) visible: Vec<bool>,
}

impl Session {
    /// A session without cards. Without `kernelspecs`, the kernels of the cards are those that exist.
    #[must_use]
    pub fn new(
        policy: Arc<Policy>,
        context: Context,
        kernelspecs: Option<Vec<Kernelspec>>,
    ) -> Self {
        let visitor = EvaluatedContext::new(&policy, context, None);
        let matches = CardMatches::new(&policy, kernelspecs.as_deref(), &[]);
        Self {
            policy,
            visitor,
            kernelspecs,
            cards: Vec::new(),
            matches,
            pass: None,
        }
    }

    /// Exchanges the context. Cards are not matched again; a context that equals the one before, which
    /// is what most refreshes bring, leaves everything as it is.
    pub fn set_context(&mut self, context: Context) {
        let now = context.now.clone();
        let known = &mut self.visitor.context;
        known.now = now;
        if *known != context {
            let before = std::mem::take(&mut self.visitor);
            self.visitor = EvaluatedContext::new(&self.policy, context, Some(before));
            self.pass = None;
        }
    }

    /// Exchanges the kernels that exist; matches the cards again, since kernels may bring tags.
    pub fn set_kernelspecs(&mut self, kernelspecs: Option<Vec<Kernelspec>>) {
        self.kernelspecs = kernelspecs;
        self.match_cards();
    }

    /// Exchanges the cards.
    pub fn set_cards(&mut self, cards: Vec<Card>) {
        self.cards = cards;
        self.match_cards();
    }

    /// Exchanges policy and context, and keeps the cards.
    pub fn set_policy(&mut self, policy: Arc<Policy>, context: Context) {
        self.visitor = EvaluatedContext::new(&policy, context, None);
        self.policy = policy;
        self.match_cards();
    }

    fn match_cards(&mut self) {
        self.matches = CardMatches::new(&self.policy, self.kernelspecs.as_deref(), &self.cards);
        self.pass = None;
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The cards, in the order of their decisions.
    #[must_use]
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// The kernels that exist, as far as they are known apart from the cards.
    pub(super) fn kernelspecs(&self) -> &[Kernelspec] {
        self.kernelspecs.as_deref().unwrap_or_default()
    }

    /// The visitor's context.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.visitor.context
    }

    /// When a time window may open or close next, after the last [`Session::decide`]; `None` if none does.
    #[must_use]
    pub fn next_change_ms(&self) -> Option<i64> {
        let valid_ms = self.pass.as_ref()?.valid_ms.as_ref()?;
        (valid_ms.end != i64::MAX).then_some(valid_ms.end)
    }
}
