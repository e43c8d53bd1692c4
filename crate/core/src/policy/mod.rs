//! The policy language: what admins write, and what it means for each card.
//!
//! A [`model::Document`] is what was read. [`Policy`] is that, compiled; a [`Session`] decides with it on one
//! visitor's facts and one launcher's cards.

mod compile;
mod deal;
mod decide;
pub mod facts;
pub mod glob;
#[cfg(feature = "files")]
pub mod grants;
mod index;
pub mod model;
pub mod time;

pub use compile::Policy;
pub use decide::{Decision, Reason, Session};
