//! Cards that a policy adds to the launcher.

use serde::{Deserialize, Serialize};

use super::selector::Selector;

/// A card that the policy adds to the launcher: for a Hub service, or for each of some servers.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyCard {
    /// Unique among the policy's cards.
    pub id: String,
    /// On the card; without one, the name of the service or server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Tooltip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The launcher section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// A file or URL path of the icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The Hub service that it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// One card for each server `owner/name` that the visitor may open and this selects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers: Option<Selector>,
    /// Path below the service or server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Tags for rules to match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Order within its category: smaller comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<f64>,
    /// A browser tab, or a tab within JupyterLab.
    #[serde(default)]
    pub open_in: OpenIn,
}

crate::text_enum! {
    /// Where a card's page opens.
    #[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
    #[derive(Default)]
    pub enum OpenIn as "OpenIn" {
        /// A tab of the browser.
        #[default]
        Tab = "tab",
        /// A tab within JupyterLab.
        Lab = "lab",
    }
}
