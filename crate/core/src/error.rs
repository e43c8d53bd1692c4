//! The error type of the engine, and the codes of all errors that people and programs meet.

use std::fmt;

/// What went wrong, for a program (`code`) and for a person (`message`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Stable, kebab-case, documented; for example `bad-json` or `unknown-scope`.
    pub code: &'static str,
    /// One sentence: where, what, and what to write instead.
    pub message: String,
}

impl Error {
    /// Makes an error from a stable code and a sentence.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

crate::text_enum! {
    /// The codes of the errors that the server's routes answer and that the page works with.
    pub enum ErrorCode as "ErrorCode" {
        /// The Hub does not accept this session: the visitor has to log in again.
        NotAuthenticated = "not-authenticated",
        /// The server is no longer shared with the visitor.
        AccessRevoked = "access-revoked",
        /// The Hub did not answer in time.
        HubTimeout = "hub-timeout",
        /// The Hub cannot be reached.
        HubUnreachable = "hub-unreachable",
        /// The Hub answered with an error.
        HubError = "hub-error",
        /// The Hub's answer is not as JupyterHub writes it.
        MalformedResponse = "malformed-response",
        /// The server was started under JupyterHub but does not log in with it.
        NoHubLogin = "no-hub-login",
        /// The request is not as the route's documentation says.
        BadRequest = "bad-request",
        /// The server failed; its log says why.
        InternalError = "internal-error",
        /// There is no usable policy.
        NoPolicy = "no-policy",
        /// The visitor may not do this.
        NotAllowed = "not-allowed",
        /// The policy has no such icon.
        NoIcon = "no-icon",
        /// The server did not answer in time.
        Timeout = "timeout",
        /// The server cannot be reached.
        Network = "network",
        /// The server does not have the server extension, or does not enable it.
        NotFound = "not-found",
        /// The server answered with an error that has no code.
        Unavailable = "unavailable",
        /// The server's answer is not a context.
        BadContext = "bad-context",
        /// The page gave the engine something that it cannot read.
        BadArgument = "bad-argument",
        /// The engine cannot be loaded, or failed.
        EngineUnavailable = "engine-unavailable",
        /// The policy cannot be used.
        InvalidPolicy = "invalid-policy",
    }
}
