//! A second implementation of the policy language: every rule on every card, without an index or cache.
//! It is slow, and easy to compare with the documentation. Globs are matched by the regex crate.

mod decide;
mod explain;
mod globs;
mod grants;
mod kernels;
mod matchers;

pub use decide::decide;
pub use explain::{in_language, tell};
pub use globs::regex_of;
pub use grants::grants;
