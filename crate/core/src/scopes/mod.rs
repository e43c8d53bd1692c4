//! JupyterHub's scope algebra, as `jupyterhub.scopes` (6.1) defines it.
//!
//! A *raw* scope is what roles and tokens name (`self`, `servers!user`). [`expand`] makes it
//! *expanded* scopes: no metascopes, all subscopes, every filter with its name. A [`ScopeSet`] is
//! a reduced set of those, indexed; [`Held`] is the set of one visitor, ready to be asked.

#[cfg(feature = "files")]
mod custom;
mod definitions;
#[cfg(feature = "files")]
mod describe;
#[cfg(feature = "files")]
mod exist;
mod expand;
mod held;
mod intersect;
#[cfg(feature = "files")]
mod needed;
#[cfg(feature = "files")]
mod roles;
mod set;
pub mod text;

#[cfg(feature = "files")]
pub use custom::{define, is_custom_name};
pub use definitions::{CustomScope, Definitions};
#[cfg(feature = "files")]
pub use describe::describe;
#[cfg(feature = "files")]
pub use exist::check_exists;
pub use expand::{Expansion, OauthClient, Owner, Problem, expand, expand_leniently};
pub use held::Held;
pub use intersect::intersect;
#[cfg(feature = "files")]
pub use needed::{access_scope, check_scopes, identify_scopes};
#[cfg(feature = "files")]
pub use roles::{Holder, Role, Roles, share_scopes};
pub use set::{GroupsOf, Scope, ScopeSet};
