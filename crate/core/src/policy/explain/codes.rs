//! The codes of which explanations consist, with their English text.

use std::borrow::Cow;

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'s> {
    /// What it says.
    pub code: ExplanationCode,
    /// What the text's `{}` stands for; empty where it has none.
    pub value: Cow<'s, str>,
}

/// Which kind of part this is, and so where it stands in its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// At its start.
    Decision,
    /// Whom the decision concerns, after a space.
    Audience,
    /// A fact about the visitor or the card, after a semicolon.
    Fact,
    /// A sentence of its own.
    Sentence,
    /// In the value of another part: in the words of a time window.
    Word,
}

/// Declares the codes with their name, their kind and their English text.
macro_rules! codes {
    ($($code:ident = $name:literal $kind:ident $text:literal;)*) => {
        /// What a [`Part`] says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ExplanationCode { $(#[doc = $text] $code,)* }

        impl ExplanationCode {
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

            /// What kind of part it is.
            #[must_use]
            pub fn kind(self) -> PartKind {
                self.texts().1
            }

            fn texts(self) -> (&'static str, PartKind, &'static str) {
                match self { $(Self::$code => ($name, PartKind::$kind, $text),)* }
            }
        }
    };
}

codes! {
    ShownByDefault = "shown-by-default" Decision "Shown: no rule says otherwise";
    HiddenByDefault = "hidden-by-default" Decision "Hidden: no rule shows it";
    ShownTo = "shown-to" Decision "Shown to";
    HiddenFrom = "hidden-from" Decision "Hidden from";
    ShownOnlyTo = "shown-only-to" Decision "Hidden: shown only to";
    ShownWithoutHub = "shown-without-hub" Decision "Shown: there is no JupyterHub to ask";
    HiddenWithoutHub = "hidden-without-hub" Decision "Hidden: there is no JupyterHub to ask";
    ShownOnlyDuring = "shown-only-during" Decision "Hidden: shown only {}";
    NeverShown = "never-shown" Decision "Hidden: this rule never shows the card";
    RuleFails = "rule-fails" Decision "Hidden: the rule {} cannot be evaluated";
    Members = "members" Audience "members of group {}";
    Users = "users" Audience "user {}";
    CertainUsers = "certain-users" Audience "certain users";
    Services = "services" Audience "service {}";
    Except = "except" Audience "except {}";
    Holders = "holders" Audience "holders of scope {}";
    KernelUsers = "kernel-users" Audience "users of kernel {}";
    Admins = "admins" Audience "Hub admins";
    TheOwner = "the-owner" Audience "the owner of this server";
    Everybody = "everybody" Audience "everybody";
    Nobody = "nobody" Audience "nobody";
    Not = "not" Audience "those who are not";
    And = "and" Audience "and";
    Or = "or" Audience "or";
    Open = "open" Audience "(";
    Close = "close" Audience ")";
    InGroup = "in-group" Fact "you are in {}";
    InNoSuchGroup = "in-no-such-group" Fact "you are in none of its groups";
    InSimilarGroup = "in-similar-group" Fact "you are in {}, which is written differently";
    YouAre = "you-are" Fact "you are {}";
    IsService = "is-service" Fact "you are the service {}";
    IsNoService = "is-no-service" Fact "you are no service of the Hub";
    HoldsScope = "holds-scope" Fact "you hold it";
    LacksScope = "lacks-scope" Fact "you do not hold it";
    ScopeUnknown = "scope-unknown" Fact "it is not known whether you hold it";
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
    NoTime = "no-time" Fact "it has a time window, and the time is not known";
    Window = "window" Fact "this applies {}";
    Ask = "ask" Sentence "Ask {}.";
    WindowOn = "window-on" Word "on";
    WindowFrom = "window-from" Word "from";
    WindowUntil = "window-until" Word "until";
    Monday = "monday" Word "mon";
    Tuesday = "tuesday" Word "tue";
    Wednesday = "wednesday" Word "wed";
    Thursday = "thursday" Word "thu";
    Friday = "friday" Word "fri";
    Saturday = "saturday" Word "sat";
    Sunday = "sunday" Word "sun";
}
