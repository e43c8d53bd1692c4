//! Requests to the visitor's Jupyter server.

use gloo_net::http::{Headers, Request};
use scoped_launcher_core::error::ErrorCode;
use web_sys::{AbortSignal, RequestCache, RequestCredentials, RequestRedirect};

use crate::error::EngineError;

/// What the server answered.
pub struct HttpResponse {
    /// The HTTP status; 0 for a redirect, which is not followed.
    pub status: u16,
    /// The body, whatever it is.
    pub body: Vec<u8>,
}

/// GETs `url` with the page's own cookies.
///
/// # Errors
/// `timeout` when headers and body are not there after `timeout_ms`, `network` when they never will be.
pub async fn get(
    url: &str,
    headers: Headers,
    timeout_ms: u32,
) -> Result<HttpResponse, EngineError> {
    let signal = AbortSignal::timeout_with_u32(timeout_ms);
    let to_error = |_| {
        if signal.aborted() {
            EngineError::new(ErrorCode::Timeout, "The server did not answer in time.")
        } else {
            EngineError::new(ErrorCode::Network, "The server cannot be reached.")
        }
    };
    let response = Request::get(url)
        .headers(headers)
        .credentials(RequestCredentials::SameOrigin)
        .cache(RequestCache::NoStore)
        // This route never moves: a redirect leads to a login page, here or at the Hub.
        .redirect(RequestRedirect::Manual)
        .abort_signal(Some(&signal))
        .send()
        .await
        .map_err(to_error)?;
    Ok(HttpResponse {
        status: response.status(),
        body: response.binary().await.map_err(to_error)?,
    })
}
