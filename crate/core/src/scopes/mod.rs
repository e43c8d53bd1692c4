//! JupyterHub's scope algebra, as `jupyterhub.scopes` (6.1) defines it.
//!
//! A *raw* scope is what roles and tokens name (`self`, `servers!user`). [`expand`] makes it
//! *expanded* scopes: no metascopes, all subscopes, every filter with its name. A [`ScopeSet`] is
//! a reduced set of those, indexed; [`HeldScopes`] is the set of one visitor, ready to be asked.

#[cfg(feature = "server")]
mod custom;
mod definitions;
#[cfg(feature = "server")]
mod describe;
#[cfg(feature = "server")]
mod exist;
mod expand;
mod held;
mod intersect;
#[cfg(feature = "server")]
mod required;
#[cfg(feature = "server")]
mod roles;
mod set;
pub mod text;

#[cfg(feature = "server")]
pub use custom::{define, is_custom_name};
pub use definitions::{CustomScope, Definitions};
#[cfg(feature = "server")]
pub use describe::describe;
#[cfg(feature = "server")]
pub use exist::check_exists;
pub use expand::{Expansion, OauthClient, Owner, ScopeWarning, expand, expand_leniently};
pub use held::HeldScopes;
pub use intersect::intersect;
#[cfg(feature = "server")]
pub use required::{access_scope, check_scopes, identify_scopes};
#[cfg(feature = "server")]
pub use roles::{OwnerScopes, Role, Roles, is_default_role, is_role_name, share_scopes};
pub use set::{GroupsOf, Scope, ScopeSet};
