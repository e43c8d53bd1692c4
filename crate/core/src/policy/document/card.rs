//! Cards that a policy adds to the launcher.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::condition::Condition;
use super::matcher::{Match, MatchKey, Matcher};
use super::pattern::Pattern;
use super::rule::{AccessRequest, Rule};
use super::selector::Selector;
use super::text::{self, Text};
use crate::policy::time::{TimeSpec, Weekly};

/// A card that the policy adds to the launcher. It opens one of `service`, `servers`, `page`, `file`, `url` and
/// `command`; it may have a rule of its own.
#[derive(schemars::JsonSchema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyCard {
    /// Unique among the policy's cards.
    pub id: String,
    /// On the card; `{user}`, `{name}` and `{owner}` are filled. Without one, the name of what it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "text::template_schema")]
    pub title: Option<Text>,
    /// The card's tooltip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// The launcher section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The icon: one of JupyterLab's, an image next to the policy file, a path on this host, or a `data:` URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The Hub service that it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// A selector of `owner/name`: one card for each server that it selects and that the visitor may open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers: Option<Selector>,
    /// Whether `servers` include the visitor's own other servers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Path below the service or server; `{user}`, `{name}` and `{owner}` are filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "template"))]
    pub path: Option<String>,
    /// A page of the visitor's own server, below its base URL; `{user}` is filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "template"))]
    pub page: Option<String>,
    /// A file or directory that JupyterLab opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// An outside address with `https:`; `{user}` is filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "template"))]
    pub url: Option<String>,
    /// Whether `url` may begin with `http:`, which others on the way can read and change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_http: bool,
    /// A command of JupyterLab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The arguments of `command`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Map<String, Value>>,
    /// Tags for rules to match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Order within its category: smaller comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<f64>,
    /// A browser tab, or a tab within JupyterLab.
    #[serde(default)]
    pub open_in: OpenIn,
    /// It is shown only if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_when: Option<Condition>,
    /// It is hidden if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hide_when: Option<Condition>,
    /// Its conditions can hold from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<TimeSpec>,
    /// Its conditions can hold until here; a date includes its whole day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<TimeSpec>,
    /// Its conditions can hold only at these times of the week.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekly: Vec<Weekly>,
    /// Whom to ask: a mail address or a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// What to tell those from whom it is hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
    /// What those from whom it is hidden may ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<AccessRequest>,
    /// Is it shown greyed, with the reason, where it is hidden?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub locked: bool,
}

crate::text_enum! {
    /// Where a card's page opens.
    #[derive(schemars::JsonSchema)]
    #[derive(Default)]
    pub enum OpenIn as "OpenIn" {
        /// A tab of the browser.
        #[default]
        Tab = "tab",
        /// A tab within JupyterLab.
        Lab = "lab",
    }
}

impl PolicyCard {
    /// The keys of which it has exactly one: what it opens.
    pub const TARGETS: [&'static str; 6] = ["service", "servers", "page", "file", "url", "command"];

    /// The rule that is written on it, if there is one. Its id is the card's.
    #[must_use]
    pub fn rule(&self) -> Option<Rule> {
        if self.show_when.is_none() && self.hide_when.is_none() {
            return None;
        }
        let exactly = |name: &String| Selector {
            include: Pattern::new(escaped(name)).into_iter().collect(),
            except: Vec::new(),
        };
        let (key, selector) = match (&self.service, &self.servers) {
            (Some(service), _) => (MatchKey::Service, exactly(service)),
            (None, Some(servers)) => (MatchKey::Server, servers.clone()),
            (None, None) => (MatchKey::Link, exactly(&self.id)),
        };
        Some(Rule {
            id: self.id.clone(),
            matches: Match(vec![Matcher {
                selectors: vec![(key, selector)],
                args: None,
            }]),
            show_when: self.show_when.clone(),
            hide_when: self.hide_when.clone(),
            from: self.from.clone(),
            until: self.until.clone(),
            weekly: self.weekly.clone(),
            window: None,
            policy_card: Some(self.id.clone()),
            contact: self.contact.clone(),
            message: self.message.clone(),
            request: self.request.clone(),
            locked: self.locked,
        })
    }
}

/// The glob that matches this text alone.
fn escaped(name: &str) -> String {
    let mut glob = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            glob.push('\\');
        }
        glob.push(c);
    }
    glob
}
