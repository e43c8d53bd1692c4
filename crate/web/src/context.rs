//! Reads the answer of `GET scoped-launcher/context`: whole or not at all.

use std::sync::Arc;

use scoped_launcher_core::policy::Policy;
use scoped_launcher_core::policy::facts::Context;
use scoped_launcher_core::policy::time::parse_instant;
use wasm_bindgen::JsValue;

use crate::failure::Failure;
use crate::fetch::Answer;
use crate::read::{self, Field, Unfit, read};

/// What the server says about its policy and about the visitor.
pub struct Report {
    /// Its policy.
    pub policing: Policing,
    /// The server's clock at its answer, in milliseconds of Unix time.
    pub now_ms: i64,
    /// The visitor's facts; none in the outline that a page carries.
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
    /// The one that the browser has is still right.
    Unchanged,
    /// A policy, with a text that changes when it does.
    Governed(Option<String>, Arc<Policy>),
}

/// Reads the server's answer; `etag` is that of the policy that the browser has.
///
/// # Errors
/// `login` for 401, 403 and redirects, `not-found` for 404, the server's own code for what it refuses with
/// `{code, message}`, `unavailable` for other statuses, `bad-context` for what is not a context.
pub fn read_answer(answer: Answer, etag: Option<&str>) -> Result<Report, Failure> {
    match answer.status {
        200 => read_context(answer.body.unwrap_or(JsValue::UNDEFINED), etag),
        0 | 401 | 403 => Err(Failure::new(
            "login",
            "The session has ended: log in again.",
        )),
        404 => Err(Failure::new(
            "not-found",
            "This server does not have the server extension jupyterlab_scoped_launcher, or does not enable it.",
        )),
        _ => Err(refusal(answer.body.unwrap_or(JsValue::UNDEFINED))),
    }
}

/// Reads a context.
///
/// # Errors
/// `bad-context`.
pub fn read_context(context: JsValue, etag: Option<&str>) -> Result<Report, Failure> {
    let (report, facts) = read("context", context, |from| {
        let context = read::context(from);
        let age_ms = from.get("age_s").number().max(0.0) * 1000.0;
        let facts = Facts {
            context,
            #[allow(clippy::cast_possible_truncation)] // saturates, and NaN is 0
            age_ms: age_ms as i64,
            stale: from.get("stale").flag(),
            warnings: from.get("warnings").texts(),
        };
        (outline(from, etag), facts)
    })?;
    Ok(Report {
        facts: Some(facts),
        ..report
    })
}

/// Reads the outline of the policy that a page carries: `{now, policy}` as in the context.
///
/// # Errors
/// `bad-context`.
pub fn read_outline(from: JsValue) -> Result<Report, Failure> {
    Ok(read("outline", from, |from| outline(from, None))?)
}

fn refusal(body: JsValue) -> Failure {
    let worded = read("error", body, |from| {
        Failure::new(&from.get("code").text(), from.get("message").text())
    });
    worded.unwrap_or_else(|_| Failure::new("unavailable", "The server answered with an error."))
}

fn outline(from: &Field, etag: Option<&str>) -> Report {
    let now = from.get("now");
    Report {
        policing: policing(&from.get("policy"), etag),
        now_ms: parse_instant(&now.text()).unwrap_or_else(|_| {
            now.refuse("a time with its zone");
            0
        }),
        facts: None,
    }
}

fn policing(from: &Field, etag: Option<&str>) -> Policing {
    match from.get("state").text().as_str() {
        "missing" => Policing::Ungoverned,
        "invalid" if from.get("on_invalid").text() == "show" => Policing::Ungoverned,
        "invalid" => Policing::Broken(from.get("message").text_if_any().unwrap_or_default()),
        _ => {
            let new_etag = from.get("etag").text_if_any();
            match from.get("document").optional() {
                Some(document) => {
                    Policing::Governed(new_etag, Arc::new(Policy::new(read::document(&document))))
                }
                None => {
                    if new_etag.is_none() || new_etag.as_deref() != etag {
                        from.refuse("with a document");
                    }
                    Policing::Unchanged
                }
            }
        }
    }
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        Self::new(
            "bad-context",
            [
                "The server's answer cannot be used: ",
                &unfit.sentence(),
                ".",
            ]
            .concat(),
        )
    }
}
