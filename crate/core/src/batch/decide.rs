//! The ops that decide on cards.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::json::read;
use super::kernelspecs::Kernelspecs;
use super::policy::policy;
use crate::error::Error;
use crate::policy::card::Card;
use crate::policy::context::Context;
use crate::policy::explain::Wording;
use crate::policy::{Policy, Session, time::parse_instant};

/// What to decide on: the fields of the ops `decide` and `explain` beside `policy`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct DecideRequest {
    /// The visitor.
    #[serde(default)]
    pub context: Context,
    /// The cards, in the order of the answer.
    #[serde(default)]
    pub cards: Vec<Card>,
    /// The time, RFC 3339; without it, the context's.
    pub now: Option<String>,
    /// The kernels that exist; without them, those of the cards.
    pub kernelspecs: Option<Kernelspecs>,
}

pub(super) fn decide(line: &str) -> Result<Value, Error> {
    read::<DecideRequest>(line)?.decide(Arc::new(Policy::new(policy(line)?)))
}

pub(super) fn explain(line: &str) -> Result<Value, Error> {
    let wording = read::<Wording>(line)?;
    read::<DecideRequest>(line)?.explain(Arc::new(Policy::new(policy(line)?)), &wording)
}

impl DecideRequest {
    /// The answer of op `decide`.
    ///
    /// # Errors
    /// `bad-time`.
    pub fn decide(self, policy: Arc<Policy>) -> Result<Value, Error> {
        let (session, count) = self.decided_session(policy)?;
        let decisions = (0..count).filter_map(|card| session.decision(card));
        Ok(json!({"decisions": decisions.collect::<Vec<_>>()}))
    }

    /// The answer of op `explain`.
    ///
    /// # Errors
    /// As [`DecideRequest::decide`].
    pub fn explain(self, policy: Arc<Policy>, wording: &Wording) -> Result<Value, Error> {
        let (session, count) = self.decided_session(policy)?;
        let explained = (0..count).filter_map(|card| explanation(&session, card, wording));
        Ok(json!({"decisions": explained.collect::<Vec<_>>()}))
    }

    /// May the visitor use what the cards open? One decision for each card; with a wording, as in the
    /// answer of op `explain`.
    ///
    /// A kernel card without a category stands for each of the cards that the launcher makes for the
    /// kernel: one that is shown is enough.
    ///
    /// # Errors
    /// As [`DecideRequest::decide`].
    pub fn may_use(
        mut self,
        policy: Arc<Policy>,
        wording: Option<&Wording>,
    ) -> Result<Value, Error> {
        let counts = self.expand_launcher_cards();
        let (session, _) = self.decided_session(policy)?;
        let mut next = 0;
        let decisions = counts.into_iter().filter_map(|count| {
            let cards = next..next + count;
            next += count;
            let is_shown = |card: &usize| session.decision(*card).is_some_and(|d| d.visible);
            let card = cards.clone().find(is_shown).or(cards.clone().next())?;
            match wording {
                Some(wording) => explanation(&session, card, wording),
                None => session.decision(card).map(|decision| json!(decision)),
            }
        });
        Ok(json!({"decisions": decisions.collect::<Vec<_>>()}))
    }

    /// Which cards does the policy govern? See [`Session::governed`].
    ///
    /// # Errors
    /// As [`DecideRequest::decide`].
    pub fn governed(self, policy: Arc<Policy>) -> Result<Vec<bool>, Error> {
        self.now()?;
        Ok(self.session(policy).governed())
    }

    /// For each card, the ids of the rules that match it, in the order of the policy. A kernel card without a
    /// category stands for each of the cards that the launcher makes for the kernel.
    #[must_use]
    pub fn matching_rules(mut self, policy: Arc<Policy>) -> Vec<Vec<String>> {
        let counts = self.expand_launcher_cards();
        let session = self.session(policy);
        let mut matching = session.matching_rules();
        let rules_of = |count: usize| {
            let mut rules: Vec<u32> = matching.by_ref().take(count).flatten().copied().collect();
            rules.sort_unstable();
            rules.dedup();
            let source = rules
                .into_iter()
                .filter_map(|rule| session.policy().source_rule(rule));
            source.map(|rule| rule.id.clone()).collect()
        };
        counts.into_iter().map(rules_of).collect()
    }

    /// Replaces each card by those that the launcher makes for what it opens; returns their numbers.
    fn expand_launcher_cards(&mut self) -> Vec<usize> {
        let cards: Vec<Vec<Card>> = self.cards.iter().map(Card::launcher_cards).collect();
        let counts = cards.iter().map(Vec::len).collect();
        self.cards = cards.into_iter().flatten().collect();
        counts
    }

    fn now(&self) -> Result<Option<i64>, Error> {
        let now = self.now.as_deref().or(self.context.now.as_deref());
        now.map(parse_instant).transpose()
    }

    fn session(self, policy: Arc<Policy>) -> Session {
        let mut session = Session::new(policy, self.context, self.kernelspecs.map(|specs| specs.0));
        session.set_cards(self.cards);
        session
    }

    /// A session that has decided, and how many cards it has.
    fn decided_session(self, policy: Arc<Policy>) -> Result<(Session, usize), Error> {
        let now = self.now()?;
        let mut session = self.session(policy);
        let count = session.decide(now).len();
        Ok((session, count))
    }
}

fn explanation(session: &Session, card: usize, wording: &Wording) -> Option<Value> {
    let explanation = session.explain(card)?;
    let parts = explanation
        .parts
        .iter()
        .map(|part| match part.value.as_ref() {
            "" => json!({"code": part.code.as_str()}),
            value => json!({"code": part.code.as_str(), "value": value}),
        });
    Some(json!({
        "id": explanation.decision.id,
        "visible": explanation.decision.visible,
        "rule": explanation.decision.rule,
        "reason": explanation.decision.reason,
        "sentence": explanation.sentence(wording),
        "explanation": explanation.reason_text(wording),
        "parts": parts.collect::<Vec<_>>(),
        "message": explanation.message.map(|message| message.in_language(&wording.language)),
        "contact": explanation.contact,
        "request": explanation.request,
        "locked": explanation.locked,
        "listed": explanation.listed,
        "trace": session.trace(card)?,
    }))
}
