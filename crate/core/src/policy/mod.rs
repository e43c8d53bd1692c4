//! The policy language: what admins write, and what it means for each card.
//!
//! A [`document::Document`] is what was read. [`Policy`] is that, compiled; a [`Session`] decides with
//! it on one visitor's context and one launcher's cards.
//!
//! Imports go one way: `source` and `document`, then `compile`, then `decide`, then `explain` and `lint`.

pub mod card;
pub mod command_args;
mod compile;
pub mod context;
mod decide;
mod decide_card;
#[cfg(feature = "server")]
pub mod diagnostic;
pub mod document;
mod evaluate;
#[cfg(feature = "server")]
pub mod explain;
pub mod glob;
#[cfg(feature = "server")]
pub mod grants;
mod index;
#[cfg(feature = "server")]
pub mod lint;
mod matching;
mod outcome;
#[cfg(feature = "server")]
mod policy_cards;
#[cfg(feature = "server")]
mod reduce;
#[cfg(feature = "server")]
mod references;
#[cfg(feature = "server")]
pub mod schema;
mod session;
#[cfg(feature = "server")]
pub mod source;
#[cfg(feature = "server")]
pub mod span;
pub mod time;

pub use compile::Policy;
pub use decide::{Decision, Reason};
pub use decide_card::SingleDecision;
#[cfg(feature = "server")]
pub use policy_cards::AddedCard;
pub use session::Session;
