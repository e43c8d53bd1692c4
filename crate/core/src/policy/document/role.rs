//! Roles and custom scopes, as JupyterHub's configuration has them.

use serde::{Deserialize, Serialize};

/// A role: scopes for users, members of groups, and services.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleDefinition {
    /// Its name at the Hub.
    pub name: String,
    /// A description for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it grants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Names of users who have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// Names of groups whose members have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Names of services that have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}

impl RoleDefinition {
    /// Is this the role of every user? The Hub gives a role named `user` to everybody unless it
    /// lists users or groups.
    #[must_use]
    pub fn is_for_everybody(&self) -> bool {
        self.name == "user" && self.users.is_empty() && self.groups.is_empty()
    }
}

/// A scope that this deployment defines.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "server", schemars(extend("required" = ["description"])))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomScopeDefinition {
    /// A description for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Scopes that it implies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscopes: Vec<String>,
}
