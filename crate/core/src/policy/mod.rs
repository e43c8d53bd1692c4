//! The policy language: what admins write, and what it means for each card.
//!
//! A [`model::Document`] is what was read. [`Policy`] is that, compiled; a [`Session`] decides with it on one
//! visitor's facts and one launcher's cards.

mod cards;
mod compile;
mod deal;
mod decide;
#[cfg(feature = "files")]
pub mod document;
pub mod explain;
pub mod facts;
#[cfg(feature = "files")]
pub mod findings;
pub mod glob;
#[cfg(feature = "files")]
pub mod grants;
mod hash;
mod index;
#[cfg(feature = "files")]
pub mod lint;
pub mod model;
#[cfg(feature = "files")]
mod reduce;
#[cfg(feature = "files")]
pub mod schema;
pub mod time;
#[cfg(feature = "files")]
pub mod trace;

pub use compile::Policy;
pub use decide::{Decision, Reason, Session};
