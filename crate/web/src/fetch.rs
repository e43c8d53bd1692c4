//! Reads JSON from the visitor's Jupyter server.

use gloo_net::http::{Headers, Request};
use js_sys::JSON;
use wasm_bindgen::JsValue;
use web_sys::{AbortSignal, RequestCache, RequestCredentials, RequestRedirect};

use crate::failure::Failure;

/// What the server answered.
pub struct Answer {
    /// The HTTP status; 0 for a redirect, which is not followed.
    pub status: u16,
    /// Parsed; `None` when it is not JSON.
    pub body: Option<JsValue>,
}

/// GETs `url` with the page's own cookies and parses the answer as JSON.
///
/// # Errors
/// `timeout` when headers and body are not there after `timeout_ms`, `network` when they never will be.
pub async fn get_json(url: &str, headers: Headers, timeout_ms: u32) -> Result<Answer, Failure> {
    let signal = AbortSignal::timeout_with_u32(timeout_ms);
    let lost = |_| {
        if signal.aborted() {
            Failure::new("timeout", "The server did not answer in time.")
        } else {
            Failure::new("network", "The server cannot be reached.")
        }
    };
    let response = Request::get(url)
        .headers(headers)
        .credentials(RequestCredentials::SameOrigin)
        .cache(RequestCache::NoStore)
        // This route never moves: a redirect leads to a log-in page, here or at the Hub.
        .redirect(RequestRedirect::Manual)
        .abort_signal(Some(&signal))
        .send()
        .await
        .map_err(lost)?;
    let text = response.text().await.map_err(lost)?;
    Ok(Answer {
        status: response.status(),
        body: JSON::parse(&text).ok(),
    })
}
