//! Reads the answer of `GET scoped-launcher/context`: whole or not at all.

use std::sync::Arc;

use scoped_launcher_core::policy::Policy;
use scoped_launcher_core::policy::facts::{Context, Server};
use scoped_launcher_core::policy::model::Document;
use scoped_launcher_core::policy::time::parse_instant;
use serde::Deserialize;
use wasm_bindgen::JsValue;

use crate::failure::Failure;
use crate::fetch::Answer;

/// What the server says about its policy and about the visitor.
pub struct Report {
    /// Its policy.
    pub policing: Policing,
    /// The server's clock at its answer, in milliseconds of Unix time.
    pub now_ms: i64,
    /// The visitor's facts; none in the page itself, which is the same for all visitors.
    pub facts: Option<Facts>,
}

/// The visitor's facts.
pub struct Facts {
    /// What the engine decides on.
    pub context: Context,
    /// How old the facts were when the server answered.
    pub age_ms: i64,
    /// Could the Hub not be asked this time?
    pub stale: bool,
    /// For the console.
    pub warnings: Vec<String>,
}

/// A policy, or why there is none.
pub enum Policing {
    /// None, or a broken one that an admin lets govern nothing.
    Ungoverned,
    /// A broken one: nothing is shown. The sentence says what is wrong.
    Broken(String),
    /// The one that was asked about is still right.
    Unchanged,
    /// A policy, with a text that changes when it does.
    Governed(Option<String>, Arc<Policy>),
}

/// The keys without a default are those whose absence could open a card: a rule that hides from a group
/// shows its cards to a visitor without groups.
#[derive(Deserialize)]
struct ContextFrame {
    hub: bool,
    user: String,
    admin: bool,
    groups: Vec<String>,
    scopes: Vec<String>,
    shares: Vec<String>,
    #[serde(default)]
    server: Option<Server>,
    now: String,
    #[serde(default)]
    age_s: f64,
    #[serde(default)]
    stale: bool,
    #[serde(default)]
    warnings: Vec<String>,
    policy: PolicyFrame,
}

#[derive(Deserialize)]
struct OutlineFrame {
    now: String,
    policy: PolicyFrame,
}

#[derive(Deserialize)]
struct PolicyFrame {
    state: PolicyState,
    #[serde(default)]
    on_invalid: OnInvalid,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    etag: Option<String>,
    #[serde(default)]
    document: Option<Document>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum PolicyState {
    Missing,
    Invalid,
    Ok,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnInvalid {
    #[default]
    HideAll,
    Show,
}

/// An error, as the server words it.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    message: String,
}

/// Reads the server's answer; `etag` is that of the policy that the browser has.
///
/// # Errors
/// `login` for 401, 403 and redirects, `not-found` for 404, the server's own code for what it refuses with
/// `{code, message}`, `unavailable` for other errors, `bad-context` for an answer that is not a context.
pub fn read(answer: Answer, etag: Option<&str>) -> Result<Report, Failure> {
    match answer.status {
        200 => {}
        0 | 401 | 403 => {
            return Err(Failure::new(
                "login",
                "The session has ended: log in again.",
            ));
        }
        404 => {
            return Err(Failure::new(
                "not-found",
                "This server does not have the server extension jupyterlab_scoped_launcher, or does not enable it.",
            ));
        }
        status => return Err(refused(status, answer.body)),
    }
    let body = answer.body.ok_or_else(|| bad_context("it is not JSON"))?;
    let frame: ContextFrame = serde_wasm_bindgen::from_value(body).map_err(bad_context)?;
    #[allow(clippy::cast_possible_truncation)] // saturates, and NaN is 0
    let age_ms = (frame.age_s.max(0.0) * 1000.0) as i64;
    Ok(Report {
        policing: policing(frame.policy, etag)?,
        now_ms: parse_instant(&frame.now).map_err(bad_context)?,
        facts: Some(Facts {
            context: Context {
                hub: frame.hub,
                user: frame.user,
                admin: frame.admin,
                groups: frame.groups,
                scopes: frame.scopes,
                shares: frame.shares,
                server: frame.server,
                now: None,
            },
            age_ms,
            stale: frame.stale,
            warnings: frame.warnings,
        }),
    })
}

/// Reads the outline of the policy that the page carries: `{now, policy}` as in the context.
///
/// # Errors
/// `bad-context`.
pub fn read_outline(outline: JsValue) -> Result<Report, Failure> {
    let frame: OutlineFrame = serde_wasm_bindgen::from_value(outline).map_err(bad_context)?;
    Ok(Report {
        policing: policing(frame.policy, None)?,
        now_ms: parse_instant(&frame.now).map_err(bad_context)?,
        facts: None,
    })
}

fn refused(status: u16, body: Option<JsValue>) -> Failure {
    match body.map(serde_wasm_bindgen::from_value::<Refusal>) {
        Some(Ok(refusal)) => Failure::new(&refusal.code, refusal.message),
        _ => Failure::new(
            "unavailable",
            format!("The server answered with status {status}."),
        ),
    }
}

fn policing(frame: PolicyFrame, etag: Option<&str>) -> Result<Policing, Failure> {
    match (frame.state, frame.on_invalid, frame.document) {
        (PolicyState::Missing, ..) | (PolicyState::Invalid, OnInvalid::Show, _) => {
            Ok(Policing::Ungoverned)
        }
        (PolicyState::Invalid, OnInvalid::HideAll, _) => {
            Ok(Policing::Broken(frame.message.unwrap_or_else(|| {
                "The launcher policy cannot be used.".to_owned()
            })))
        }
        (PolicyState::Ok, _, Some(document)) => Ok(Policing::Governed(
            frame.etag,
            Arc::new(Policy::new(document)),
        )),
        (PolicyState::Ok, _, None) if frame.etag.is_some() && frame.etag.as_deref() == etag => {
            Ok(Policing::Unchanged)
        }
        (PolicyState::Ok, _, None) => Err(bad_context("the policy is missing")),
    }
}

fn bad_context(reason: impl ToString) -> Failure {
    Failure::new(
        "bad-context",
        format!(
            "The server's answer cannot be used: {}.",
            reason.to_string()
        ),
    )
}
