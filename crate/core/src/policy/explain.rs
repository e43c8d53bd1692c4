//! Explaining: why does this visitor see a card, or not, and whom to ask?
//!
//! The answer is a list of [`Part`]s, each a code with at most one value, so that a browser can
//! say it in another language; [`Explanation::sentence`] says it in English.

use std::borrow::Cow;

use super::compile::What;
use super::decide::{Decision, Judgement, Pass, Reason, Session, Subject, Value, Why};
use super::model::{Condition, Selector, Test};

/// Why a card is shown or hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'s> {
    /// What was decided.
    pub decision: Decision<'s>,
    /// The reason, in order: one verdict, whom it concerns, what is so about the visitor.
    pub parts: Vec<Part<'s>>,
    /// What the policy has to say to those from whom it hides the card.
    pub message: Option<&'s str>,
    /// Whom to ask, where the card is hidden: a mail address or a URL.
    pub contact: Option<&'s str>,
}

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'s> {
    /// What it says.
    pub code: Code,
    /// What the text's `{}` stands for; empty where it has none.
    pub value: Cow<'s, str>,
}

/// Where a part stands in its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At its start.
    Verdict,
    /// Whom the verdict concerns, after a space.
    Whom,
    /// A fact about the visitor or the card, after a semicolon.
    Fact,
}

/// Declares the codes with their name, their place and their English text.
macro_rules! codes {
    ($($code:ident = $name:literal $place:ident $text:literal;)*) => {
        /// What a [`Part`] says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $(#[doc = $text] $code,)* }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// Stable, kebab-case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                self.texts().0
            }

            /// In English; `{}` stands for the part's value.
            #[must_use]
            pub fn text(self) -> &'static str {
                self.texts().2
            }

            /// Where it stands in its sentence.
            #[must_use]
            pub fn place(self) -> Place {
                self.texts().1
            }

            fn texts(self) -> (&'static str, Place, &'static str) {
                match self { $(Self::$code => ($name, Place::$place, $text),)* }
            }
        }
    };
}

codes! {
    ShownByDefault = "shown-by-default" Verdict "Shown: no rule says otherwise";
    HiddenByDefault = "hidden-by-default" Verdict "Hidden: no rule shows it";
    ShownTo = "shown-to" Verdict "Shown to";
    HiddenFrom = "hidden-from" Verdict "Hidden from";
    ShownOnlyTo = "shown-only-to" Verdict "Hidden: shown only to";
    ShownWithoutHub = "shown-without-hub" Verdict "Shown: there is no JupyterHub to ask";
    HiddenWithoutHub = "hidden-without-hub" Verdict "Hidden: there is no JupyterHub to ask";
    RuleFails = "rule-fails" Verdict "Hidden: the rule {} cannot be evaluated";
    Members = "members" Whom "members of group {}";
    Users = "users" Whom "user {}";
    Except = "except" Whom "except {}";
    Holders = "holders" Whom "holders of scope {}";
    KernelUsers = "kernel-users" Whom "users of kernel {}";
    Admins = "admins" Whom "Hub admins";
    TheOwner = "the-owner" Whom "the owner of this server";
    Everybody = "everybody" Whom "everybody";
    Nobody = "nobody" Whom "nobody";
    Not = "not" Whom "those who are not";
    And = "and" Whom "and";
    Or = "or" Whom "or";
    Open = "open" Whom "(";
    Close = "close" Whom ")";
    Others = "others" Whom "those whom further rules name";
    InGroup = "in-group" Fact "you are in {}";
    InNoSuchGroup = "in-no-such-group" Fact "you are in none of its groups";
    YouAre = "you-are" Fact "you are {}";
    HoldsScope = "holds-scope" Fact "you hold it";
    LacksScope = "lacks-scope" Fact "you do not hold it";
    KernelShown = "kernel-shown" Fact "you may use this kernel";
    KernelHidden = "kernel-hidden" Fact "this kernel is hidden from you";
    KernelMissing = "kernel-missing" Fact "this kernel is not installed here";
    IsAdmin = "is-admin" Fact "you are an admin";
    IsNoAdmin = "is-no-admin" Fact "you are not an admin";
    IsOwner = "is-owner" Fact "this server is yours";
    IsNotOwner = "is-not-owner" Fact "this server is not yours";
    NoOwner = "no-owner" Fact "the card has no owner to put into its scope";
    BadScope = "bad-scope" Fact "its scope names nothing";
    NoServer = "no-server" Fact "it is not known whose server this is";
    KernelFails = "kernel-fails" Fact "the rules of kernel {} cannot be evaluated";
    NoCard = "no-card" Fact "there is no card to ask about";
    NoTime = "no-time" Fact "it is in force for a time only, and the time is not known";
}

/// So many rules are named; the rest are "further rules".
const MAX_RULES_NAMED: usize = 3;

/// So many kernels are followed in search of somebody to ask.
const MAX_KERNELS_FOLLOWED: usize = 8;

impl Explanation<'_> {
    /// In English: the parts, what the policy says, and whom to ask.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part.code.place() {
                Place::Fact => out.push_str("; "),
                Place::Whom if part.code != Code::Close && !out.ends_with('(') => out.push(' '),
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
        let judgement = self.judge_card(pass, card)?;
        let mut teller = Teller {
            session: self,
            pass,
            subject: self.facts.subject(self.cards.get(card)?),
            whom: Vec::new(),
            facts: Vec::new(),
        };
        let verdict = teller.tell(&judgement);
        let mut parts = vec![verdict];
        parts.append(&mut teller.whom);
        parts.append(&mut teller.facts);
        let hidden = !decision.visible;
        Some(Explanation {
            decision,
            parts,
            message: hidden
                .then(|| self.first_of(&judgement, |rule| rule.message.as_deref()))
                .flatten(),
            contact: hidden
                .then(|| self.contact(pass, &judgement, MAX_KERNELS_FOLLOWED))
                .flatten(),
        })
    }

    fn first_of<'s>(
        &'s self,
        judgement: &Judgement,
        field: impl Fn(&'s super::model::Rule) -> Option<&'s str>,
    ) -> Option<&'s str> {
        judgement
            .decisive()
            .filter_map(|rule| self.policy.written(rule))
            .find_map(field)
    }

    /// The contact of a rule that decided, or of one that hides a kernel that it asks for.
    fn contact(&self, pass: &Pass, judgement: &Judgement, follow: usize) -> Option<&str> {
        if follow == 0 {
            return None;
        }
        self.first_of(judgement, |rule| rule.contact.as_deref())
            .or_else(|| {
                judgement
                    .decisive()
                    .filter_map(|rule| self.policy.rules.get(rule as usize))
                    .flat_map(|rule| &rule.kernels)
                    .filter_map(|&kernel| self.judge_kernel(pass, kernel))
                    .filter(|judgement| !judgement.visible)
                    .find_map(|judgement| self.contact(pass, &judgement, follow - 1))
            })
    }

    pub(super) fn judge_kernel(&self, pass: &Pass, kernel: u32) -> Option<Judgement<'_>> {
        let kernel = self.deal.kernels.get(kernel as usize)?;
        let subject = self.facts.kernel_subject(kernel.name.as_deref()?);
        self.deal
            .classes_of(kernel)
            .map(|class| self.judge(pass, class, subject))
            .reduce(|one, other| if one.visible { one } else { other })
    }
}

struct Teller<'s> {
    session: &'s Session,
    pass: &'s Pass,
    subject: Subject<'s>,
    whom: Vec<Part<'s>>,
    facts: Vec<Part<'s>>,
}

impl<'s> Teller<'s> {
    /// The verdict; whom it concerns and the facts are collected on the way.
    fn tell(&mut self, judgement: &Judgement) -> Part<'s> {
        let code = match (judgement.reason, judgement.visible) {
            (Reason::Default, true) => Code::ShownByDefault,
            (Reason::Default, false) => Code::HiddenByDefault,
            (Reason::NoHub, true) => Code::ShownWithoutHub,
            (Reason::NoHub, false) => Code::HiddenWithoutHub,
            (Reason::ShowWhen, _) => Code::ShownTo,
            (Reason::HideWhen, _) => Code::HiddenFrom,
            (Reason::NotShown, _) => Code::ShownOnlyTo,
            (Reason::Error, _) => Code::RuleFails,
        };
        // One rule is enough to hide a card, or to show it; but all of them could have shown it.
        let named = if judgement.reason == Reason::NotShown {
            MAX_RULES_NAMED
        } else {
            1
        };
        for (count, number) in judgement.decisive().enumerate() {
            let policy = &self.session.policy;
            let (Some(written), Some(rule)) =
                (policy.written(number), policy.rules.get(number as usize))
            else {
                continue;
            };
            match judgement.reason {
                Reason::Default | Reason::NoHub => break,
                Reason::Error => {
                    if self.session.lacks_time(self.pass, number) {
                        self.add_fact(Code::NoTime, "");
                    }
                    self.tell_errors(rule.hide_when.into_iter().chain(rule.show_when));
                    return Part {
                        code,
                        value: Cow::Borrowed(&written.id),
                    };
                }
                _ => {}
            }
            if count > 0 && named > 1 {
                self.say(Code::Or, "");
            }
            if count == named {
                if named > 1 {
                    self.say(Code::Others, "");
                }
                break;
            }
            let (condition, node) = match judgement.reason {
                Reason::HideWhen => (&written.hide_when, rule.hide_when),
                _ => (&written.show_when, rule.show_when),
            };
            if let (Some(condition), Some(node)) = (condition, node) {
                self.tell_condition(condition, node, false);
            }
        }
        Part {
            code,
            value: Cow::Borrowed(""),
        }
    }

    fn value(&self, node: u32) -> Value {
        self.session.value(self.pass, node, Some(self.subject))
    }

    /// Says whom a condition speaks of, as far as it made the outcome what it is.
    fn tell_condition(&mut self, condition: &'s Condition, node: u32, inner: bool) {
        match (
            condition.0.as_slice(),
            self.session.policy.node(node).map(|node| &node.what),
        ) {
            ([test], _) => self.tell_test(test, node, inner),
            (tests, Some(What::All(nodes))) => {
                self.tell_several(
                    tests.iter().zip(nodes.iter().copied()),
                    node,
                    Code::And,
                    inner,
                    Self::tell_test,
                );
            }
            _ => {}
        }
    }

    fn tell_several<T: Copy>(
        &mut self,
        parts: impl Iterator<Item = (T, u32)>,
        whole: u32,
        between: Code,
        inner: bool,
        tell: fn(&mut Self, T, u32, bool),
    ) {
        let outcome = self.value(whole);
        let relevant: Vec<(T, u32)> = parts
            .filter(|&(_, node)| self.value(node) == outcome)
            .collect();
        let several = relevant.len() > 1;
        if several && inner {
            self.say(Code::Open, "");
        }
        for (count, &(part, node)) in relevant.iter().enumerate() {
            if count > 0 {
                self.say(between, "");
            }
            tell(self, part, node, inner || several);
        }
        if several && inner {
            self.say(Code::Close, "");
        }
    }

    fn tell_test(&mut self, test: &'s Test, node: u32, inner: bool) {
        let what = self.session.policy.node(node).map(|node| &node.what);
        let value = self.value(node);
        let holds = value == Value::Yes;
        let context = &self.session.facts.context;
        match test {
            Test::Group(selector) => {
                self.say_selector(Code::Members, selector);
                let group = match what {
                    Some(What::Group(groups)) => groups.find(&self.session.facts.groups),
                    _ => None,
                };
                match group {
                    Some(group) => self.add_fact(Code::InGroup, group),
                    None => self.add_fact(Code::InNoSuchGroup, ""),
                }
            }
            Test::User(selector) => {
                self.say_selector(Code::Users, selector);
                self.add_fact(Code::YouAre, &context.user);
            }
            Test::Scope(scope) => {
                let scope = scope.fill(self.subject.name, self.subject.owner.unwrap_or_default());
                self.whom.push(Part {
                    code: Code::Holders,
                    value: Cow::Owned(scope),
                });
                self.add_fact(
                    if holds {
                        Code::HoldsScope
                    } else {
                        Code::LacksScope
                    },
                    "",
                );
            }
            Test::Kernel(name) => {
                self.say(Code::KernelUsers, name);
                let installed = match what {
                    Some(What::Kernel(kernel)) => self
                        .session
                        .deal
                        .kernels
                        .get(*kernel as usize)
                        .is_some_and(|kernel| kernel.name.is_some()),
                    _ => false,
                };
                let fact = match (holds, installed) {
                    (true, _) => Code::KernelShown,
                    (false, true) => Code::KernelHidden,
                    (false, false) => Code::KernelMissing,
                };
                self.add_fact(fact, "");
            }
            Test::Admin(wanted) => {
                self.say_unless(*wanted, Code::Admins);
                self.add_fact(
                    if context.admin {
                        Code::IsAdmin
                    } else {
                        Code::IsNoAdmin
                    },
                    "",
                );
            }
            Test::Owner(wanted) => {
                self.say_unless(*wanted, Code::TheOwner);
                self.add_fact(
                    if holds == *wanted {
                        Code::IsOwner
                    } else {
                        Code::IsNotOwner
                    },
                    "",
                );
            }
            Test::Always(wanted) => self.say(
                if *wanted {
                    Code::Everybody
                } else {
                    Code::Nobody
                },
                "",
            ),
            Test::All(parts) | Test::Any(parts) => {
                if let Some(What::All(nodes) | What::Any(nodes)) = what {
                    let between = if matches!(test, Test::All(_)) {
                        Code::And
                    } else {
                        Code::Or
                    };
                    self.tell_several(
                        parts.iter().zip(nodes.iter().copied()),
                        node,
                        between,
                        inner,
                        Self::tell_condition,
                    );
                }
            }
            Test::Not(part) => {
                self.say(Code::Not, "");
                if let Some(What::Not(node)) = what {
                    self.tell_condition(part, *node, true);
                }
            }
        }
    }

    /// Says why conditions have no outcome.
    fn tell_errors(&mut self, nodes: impl Iterator<Item = u32>) {
        for node in nodes {
            if let Value::Error(why) = self.value(node) {
                let code = match why {
                    Why::NoOwner => Code::NoOwner,
                    Why::BadScope => Code::BadScope,
                    Why::NoServer => Code::NoServer,
                    Why::NoCard => Code::NoCard,
                    Why::Kernel(kernel) => {
                        let name = self.session.policy.kernels.get(kernel as usize);
                        self.add_fact(Code::KernelFails, name.map_or("", String::as_str));
                        continue;
                    }
                };
                self.add_fact(code, "");
            }
        }
    }

    fn say(&mut self, code: Code, value: &'s str) {
        self.whom.push(Part {
            code,
            value: Cow::Borrowed(value),
        });
    }

    fn say_unless(&mut self, wanted: bool, code: Code) {
        if !wanted {
            self.say(Code::Not, "");
        }
        self.say(code, "");
    }

    fn say_selector(&mut self, code: Code, selector: &Selector) {
        for (code, patterns) in [(code, &selector.include), (Code::Except, &selector.except)] {
            if !patterns.is_empty() || code != Code::Except {
                let patterns: Vec<&str> = patterns.iter().map(|pattern| pattern.as_str()).collect();
                self.whom.push(Part {
                    code,
                    value: Cow::Owned(patterns.join(", ")),
                });
            }
        }
    }

    fn add_fact(&mut self, code: Code, value: &'s str) {
        let fact = Part {
            code,
            value: Cow::Borrowed(value),
        };
        if !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
    }
}
