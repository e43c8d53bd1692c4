//! Explaining: why does this visitor see a card, or not, and whom to ask?
//!
//! The answer is a list of [`Part`]s, each a code with at most one value, so that a browser can
//! say it in another language; [`Explanation::sentence`] says it in English.

mod builder;
mod codes;
mod predicates;
mod trace;

pub use codes::{ExplanationCode, Part, PartKind};
pub use trace::{ConditionTrace, RuleTrace};

use self::builder::ExplanationBuilder;
use super::decide::{Decision, Evaluation};
use super::document::Rule;
use super::session::{DecisionPass, Session};

/// Why a card is shown or hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'s> {
    /// What was decided.
    pub decision: Decision<'s>,
    /// The reason, in order: the decision, whom it concerns, what is true of the visitor.
    pub parts: Vec<Part<'s>>,
    /// What the policy has to say to those from whom it hides the card.
    pub message: Option<&'s str>,
    /// Whom to ask, where the card is hidden: a mail address or a URL.
    pub contact: Option<&'s str>,
}

/// So many kernels are followed in search of a message, or of somebody to ask.
const MAX_KERNELS_FOLLOWED: usize = 8;

impl Explanation<'_> {
    /// In English: the parts, what the policy says, and whom to ask.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part.code.kind() {
                PartKind::Fact => out.push_str("; "),
                PartKind::Audience
                    if part.code != ExplanationCode::Close && !out.ends_with('(') =>
                {
                    out.push(' ');
                }
                _ => {}
            }
            let (before, after) = part
                .code
                .text()
                .split_once("{}")
                .unwrap_or((part.code.text(), ""));
            for piece in [before, &part.value, after] {
                out.push_str(piece);
            }
        }
        out.push('.');
        if let Some(message) = self.message {
            out.push(' ');
            out.push_str(message);
        }
        if let Some(contact) = self.contact {
            for piece in [
                " Ask ",
                contact.strip_prefix("mailto:").unwrap_or(contact),
                ".",
            ] {
                out.push_str(piece);
            }
        }
        out
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
        let hidden = !decision.visible;
        Some(Explanation {
            decision,
            parts,
            message: hidden
                .then(|| self.first_text(pass, &evaluation, |rule| rule.message.as_deref()))
                .flatten(),
            contact: hidden
                .then(|| self.first_text(pass, &evaluation, |rule| rule.contact.as_deref()))
                .flatten(),
        })
    }

    /// A text of the first rule that decided and has it, or else of a rule that hides a kernel that such
    /// a rule asks for.
    fn first_text<'s>(
        &'s self,
        pass: &DecisionPass,
        evaluation: &Evaluation,
        text: impl Fn(&'s Rule) -> Option<&'s str> + Copy,
    ) -> Option<&'s str> {
        self.first_text_within(pass, evaluation, text, MAX_KERNELS_FOLLOWED)
    }

    fn first_text_within<'s>(
        &'s self,
        pass: &DecisionPass,
        evaluation: &Evaluation,
        text: impl Fn(&'s Rule) -> Option<&'s str> + Copy,
        follow: usize,
    ) -> Option<&'s str> {
        let follow = follow.checked_sub(1)?;
        let of_rules = evaluation
            .decisive()
            .filter_map(|rule| self.policy.source_rule(rule))
            .find_map(text);
        of_rules.or_else(|| {
            evaluation
                .decisive()
                .filter_map(|rule| self.policy.rules.get(rule as usize))
                .flat_map(|rule| &rule.kernels)
                .filter_map(|&kernel| self.evaluate_kernel(pass, kernel))
                .filter(|evaluation| !evaluation.visible)
                .find_map(|evaluation| self.first_text_within(pass, &evaluation, text, follow))
        })
    }

    fn evaluate_kernel(&self, pass: &DecisionPass, kernel: u32) -> Option<Evaluation<'_>> {
        let kernel = self.matches.kernels.get(kernel as usize)?;
        let card = self.visitor.kernel_ref(kernel.name.as_deref()?);
        self.matches
            .rule_sets_of(kernel)
            .map(|rule_set| self.evaluate(pass, rule_set, card))
            .reduce(|one, other| if one.visible { one } else { other })
    }
}
