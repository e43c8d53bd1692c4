//! Deciding one card that is not in the launcher, such as an entry of a menu.

use super::card::Card;
use super::matching::rule_sets_of_card;
use super::session::Session;

/// What was decided on a card that is not among the session's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SingleDecision {
    /// Shown or hidden.
    pub visible: bool,
    /// Does a rule match it? This depends on no visitor and no time.
    pub governed: bool,
}

impl Session {
    /// Decides one card as [`Session::decide`] would if it were among the session's cards, and leaves those as they are. It
    /// is no card by which a kernel counts as shown.
    ///
    /// A kernel's card without a category stands for both that JupyterLab's launcher makes: it is shown if one of them is.
    pub fn decide_card(&mut self, card: &Card, now_ms: impl Into<Option<i64>>) -> SingleDecision {
        self.decide(now_ms);
        let rule_sets = rule_sets_of_card(&self.policy, self.kernelspecs(), card);
        let governed = rule_sets.iter().any(|rule_set| !rule_set.rules.is_empty());
        let visible = self.pass.as_ref().is_some_and(|pass| {
            let card = self.visitor.card_ref(card);
            rule_sets
                .iter()
                .any(|rule_set| self.evaluate(pass, rule_set, card).visible)
        });
        SingleDecision { visible, governed }
    }
}
