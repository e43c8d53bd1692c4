//! The answer of `GET scoped-launcher/context`, read whole or not at all.
//!
//! The types here refuse keys that they do not know. The engine's own `Context` ignores them, so the
//! answer is never read into that directly.

use std::sync::Arc;

use scoped_launcher_core::error::ErrorCode;
use scoped_launcher_core::policy::Policy;
use scoped_launcher_core::policy::context::{Context, Server};
use scoped_launcher_core::policy::document::Document;
use scoped_launcher_core::policy::time::Instant;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::decode::{DecodeError, from_json};
use crate::error::EngineError;
use crate::fetch::HttpResponse;

/// The context, as the server answers it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextResponse {
    hub: bool,
    user: String,
    /// Given if the visitor is a service of the Hub.
    service: Option<String>,
    admin: bool,
    groups: Vec<String>,
    scopes: Vec<String>,
    shares: Vec<String>,
    server: Option<ServerField>,
    now: Instant,
    /// How old the context was when the server answered, in seconds.
    age_s: f64,
    /// Could the Hub not be asked this time?
    pub stale: bool,
    policy: PolicyField,
    /// The policy's own cards for this visitor, which the page reads.
    pub cards: Option<Box<RawValue>>,
    /// The order of the launcher's sections, which the page reads.
    pub sections: Option<Box<RawValue>>,
    /// What the page is told of the visitor, which it reads.
    pub page: Option<Box<RawValue>>,
    /// For the console.
    pub warnings: Vec<String>,
}

/// The summary of the policy that a page carries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummaryResponse {
    now: Instant,
    policy: PolicyField,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerField {
    owner: String,
    /// Empty for the default server.
    #[serde(default)]
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyField {
    #[serde(default)]
    state: PolicyState,
    #[serde(default)]
    on_invalid: OnInvalid,
    etag: Option<String>,
    document: Option<Document>,
    message: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PolicyState {
    #[default]
    Ok,
    Missing,
    Invalid,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnInvalid {
    #[default]
    HideAll,
    Show,
}

/// A policy, or why there is none.
pub enum PolicyUpdate {
    /// None, or an invalid one that an admin lets govern nothing.
    None,
    /// An invalid one: nothing is shown. The sentence says what is wrong.
    Invalid(String),
    /// The one that the browser has is still in use.
    Unchanged,
    /// A policy, with a text that changes when it does.
    New(Option<String>, Arc<Policy>),
}

/// What the server says about its policy and, unless it is the summary, about the visitor.
pub struct Update {
    /// Its policy.
    pub policy: PolicyUpdate,
    /// The server's clock at its answer, in milliseconds of Unix time.
    pub now_ms: i64,
    /// The visitor's context, with how old it was when the server answered, in milliseconds.
    pub context: Option<(Context, i64)>,
}

impl ContextResponse {
    /// Reads a context.
    ///
    /// # Errors
    /// `bad-context`, with the path to the mistake.
    pub fn read(json: &[u8]) -> Result<Self, EngineError> {
        from_json(json).map_err(|error| bad_context(&error))
    }

    /// Reads the server's answer.
    ///
    /// # Errors
    /// `access-revoked` where the server says so, otherwise `not-authenticated` for 401, 403 and redirects, `not-found` for 404, the server's own code for what
    /// it refuses with `{code, message}`, `unavailable` for other statuses, `bad-context` for what is
    /// not a context.
    pub fn from_http(response: &HttpResponse) -> Result<Self, EngineError> {
        match response.status {
            200 => Self::read(&response.body),
            0 | 401 | 403 => Err(match EngineError::from_body(&response.body) {
                error if error.code == ErrorCode::AccessRevoked => error,
                _ => EngineError::new(
                    ErrorCode::NotAuthenticated,
                    "The session has ended: log in again.",
                ),
            }),
            404 => Err(EngineError::new(
                ErrorCode::NotFound,
                "This server does not have the server extension jupyterlab_scoped_launcher, or does not enable it.",
            )),
            _ => Err(EngineError::from_body(&response.body)),
        }
    }

    /// What it changes, given the etag of the policy that the browser has.
    ///
    /// # Errors
    /// `bad-context` where it has no policy to decide by.
    pub fn into_update(self, etag: Option<&str>) -> Result<Update, EngineError> {
        let context = Context {
            hub: self.hub,
            user: self.user,
            service: self.service,
            admin: self.admin,
            groups: self.groups,
            scopes: self.scopes,
            shares: self.shares,
            server: self.server.map(|server| Server {
                owner: server.owner,
                name: server.name,
            }),
            ..Context::default()
        };
        #[allow(clippy::cast_possible_truncation)] // saturates
        let age_ms = (self.age_s.max(0.0) * 1000.0) as i64;
        Ok(Update {
            policy: self.policy.into_update(etag)?,
            now_ms: self.now.ms,
            context: Some((context, age_ms)),
        })
    }
}

impl SummaryResponse {
    /// Reads the summary of the policy that a page carries: `{now, policy}` as in the context.
    ///
    /// # Errors
    /// `bad-context`, with the path to the mistake.
    pub fn read(json: &[u8]) -> Result<Update, EngineError> {
        let summary: Self = from_json(json).map_err(|error| bad_context(&error))?;
        Ok(Update {
            policy: summary.policy.into_update(None)?,
            now_ms: summary.now.ms,
            context: None,
        })
    }
}

impl PolicyField {
    fn into_update(self, etag: Option<&str>) -> Result<PolicyUpdate, EngineError> {
        match (self.state, self.document) {
            (PolicyState::Missing, _) => Ok(PolicyUpdate::None),
            (PolicyState::Invalid, _) if self.on_invalid == OnInvalid::Show => {
                Ok(PolicyUpdate::None)
            }
            (PolicyState::Invalid, _) => {
                Ok(PolicyUpdate::Invalid(self.message.unwrap_or_default()))
            }
            (PolicyState::Ok, Some(document)) => Ok(PolicyUpdate::New(
                self.etag,
                Arc::new(Policy::new(document)),
            )),
            (PolicyState::Ok, None) if self.etag.is_some() && self.etag.as_deref() == etag => {
                Ok(PolicyUpdate::Unchanged)
            }
            (PolicyState::Ok, None) => Err(EngineError::new(
                ErrorCode::BadContext,
                "The server's answer cannot be used: policy: there is no document.",
            )),
        }
    }
}

fn bad_context(error: &DecodeError) -> EngineError {
    let sentence = error.sentence("context");
    EngineError::new(
        ErrorCode::BadContext,
        ["The server's answer cannot be used: ", &sentence, "."].concat(),
    )
}
