//! What is resident: the policy, the visitor's context, the cards.

use std::sync::Arc;

use scoped_launcher_core::policy::card::{Card, Kernelspec};
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::document::Document;
use scoped_launcher_core::policy::{Policy, Session, SingleDecision};

use crate::clock::Clock;
use crate::response::{PolicyUpdate, Update};
use crate::types::{Decision, EngineStatus};

/// The engine's whole memory.
pub struct State {
    status: EngineStatus,
    /// Changes when the policy does.
    etag: Option<String>,
    policy: Arc<Policy>,
    /// Has the cards and the context.
    session: Session,
    clock: Clock,
    /// The time, by `clock`, from which on the context is too old.
    expires_at_ms: i64,
}

impl State {
    /// Nothing is known.
    pub fn new() -> Self {
        let policy = empty_policy();
        Self {
            status: EngineStatus::Pending,
            etag: None,
            session: Session::new(Arc::clone(&policy), Context::unknown(), None),
            policy,
            clock: Clock::set(0),
            expires_at_ms: 0,
        }
    }

    /// What is known now.
    pub fn status(&mut self) -> EngineStatus {
        if self.status == EngineStatus::Ready && self.clock.now_ms() >= self.expires_at_ms {
            self.forget_context();
        }
        self.status
    }

    /// The policy's etag, to ask whether there is a newer one.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// How long to wait between questions to the server, in milliseconds.
    pub fn refresh_ms(&self) -> u64 {
        self.policy.document().refresh_ms()
    }

    /// Applies what the server says. Returns whether policy or context are others than before.
    pub fn apply(&mut self, update: Update) -> bool {
        let before = self.status();
        self.clock = Clock::set(update.now_ms);
        let is_new_policy = match &update.policy {
            PolicyUpdate::New(etag, _) => etag.is_none() || *etag != self.etag,
            PolicyUpdate::Unchanged | PolicyUpdate::None | PolicyUpdate::Invalid(_) => false,
        };
        let (status, etag, policy) = match update.policy {
            PolicyUpdate::New(etag, policy) => (EngineStatus::Expired, etag, policy),
            PolicyUpdate::Unchanged => (before, self.etag.take(), Arc::clone(&self.policy)),
            PolicyUpdate::None => (EngineStatus::NoPolicy, None, empty_policy()),
            PolicyUpdate::Invalid(_) => (EngineStatus::InvalidPolicy, None, empty_policy()),
        };
        self.etag = etag;
        self.policy = policy;
        self.status = status;
        match update.context {
            Some((context, age_ms))
                if matches!(status, EngineStatus::Expired | EngineStatus::Ready) =>
            {
                self.expires_at_ms = update
                    .now_ms
                    .saturating_sub(age_ms)
                    .saturating_add_unsigned(self.policy.document().max_stale_ms());
                self.status = EngineStatus::Ready;
                if is_new_policy || before != EngineStatus::Ready {
                    self.session.set_policy(Arc::clone(&self.policy), context);
                } else if *self.session.context() != context {
                    self.session.set_context(context);
                } else {
                    return false;
                }
                true
            }
            _ => {
                self.session
                    .set_policy(Arc::clone(&self.policy), Context::unknown());
                is_new_policy || before != self.status
            }
        }
    }

    /// Forgets the visitor's context: nothing that the policy governs is shown.
    pub fn forget_context(&mut self) {
        if self.status == EngineStatus::Ready {
            self.status = EngineStatus::Expired;
            self.session.set_context(Context::unknown());
        }
    }

    /// Exchanges the cards.
    pub fn set_cards(&mut self, cards: Vec<Card>) {
        self.session.set_cards(cards);
    }

    /// Exchanges the kernels that exist; until the first time, those of the cards do.
    pub fn set_kernelspecs(&mut self, kernelspecs: Vec<Kernelspec>) {
        self.session.set_kernelspecs(Some(kernelspecs));
    }

    /// For each card, whether it is shown now.
    pub fn decide(&mut self) -> Vec<bool> {
        let cards = self.session.cards().len();
        match self.status() {
            EngineStatus::Pending | EngineStatus::InvalidPolicy => vec![false; cards],
            EngineStatus::NoPolicy => vec![true; cards],
            EngineStatus::Expired | EngineStatus::Ready => {
                self.session.decide(self.clock.now_ms()).to_vec()
            }
        }
    }

    /// Decides a card that is not among those that were set.
    pub fn decide_card(&mut self, card: &Card) -> SingleDecision {
        let (visible, governed) = match self.status() {
            EngineStatus::Pending | EngineStatus::InvalidPolicy => (false, false),
            EngineStatus::NoPolicy => (true, false),
            EngineStatus::Expired | EngineStatus::Ready => {
                return self.session.decide_card(card, self.clock.now_ms());
            }
        };
        SingleDecision { visible, governed }
    }

    /// In how many milliseconds decisions may change although nothing else does.
    pub fn next_change_ms(&mut self) -> Option<i64> {
        let status = self.status();
        let now_ms = self.clock.now_ms();
        let window_ms = self.session.next_change_ms();
        let expiry_ms = (status == EngineStatus::Ready).then_some(self.expires_at_ms);
        let next_ms = window_ms.into_iter().chain(expiry_ms).min()?;
        Some(next_ms.saturating_sub(now_ms))
    }

    /// What the last `decide` found for a card.
    pub fn decision(&self, card: usize) -> Option<Decision> {
        self.session.decision(card).map(Decision::from)
    }
}

fn empty_policy() -> Arc<Policy> {
    Arc::new(Policy::new(Document::default()))
}
