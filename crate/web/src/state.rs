//! What is resident: the policy, the visitor's facts, the cards.

use std::sync::Arc;

use scoped_launcher_core::policy::facts::{Card, Context, Kernelspec};
use scoped_launcher_core::policy::model::{Document, PolicyCard};
use scoped_launcher_core::policy::{Decision, Policy, Session};

use crate::clock::Clock;
use crate::context::{Policing, Report};

/// How old facts may get when the policy does not say.
const MAX_STALE_MS: u64 = 10 * 60 * 1000;

/// How long to wait between questions to the server when the policy does not say.
const REFRESH_MS: u64 = 15 * 1000;

/// What is known, and so what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is known, and nothing shown.
    Unknown,
    /// No policy governs: everything is shown.
    Ungoverned,
    /// The policy cannot be used: nothing is shown.
    Broken,
    /// The visitor's facts are missing or too old: what the policy governs is hidden.
    Lapsed,
    /// Policy and facts are there.
    Governed,
}

impl Standing {
    /// As JavaScript reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Ungoverned => "ungoverned",
            Self::Broken => "broken",
            Self::Lapsed => "lapsed",
            Self::Governed => "governed",
        }
    }
}

/// The engine's whole memory.
pub struct State {
    standing: Standing,
    /// Changes when the policy does.
    etag: Option<String>,
    policy: Arc<Policy>,
    /// Has the cards and the facts.
    session: Session,
    clock: Clock,
    /// The time, by `clock`, from which on the facts are too old.
    lapses_ms: i64,
}

impl State {
    /// Knows nothing.
    pub fn new() -> Self {
        let policy = no_policy();
        Self {
            standing: Standing::Unknown,
            etag: None,
            session: Session::new(Arc::clone(&policy), nobody(), None),
            policy,
            clock: Clock::set(0),
            lapses_ms: 0,
        }
    }

    /// What is known now.
    pub fn standing(&mut self) -> Standing {
        if self.standing == Standing::Governed && self.clock.now_ms() >= self.lapses_ms {
            self.forget_facts();
        }
        self.standing
    }

    /// The policy's etag, to ask whether there is a newer one.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// The policy's own cards for this visitor, each with what the policy says of it.
    pub fn own_cards(&self) -> Vec<(Card, &PolicyCard)> {
        self.policy.cards(self.session.context())
    }

    /// How long to wait between questions to the server, in milliseconds.
    pub fn refresh_ms(&self) -> u64 {
        self.policy
            .document()
            .refresh
            .map_or(REFRESH_MS, |span| span.ms())
    }

    /// Takes over what the server says. Returns whether policy or facts are others than before.
    pub fn accept(&mut self, report: Report) -> bool {
        let before = self.standing();
        self.clock = Clock::set(report.now_ms);
        let new_policy = match &report.policing {
            Policing::Governed(etag, _) => etag.is_none() || *etag != self.etag,
            Policing::Unchanged | Policing::Ungoverned | Policing::Broken(_) => false,
        };
        let (standing, etag, policy) = match report.policing {
            Policing::Governed(etag, policy) => (Standing::Lapsed, etag, policy),
            Policing::Unchanged => (before, self.etag.take(), Arc::clone(&self.policy)),
            Policing::Ungoverned => (Standing::Ungoverned, None, no_policy()),
            Policing::Broken(_) => (Standing::Broken, None, no_policy()),
        };
        self.etag = etag;
        self.policy = policy;
        self.standing = standing;
        match report.facts {
            Some(facts) if matches!(standing, Standing::Lapsed | Standing::Governed) => {
                let max_stale_ms = self
                    .policy
                    .document()
                    .max_stale
                    .map_or(MAX_STALE_MS, |span| span.ms());
                self.lapses_ms = report
                    .now_ms
                    .saturating_sub(facts.age_ms)
                    .saturating_add_unsigned(max_stale_ms);
                self.standing = Standing::Governed;
                if new_policy || before != Standing::Governed {
                    self.session
                        .set_policy(Arc::clone(&self.policy), facts.context);
                } else if *self.session.context() != facts.context {
                    self.session.set_context(facts.context);
                } else {
                    return false;
                }
                true
            }
            _ => {
                self.session.set_policy(Arc::clone(&self.policy), nobody());
                new_policy || before != self.standing
            }
        }
    }

    /// Forgets the visitor's facts: nothing that the policy governs is shown.
    pub fn forget_facts(&mut self) {
        if self.standing == Standing::Governed {
            self.standing = Standing::Lapsed;
            self.session.set_context(nobody());
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
        match self.standing() {
            Standing::Unknown | Standing::Broken => vec![false; cards],
            Standing::Ungoverned => vec![true; cards],
            Standing::Lapsed | Standing::Governed => {
                self.session.decide(self.clock.now_ms()).to_vec()
            }
        }
    }

    /// In how many milliseconds decisions may change although nothing else does.
    pub fn next_change_ms(&mut self) -> Option<i64> {
        let standing = self.standing();
        let now_ms = self.clock.now_ms();
        let window_ms = self.session.next_change_ms(now_ms);
        let lapse_ms = (standing == Standing::Governed).then_some(self.lapses_ms);
        let next_ms = window_ms.into_iter().chain(lapse_ms).min()?;
        Some(next_ms.saturating_sub(now_ms))
    }

    /// What the last `decide` found for a card.
    pub fn decision(&self, card: usize) -> Option<Decision<'_>> {
        self.session.decision(card)
    }
}

/// A visitor of whom nothing is known.
fn nobody() -> Context {
    Context {
        unknown: true,
        ..Context::default()
    }
}

fn no_policy() -> Arc<Policy> {
    Arc::new(Policy::new(Document::default()))
}
