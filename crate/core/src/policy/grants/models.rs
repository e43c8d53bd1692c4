//! What is read of the Hub's models of users, servers and shares.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer};

use crate::policy::context::null_is_default;

/// What is read of the Hub's user model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct UserModel {
    /// The user's name.
    pub name: String,
    /// Groups that the user is in.
    #[serde(default, deserialize_with = "null_is_default")]
    pub groups: Vec<String>,
    /// The user's servers by name, stopped ones too.
    #[serde(default, deserialize_with = "null_is_default")]
    pub servers: HashMap<String, ServerModel>,
}

/// What is read of the Hub's server model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ServerModel {
    /// `tags` of its `user_options`.
    #[serde(default, rename = "user_options", deserialize_with = "tags_of")]
    pub tags: Vec<String>,
}

/// A share that exists, as the service's records or the Hub's REST API have it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "ShareModel")]
pub struct ExistingShare {
    /// `owner/name`
    pub server: String,
    /// With whom; none for a share with a group.
    pub user: Option<String>,
    /// The grant it was made for; none for a share that a person made, which is never revoked.
    pub grant: Option<String>,
}

/// Users write the options of their servers: what has another type is ignored.
fn tags_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let options = serde_json::Value::deserialize(deserializer)?;
    let tags = options.get("tags").and_then(|tags| tags.as_array());
    Ok(tags
        .into_iter()
        .flatten()
        .filter_map(|tag| tag.as_str().map(str::to_owned))
        .collect())
}

#[derive(Deserialize)]
struct NamedModel {
    name: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ServerReference {
    FullName(String),
    Model { user: NamedModel, name: String },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum UserReference {
    Name(String),
    Model(NamedModel),
}

#[derive(Deserialize)]
struct ShareModel {
    server: ServerReference,
    #[serde(default)]
    user: Option<UserReference>,
    #[serde(default)]
    grant: Option<String>,
}

impl From<ShareModel> for ExistingShare {
    fn from(share: ShareModel) -> Self {
        Self {
            server: match share.server {
                ServerReference::FullName(name) => name,
                ServerReference::Model { user, name } => format!("{}/{name}", user.name),
            },
            user: share.user.map(|user| match user {
                UserReference::Name(name) | UserReference::Model(NamedModel { name }) => name,
            }),
            grant: share.grant,
        }
    }
}
