//! Rules.

use serde::Deserialize;
#[cfg(feature = "server")]
use serde::Serialize;

use super::condition::Condition;
use super::matcher::Match;
// One end of a window, as a page's document has it.
#[cfg(feature = "server")]
use super::text::Text;
#[cfg(not(feature = "server"))]
use crate::policy::time::Instant as WindowEnd;
use crate::policy::time::SettledWindow;
#[cfg(feature = "server")]
use crate::policy::time::{TimeSpec as WindowEnd, TimeZoneSpec, Weekly, Window};

/// Who sees the cards that it matches.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "server", derive(Serialize))]
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A unique name. Decisions and explanations show it.
    pub id: String,
    /// The cards to which the rule applies.
    #[serde(rename = "match")]
    pub matches: Match,
    /// Its cards are shown only if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_when: Option<Condition>,
    /// Its cards are hidden if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hide_when: Option<Condition>,
    /// Its conditions can hold from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<WindowEnd>,
    /// Its conditions can hold until here; a date includes its whole day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<WindowEnd>,
    /// Its conditions can hold only at these times of the week.
    #[cfg(feature = "server")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekly: Vec<Weekly>,
    /// In a page's document: when its conditions can hold, where the policy has `weekly`.
    #[cfg_attr(feature = "server", schemars(skip))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<SettledWindow>,
    /// In a page's document: the policy's card that the rule is written on. It does not match the policy's
    /// other cards.
    #[cfg_attr(feature = "server", schemars(skip))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_card: Option<String>,
    /// Whom to ask: a mail address or a URL.
    #[cfg(feature = "server")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// What to tell those from whom it hides a card.
    #[cfg(feature = "server")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// What those from whom it hides a card may ask for: to join a group.
    #[cfg(feature = "server")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<AccessRequest>,
    /// Are its hidden cards shown greyed, with the reason?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub locked: bool,
}

/// What a visitor may ask for.
#[cfg(feature = "server")]
#[derive(schemars::JsonSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessRequest {
    /// To join this group.
    pub group: String,
    /// Whether they must say why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RequestReason>,
}

/// Whether a visitor who asks for something must say why.
#[cfg(feature = "server")]
#[derive(schemars::JsonSchema, Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestReason {
    /// They may.
    Optional,
    /// They must.
    Required,
}

#[cfg(not(feature = "server"))]
impl Rule {
    /// When its conditions can hold, if not always.
    #[must_use]
    pub fn settled_window(&self) -> Option<SettledWindow> {
        if self.window.is_some() || self.from.or(self.until).is_none() {
            return self.window.clone();
        }
        let ms = |end: WindowEnd| end.ms;
        Some(SettledWindow::between(
            self.from.map(ms),
            self.until.map(ms),
        ))
    }
}

#[cfg(feature = "server")]
impl Rule {
    /// A rule that matches nothing.
    #[must_use]
    pub(crate) fn matching_nothing() -> Self {
        Self {
            id: String::new(),
            matches: Match(Vec::new()),
            show_when: None,
            hide_when: None,
            from: None,
            until: None,
            weekly: Vec::new(),
            window: None,
            policy_card: None,
            contact: None,
            message: None,
            request: None,
            locked: false,
        }
    }

    /// Is there a window, as a policy file has it?
    #[must_use]
    pub fn has_calendar(&self) -> bool {
        self.from.is_some() || self.until.is_some() || !self.weekly.is_empty()
    }

    /// The window, as a policy file has it, in the policy's time zone.
    #[must_use]
    pub fn calendar(&self, zone: Option<&TimeZoneSpec>) -> Window {
        let utc = TimeZoneSpec::default();
        let (from, until) = (self.from.as_ref(), self.until.as_ref());
        Window::new(from, until, &self.weekly, zone.unwrap_or(&utc))
    }
}
