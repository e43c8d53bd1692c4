//! The engine: which launcher cards may this visitor see?
//!
//! Pure Rust without JavaScript, Python or I/O. [`scopes`] is JupyterHub's scope algebra,
//! [`policy`] the policy language. Everything returns values; nothing panics on any input.
#![forbid(unsafe_code)]

#[cfg(feature = "server")]
pub mod batch;
pub mod error;
pub mod policy;
pub mod scopes;
mod text_enum;

#[doc(hidden)]
pub use serde;
