//! The visitor, as the engine decides on them.

use serde::{Deserialize, Deserializer, Serialize};

/// The facts about the visitor, as `GET scoped-launcher/context` answers them. Always about the visitor, who
/// may differ from the owner of the server.
///
/// Fields that the engine does not decide on are ignored, so that the answer may grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// Is nothing known of the visitor? Then whatever a rule in force matches is hidden.
    #[serde(skip)]
    pub unknown: bool,
    /// Is there a JupyterHub? Without one, the policy's `no_hub` decides on governed cards.
    pub hub: bool,
    /// The visitor's name; empty if the visitor is a service.
    #[serde(deserialize_with = "null_is_default")]
    pub user: String,
    /// The name of the Hub's service that the visitor is.
    pub service: Option<String>,
    /// Is the visitor a Hub admin?
    #[serde(deserialize_with = "null_is_default")]
    pub admin: bool,
    /// The visitor's groups.
    #[serde(deserialize_with = "null_is_default")]
    pub groups: Vec<String>,
    /// The scopes of the visitor's token.
    #[serde(deserialize_with = "null_is_default")]
    pub scopes: Vec<String>,
    /// Servers that others share with the visitor, each `owner/name`.
    #[serde(deserialize_with = "null_is_default")]
    pub shares: Vec<String>,
    /// Other servers known to be open to the visitor, each `owner/name`: their own, and those of users whose
    /// servers a role opens.
    #[cfg(feature = "server")]
    #[serde(deserialize_with = "null_is_default")]
    pub servers: Vec<String>,
    /// The server that the launcher runs on.
    pub server: Option<Server>,
    /// The server's clock: RFC 3339.
    pub now: Option<String>,
    /// Facts that could not be read, in words.
    #[cfg(feature = "server")]
    #[serde(deserialize_with = "null_is_default")]
    pub warnings: Vec<String>,
}

impl Default for Context {
    /// An unnamed visitor of a Hub who holds nothing: what is not said opens nothing.
    fn default() -> Self {
        Self {
            unknown: false,
            hub: true,
            user: String::new(),
            service: None,
            admin: false,
            groups: Vec::new(),
            scopes: Vec::new(),
            shares: Vec::new(),
            #[cfg(feature = "server")]
            servers: Vec::new(),
            server: None,
            now: None,
            #[cfg(feature = "server")]
            warnings: Vec::new(),
        }
    }
}

impl Context {
    /// The context of a visitor of whom nothing is known: whatever a rule in force matches is hidden.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            unknown: true,
            ..Self::default()
        }
    }
}

/// A user's server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Whose it is.
    pub owner: String,
    /// Empty for the default server.
    #[serde(default, deserialize_with = "null_is_default")]
    pub name: String,
}

/// Reads `null`, which other tools write for what they do not know, as the type's default.
///
/// # Errors
/// As the type's own reader.
pub fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
