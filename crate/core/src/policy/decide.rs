//! Deciding: which cards does this visitor see now?

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::compile::{Needs, Policy, What};
use super::deal::{Class, Deal, server_names};
use super::facts::{Card, Context, Kernelspec, Kind};
use super::model::{Role, Visibility};
use crate::scopes::Held;
use crate::sort::sort;

/// A policy, one visitor's facts and the cards of one launcher, all resident, so that a pass over
/// all cards looks at nothing twice.
///
/// Each of the three can be exchanged: new facts do not match cards again, new cards do not
/// evaluate facts again.
#[derive(Debug)]
pub struct Session {
    pub(super) policy: Arc<Policy>,
    pub(super) facts: Facts,
    kernelspecs: Option<Vec<Kernelspec>>,
    pub(super) cards: Vec<Card>,
    pub(super) deal: Deal,
    pub(super) pass: Option<Pass>,
}

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

/// Why a card is shown or hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No rule has a say: the policy's `default`.
    Default,
    /// A rule's `show_when` holds.
    ShowWhen,
    /// A rule's `hide_when` holds.
    HideWhen,
    /// Rules say when to show it, and none of that holds.
    NotShown,
    /// A rule matches, and there is no Hub: the policy's `no_hub`.
    NoHub,
    /// A rule cannot be evaluated: hidden.
    Error,
}

impl Reason {
    /// As decisions write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::ShowWhen => "show_when",
            Self::HideWhen => "hide_when",
            Self::NotShown => "not_shown",
            Self::NoHub => "no_hub",
            Self::Error => "error",
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The outcome of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    No,
    Yes,
    Error(Why),
}

/// Why a condition has no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// `{owner}` of a card that has none.
    NoOwner,
    /// The scope that results from the placeholders is none.
    BadScope,
    /// `owner`, and the server is not known.
    NoServer,
    /// The rules of this kernel cannot be evaluated: in or behind a cycle, or for a reason of their own.
    Kernel(u32),
    /// It depends on the card, and there is none.
    NoCard,
}

impl From<bool> for Value {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl Value {
    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            error => error,
        }
    }

    /// `decisive` if any is; but an error anywhere is an error, also behind a decisive one, so that
    /// the outcome does not depend on the order.
    fn fold(values: impl Iterator<Item = Self>, decisive: Self) -> Self {
        let mut outcome = decisive.not();
        for value in values {
            if matches!(value, Self::Error(_)) {
                return value;
            }
            if value == decisive {
                outcome = decisive;
            }
        }
        outcome
    }
}

/// What a rule, or all rules that match a card, say in one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Say(u8);

impl Say {
    const NOTHING: Self = Self(0);
    /// It matches and is in force.
    const GOVERNED: Self = Self(1);
    const HIDE: Self = Self(1 << 1);
    const ERROR: Self = Self(1 << 2);
    const SHOW: Self = Self(1 << 3);
    /// It has a `show_when`, which does not hold.
    const NOT_SHOWN: Self = Self(1 << 4);
    /// To be asked for each card.
    const BY_CARD: Self = Self(1 << 5);
    /// To be asked once it is known which kernels are shown.
    const LATER: Self = Self(1 << 6);

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The visitor's facts, and what follows from them alone.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) context: Context,
    /// Sorted.
    pub(super) groups: Vec<String>,
    held: Held,
    /// The outcome of each node that needs nothing but facts.
    values: Vec<Value>,
    /// What each rule says if it is in force.
    says: Vec<Say>,
}

/// The state of one pass.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// How many windows have opened or shut, decisions are the same until that number changes; `None`
    /// where the time is not known.
    era: Option<usize>,
    /// What each rule says.
    says: Vec<Say>,
    /// Whether each kernel may be used.
    pub(super) kernels: Vec<Value>,
    visible: Vec<bool>,
}

/// The card that placeholders stand for.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) name: &'a str,
    pub(super) owner: Option<&'a str>,
}

/// What all rules that match a card come to.
pub(super) struct Judgement<'s> {
    /// The rules that match, in the order of the policy, and what each of them says.
    pub(super) rules: &'s [u32],
    says: Vec<Say>,
    pub(super) visible: bool,
    pub(super) reason: Reason,
}

impl Judgement<'_> {
    /// The rules that decided, in the order of the policy.
    pub(super) fn decisive(&self) -> impl Iterator<Item = u32> {
        let decisive = match self.reason {
            Reason::Default => Say::NOTHING,
            Reason::ShowWhen => Say::SHOW,
            Reason::HideWhen => Say::HIDE,
            Reason::NotShown => Say::NOT_SHOWN,
            Reason::NoHub => Say::GOVERNED,
            Reason::Error => Say::ERROR,
        };
        self.rules
            .iter()
            .zip(&self.says)
            .filter(move |(_, say)| say.has(decisive))
            .map(|(&rule, _)| rule)
    }
}

impl Facts {
    fn new(policy: &Policy, context: Context) -> Self {
        let mut groups = context.groups.clone();
        sort(&mut groups);
        groups.dedup();
        let shares: Vec<String> = context
            .shares
            .iter()
            .map(|server| ["access:servers!server=", server].concat())
            .collect();
        let mut raw_scopes = policy.raw_scopes(&context);
        raw_scopes.extend(shares.iter().map(String::as_str));
        let held = Held::new(raw_scopes, &context.user, &groups, &policy.definitions);
        let mut facts = Self {
            context,
            groups,
            held,
            values: Vec::with_capacity(policy.nodes.len()),
            says: Vec::new(),
        };
        for node in &policy.nodes {
            // A node that needs more is asked again when that is there.
            let value = match node.needs {
                Needs::Facts => facts.outcome(&node.what, &[], None, &mut |part| facts.value(part)),
                Needs::Kernels | Needs::Card => Value::No,
            };
            facts.values.push(value);
        }
        facts.says = policy
            .rules
            .iter()
            .map(|rule| match rule.needs {
                Needs::Facts => {
                    let value = |node: Option<u32>| node.map(|node| facts.value(node));
                    say(value(rule.hide_when), value(rule.show_when))
                }
                Needs::Kernels => Say::LATER,
                Needs::Card => Say::BY_CARD.and(Say::GOVERNED),
            })
            .collect();
        facts
    }

    fn value(&self, node: u32) -> Value {
        self.values.get(node as usize).copied().unwrap_or(Value::No)
    }

    /// The outcome of a condition or test, given that of its parts.
    fn outcome(
        &self,
        what: &What,
        kernels: &[Value],
        subject: Option<Subject>,
        part: &mut dyn FnMut(u32) -> Value,
    ) -> Value {
        match what {
            What::Group(groups) => groups.find(&self.groups).is_some().into(),
            What::User(users) => users.matches(&self.context.user).into(),
            What::Scope(scope) if scope.has_placeholders() => {
                let Some(subject) = subject else {
                    return Value::Error(Why::NoCard);
                };
                let owner = match subject.owner {
                    Some(owner) => owner,
                    None if scope.names_owner() => return Value::Error(Why::NoOwner),
                    None => "",
                };
                self.holds(&scope.fill(subject.name, owner))
            }
            What::Scope(scope) => self.holds(scope.as_str()),
            What::Kernel(kernel) => kernels
                .get(*kernel as usize)
                .copied()
                .unwrap_or(Value::Error(Why::Kernel(*kernel))),
            What::Admin(wanted) => (self.context.admin == *wanted).into(),
            What::Owner(wanted) => match &self.context.server {
                Some(server) => ((server.owner == self.context.user) == *wanted).into(),
                None => Value::Error(Why::NoServer),
            },
            What::Always(wanted) => (*wanted).into(),
            What::All(parts) => Value::fold(parts.iter().map(|&number| part(number)), Value::No),
            What::Any(parts) => Value::fold(parts.iter().map(|&number| part(number)), Value::Yes),
            What::Not(number) => part(*number).not(),
        }
    }

    fn holds(&self, scope: &str) -> Value {
        self.held
            .check(scope)
            .map_or(Value::Error(Why::BadScope), Value::from)
    }

    /// The card that placeholders stand for.
    pub(super) fn subject<'a>(&'a self, card: &'a Card) -> Subject<'a> {
        if card.kind == Kind::Server {
            let (name, owner) = server_names(card);
            return Subject { name, owner };
        }
        let owner = card.owner.as_deref().filter(|owner| !owner.is_empty());
        Subject {
            name: &card.name,
            owner: owner.or_else(|| self.server_owner()),
        }
    }

    /// The card of a kernel that a condition asks about.
    pub(super) fn kernel_subject<'a>(&'a self, name: &'a str) -> Subject<'a> {
        Subject {
            name,
            owner: self.server_owner(),
        }
    }

    fn server_owner(&self) -> Option<&str> {
        self.context
            .server
            .as_ref()
            .map(|server| server.owner.as_str())
            .filter(|owner| !owner.is_empty())
    }
}

#[cfg(feature = "files")]
impl Policy {
    /// May this visitor read the whole policy? Only if its `preview` says so, from facts alone: a
    /// condition on kernels or with placeholders allows nobody.
    #[must_use]
    pub fn allows_preview(&self, context: Context) -> bool {
        let Some(preview) = self.preview else {
            return false;
        };
        let facts = Facts::new(self, context);
        let from_facts = self
            .node(preview)
            .is_some_and(|node| node.needs == Needs::Facts);
        from_facts && facts.value(preview) == Value::Yes
    }
}

impl Policy {
    /// The scopes of the visitor's token and of the roles that the policy gives them.
    pub(super) fn raw_scopes<'c>(&'c self, context: &'c Context) -> Vec<&'c str> {
        let mut groups: Vec<&str> = context.groups.iter().map(String::as_str).collect();
        sort(&mut groups);
        let mut scopes: Vec<&str> = context.scopes.iter().map(String::as_str).collect();
        for role in &self.document.roles {
            if has_role(&context.user, &groups, role) {
                scopes.extend(role.scopes.iter().map(String::as_str));
            }
        }
        scopes
    }
}

/// Does a visitor have this role? One named `user` without users and groups is everybody's.
fn has_role(user: &str, groups: &[&str], role: &Role) -> bool {
    role.users.iter().any(|name| name == user)
        || role
            .groups
            .iter()
            .any(|group| groups.binary_search(&group.as_str()).is_ok())
        || (role.name == "user" && role.users.is_empty() && role.groups.is_empty())
}

/// What a rule in force says, from the outcomes of its conditions.
fn say(hide_when: Option<Value>, show_when: Option<Value>) -> Say {
    let hide = match hide_when {
        None | Some(Value::No) => Say::NOTHING,
        Some(Value::Yes) => Say::HIDE,
        Some(Value::Error(_)) => Say::ERROR,
    };
    let show = match show_when {
        None => Say::NOTHING,
        Some(Value::No) => Say::NOT_SHOWN,
        Some(Value::Yes) => Say::SHOW,
        Some(Value::Error(_)) => Say::ERROR,
    };
    Say::GOVERNED.and(hide).and(show)
}

impl Session {
    /// A session without cards. Without `kernelspecs`, the kernels of the cards are those that exist.
    #[must_use]
    pub fn new(
        policy: Arc<Policy>,
        context: Context,
        kernelspecs: Option<Vec<Kernelspec>>,
    ) -> Self {
        let facts = Facts::new(&policy, context);
        let deal = Deal::new(&policy, kernelspecs.as_deref(), &[]);
        Self {
            policy,
            facts,
            kernelspecs,
            cards: Vec::new(),
            deal,
            pass: None,
        }
    }

    /// Exchanges the visitor's facts. Cards are not matched again; facts that say the same as before,
    /// which is what most refreshes bring, leave everything as it is.
    pub fn set_context(&mut self, context: Context) {
        let now = context.now.clone();
        let known = &mut self.facts.context;
        known.now = now;
        if *known != context {
            self.facts = Facts::new(&self.policy, context);
            self.pass = None;
        }
    }

    /// Exchanges the kernels that exist; matches the cards again, since they may bring tags.
    pub fn set_kernelspecs(&mut self, kernelspecs: Option<Vec<Kernelspec>>) {
        self.kernelspecs = kernelspecs;
        self.match_cards();
    }

    /// Exchanges the cards.
    pub fn set_cards(&mut self, cards: Vec<Card>) {
        self.cards = cards;
        self.match_cards();
    }

    /// Exchanges policy and facts, and keeps the cards.
    pub fn set_policy(&mut self, policy: Arc<Policy>, context: Context) {
        self.facts = Facts::new(&policy, context);
        self.policy = policy;
        self.match_cards();
    }

    fn match_cards(&mut self) {
        self.deal = Deal::new(&self.policy, self.kernelspecs.as_deref(), &self.cards);
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

    /// The facts.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.facts.context
    }

    /// Decides all cards at a time in milliseconds since the epoch: for each, whether it is visible.
    /// Where the time is not known (`None`), a rule with a window cannot be evaluated.
    ///
    /// Asking again costs nothing until facts, cards or kernels are exchanged, or a time window opens
    /// or shuts.
    pub fn decide(&mut self, now_ms: impl Into<Option<i64>>) -> &[bool] {
        let now_ms = now_ms.into();
        let changes = &self.policy.changes_ms;
        let era = now_ms.map(|now_ms| changes.partition_point(|&change| change <= now_ms));
        let pass = match self.pass.take() {
            Some(pass) if pass.era == era => pass,
            _ => self.run(now_ms, era),
        };
        &self.pass.insert(pass).visible
    }

    /// When a time window opens or shuts next: decisions may change then, and not before.
    #[must_use]
    pub fn next_change_ms(&self, now_ms: i64) -> Option<i64> {
        let changes = &self.policy.changes_ms;
        changes
            .get(changes.partition_point(|&change| change <= now_ms))
            .copied()
    }

    /// What the last [`Session::decide`] decided on a card; `None` if there was none since the last
    /// exchange, or there is no such card.
    #[must_use]
    pub fn decision(&self, card: usize) -> Option<Decision<'_>> {
        let judgement = self.judge_card(self.pass.as_ref()?, card)?;
        Some(Decision {
            id: &self.cards.get(card)?.id,
            visible: judgement.visible,
            rule: judgement
                .decisive()
                .find_map(|rule| self.policy.written(rule))
                .map(|rule| rule.id.as_str()),
            reason: judgement.reason,
        })
    }

    pub(super) fn judge_card(&self, pass: &Pass, card: usize) -> Option<Judgement<'_>> {
        let class = self.deal.class(*self.deal.class_of.get(card)?)?;
        Some(self.judge(pass, class, self.facts.subject(self.cards.get(card)?)))
    }

    pub(super) fn judge<'a>(
        &self,
        pass: &Pass,
        class: &'a Class,
        subject: Subject,
    ) -> Judgement<'a> {
        let says: Vec<Say> = class
            .rules
            .iter()
            .map(|&rule| self.rule_says(pass, rule, Some(subject)))
            .collect();
        let (visible, reason) = self.verdict(total(says.iter().copied()));
        Judgement {
            rules: &class.rules,
            says,
            visible,
            reason,
        }
    }

    fn run(&self, now_ms: Option<i64>, era: Option<usize>) -> Pass {
        let policy = &self.policy;
        let mut pass = Pass {
            era,
            says: self.facts.says.clone(),
            ..Pass::default()
        };
        for (say, rule) in pass.says.iter_mut().zip(&policy.rules) {
            let in_force = rule.is_in_force(now_ms);
            if in_force == Some(false) {
                *say = Say::NOTHING;
            } else if in_force.is_none() || self.facts.context.unknown {
                *say = Say::GOVERNED.and(Say::ERROR);
            } else if !self.facts.context.hub {
                *say = Say::GOVERNED;
            }
        }
        pass.kernels = (0..self.deal.kernels.len() as u32)
            .map(|kernel| Value::Error(Why::Kernel(kernel)))
            .collect();
        if self.facts.context.hub && !self.facts.context.unknown {
            self.decide_kernels(&mut pass);
        }
        let class_says: Vec<Say> = self
            .deal
            .classes
            .iter()
            .map(|class| self.class_says(&pass, class, None))
            .collect();
        pass.visible = self
            .deal
            .class_of
            .iter()
            .zip(&self.cards)
            .map(|(&class, card)| {
                let mut says = class_says
                    .get(class as usize)
                    .copied()
                    .unwrap_or(Say::NOTHING);
                if says.has(Say::BY_CARD)
                    && let Some(class) = self.deal.class(class)
                {
                    says = self.class_says(&pass, class, Some(self.facts.subject(card)));
                }
                self.verdict(says).0
            })
            .collect();
        pass
    }

    /// Decides the kernels that conditions ask about, then the rules that ask.
    fn decide_kernels(&self, pass: &mut Pass) {
        for &number in &self.deal.kernel_order {
            let Some(kernel) = self.deal.kernels.get(number as usize) else {
                continue;
            };
            let mut value = Value::No;
            if let Some(name) = &kernel.name {
                let subject = self.facts.kernel_subject(name);
                for class in self.deal.classes_of(kernel) {
                    self.settle(pass, class.rules.iter().copied());
                    value = match self.verdict(self.class_says(pass, class, Some(subject))) {
                        (true, _) => Value::Yes,
                        (false, Reason::Error) if value == Value::No => {
                            Value::Error(Why::Kernel(number))
                        }
                        _ => value,
                    };
                }
            }
            if let Some(slot) = pass.kernels.get_mut(number as usize) {
                *slot = value;
            }
        }
        self.settle(pass, 0..self.policy.rules.len() as u32);
    }

    /// Asks those of the rules that waited for kernels, which are decided now.
    fn settle(&self, pass: &mut Pass, rules: impl Iterator<Item = u32>) {
        for number in rules {
            let waits = pass
                .says
                .get(number as usize)
                .is_some_and(|say| say.has(Say::LATER));
            if waits {
                let settled = self.ask_rule(pass, number, None);
                if let Some(say) = pass.says.get_mut(number as usize) {
                    *say = settled;
                }
            }
        }
    }

    /// What the rules of a class say together.
    fn class_says(&self, pass: &Pass, class: &Class, subject: Option<Subject>) -> Say {
        total(
            class
                .rules
                .iter()
                .map(|&rule| self.rule_says(pass, rule, subject)),
        )
    }

    fn rule_says(&self, pass: &Pass, rule: u32, subject: Option<Subject>) -> Say {
        let say = pass
            .says
            .get(rule as usize)
            .copied()
            .unwrap_or(Say::NOTHING);
        if say.has(Say::BY_CARD) && subject.is_some() {
            return self.ask_rule(pass, rule, subject);
        }
        say
    }

    fn ask_rule(&self, pass: &Pass, rule: u32, subject: Option<Subject>) -> Say {
        let Some(rule) = self.policy.rules.get(rule as usize) else {
            return Say::NOTHING;
        };
        let value = |node: Option<u32>| node.map(|node| self.value(pass, node, subject));
        say(value(rule.hide_when), value(rule.show_when))
    }

    /// The outcome of a node. The document's depth is limited, and so is this recursion.
    pub(super) fn value(&self, pass: &Pass, node: u32, subject: Option<Subject>) -> Value {
        match self.policy.node(node) {
            Some(found) if found.needs != Needs::Facts => {
                let mut part = |part| self.value(pass, part, subject);
                self.facts
                    .outcome(&found.what, &pass.kernels, subject, &mut part)
            }
            _ => self.facts.value(node),
        }
    }

    /// Is it unknown whether this rule was in its time window in the pass?
    pub(super) fn lacks_time(&self, pass: &Pass, rule: u32) -> bool {
        let windowed = |rule: &super::compile::Rule| rule.is_in_force(None).is_none();
        pass.era.is_none() && self.policy.rules.get(rule as usize).is_some_and(windowed)
    }

    /// Was this rule in its time window in the pass?
    #[cfg(feature = "files")]
    pub(super) fn is_in_force(&self, pass: &Pass, rule: u32) -> bool {
        pass.says
            .get(rule as usize)
            .is_some_and(|say| say.has(Say::GOVERNED))
    }

    fn verdict(&self, says: Say) -> (bool, Reason) {
        let document = &self.policy.document;
        if !says.has(Say::GOVERNED) {
            (document.default == Visibility::Show, Reason::Default)
        } else if !self.facts.context.hub {
            (document.no_hub == Visibility::Show, Reason::NoHub)
        } else if says.has(Say::HIDE) {
            (false, Reason::HideWhen)
        } else if says.has(Say::ERROR) {
            (false, Reason::Error)
        } else if says.has(Say::SHOW) {
            (true, Reason::ShowWhen)
        } else if says.has(Say::NOT_SHOWN) {
            (false, Reason::NotShown)
        } else {
            (document.default == Visibility::Show, Reason::Default)
        }
    }
}

fn total(says: impl IntoIterator<Item = Say>) -> Say {
    says.into_iter().fold(Say::NOTHING, Say::and)
}
