//! Reads the answer of `GET scoped-launcher/context`: whole or not at all.

use std::sync::Arc;

use scoped_launcher_core::policy::Policy;
use scoped_launcher_core::policy::facts::Context;
use scoped_launcher_core::policy::time::parse_instant;
use wasm_bindgen::JsValue;

use crate::failure::Failure;
use crate::fetch::Answer;
use crate::read::{self, Field, Unfit};

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
pub fn read(answer: Answer, etag: Option<&str>) -> Result<Report, Failure> {
    let body = Field::new("context", answer.body.unwrap_or(JsValue::UNDEFINED));
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
        _ => {
            return Err(
                match (body.get("code").text(), body.get("message").text()) {
                    (Ok(code), Ok(message)) => Failure::new(&code, message),
                    _ => Failure::new("unavailable", "The server answered with an error."),
                },
            );
        }
    }
    let context = read::context(&body)?;
    let age_ms = body.get("age_s").number()?.max(0.0) * 1000.0;
    Ok(Report {
        facts: Some(Facts {
            context,
            #[allow(clippy::cast_possible_truncation)] // saturates, and NaN is 0
            age_ms: age_ms as i64,
            stale: body.get("stale").flag()?,
            warnings: body.get("warnings").texts()?,
        }),
        ..outline(&body, etag)?
    })
}

/// Reads the outline of the policy that a page carries: `{now, policy}` as in the context.
///
/// # Errors
/// `bad-context`.
pub fn read_outline(outline_: JsValue) -> Result<Report, Failure> {
    outline(&Field::new("outline", outline_), None)
}

fn outline(from: &Field, etag: Option<&str>) -> Result<Report, Failure> {
    Ok(Report {
        policing: policing(&from.get("policy"), etag)?,
        now_ms: parse_instant(&from.get("now").text()?)?,
        facts: None,
    })
}

fn policing(from: &Field, etag: Option<&str>) -> Result<Policing, Failure> {
    let state = from.get("state").text()?;
    if state == "missing" {
        return Ok(Policing::Ungoverned);
    }
    if state == "invalid" {
        if from.get("on_invalid").text()? == "show" {
            return Ok(Policing::Ungoverned);
        }
        let message = from.get("message").text_if_any()?;
        return Ok(Policing::Broken(message.unwrap_or_default()));
    }
    let new_etag = from.get("etag").text().ok();
    match from.get("document").optional() {
        Some(document) => {
            let policy = Policy::new(read::document(&document)?);
            Ok(Policing::Governed(new_etag, Arc::new(policy)))
        }
        None if new_etag.is_some() && new_etag.as_deref() == etag => Ok(Policing::Unchanged),
        None => Err(Failure::new(
            "bad-context",
            "The server's answer cannot be used: it has no policy.",
        )),
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
