//! What conditions and rules come to.

/// The outcome of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    No,
    Yes,
    Error(EvalError),
}

/// Why a condition has no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EvalError {
    /// `{owner}` of a card that has none.
    NoOwner,
    /// The scope that results from the placeholders does not exist.
    BadScope,
    /// `owner`, and the server is not known.
    NoServer,
    /// The rules of the kernels that this `kernel` condition selects cannot be evaluated: in or behind a cycle,
    /// or for a reason of their own.
    Kernel(u32),
    /// It depends on the card, and there is none.
    NoCard,
}

impl From<bool> for Outcome {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl Outcome {
    pub(super) fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            error => error,
        }
    }

    /// `decisive` if any is; but an error anywhere is an error, also after a decisive one, so that
    /// the outcome does not depend on the order.
    pub(super) fn fold(outcomes: impl Iterator<Item = Self>, decisive: Self) -> Self {
        let mut outcome = decisive.not();
        for part in outcomes {
            if matches!(part, Self::Error(_)) {
                return part;
            }
            if part == decisive {
                outcome = decisive;
            }
        }
        outcome
    }
}

/// What a rule, or all rules that match a card, come to in one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RuleEffects(u8);

impl RuleEffects {
    pub(super) const NONE: Self = Self(0);
    /// It matches.
    pub(super) const APPLIES: Self = Self(1);
    pub(super) const HIDE: Self = Self(1 << 1);
    pub(super) const ERROR: Self = Self(1 << 2);
    pub(super) const SHOW: Self = Self(1 << 3);
    /// It has a `show_when`, which does not hold.
    pub(super) const NOT_SHOWN: Self = Self(1 << 4);
    /// To be evaluated for each card.
    pub(super) const PER_CARD: Self = Self(1 << 5);
    /// To be evaluated once it is known which kernels are shown.
    pub(super) const PENDING: Self = Self(1 << 6);

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The effects of a rule whose window is open, from the outcomes of its conditions.
    pub(super) fn of(hide_when: Option<Outcome>, show_when: Option<Outcome>) -> Self {
        let hide = match hide_when {
            None | Some(Outcome::No) => Self::NONE,
            Some(Outcome::Yes) => Self::HIDE,
            Some(Outcome::Error(_)) => Self::ERROR,
        };
        let show = match show_when {
            None => Self::NONE,
            Some(Outcome::No) => Self::NOT_SHOWN,
            Some(Outcome::Yes) => Self::SHOW,
            Some(Outcome::Error(_)) => Self::ERROR,
        };
        Self::APPLIES.and(hide).and(show)
    }
}

/// The effects of several rules together.
pub(super) fn combine(effects: impl IntoIterator<Item = RuleEffects>) -> RuleEffects {
    effects
        .into_iter()
        .fold(RuleEffects::NONE, RuleEffects::and)
}
