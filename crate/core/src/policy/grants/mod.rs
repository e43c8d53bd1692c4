//! Which user shares the `grants` of a policy want: which to create at the Hub, and which to revoke.
//!
//! A default server is never shared, nor a server with its owner, whatever a glob says: the Hub would
//! do both.

mod changes;
mod desired;
mod models;
mod recipients;
mod selector_matches;
mod servers;
#[cfg(test)]
mod tests;

pub use changes::{ShareChange, ShareChanges};
pub use desired::MAX_SHARES;
pub use models::{ExistingShare, ServerModel, UserModel};
