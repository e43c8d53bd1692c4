//! JupyterHub's scope algebra, as `jupyterhub.scopes` (6.1) defines it.
//!
//! A *raw* scope is what roles and tokens name (`self`, `servers!user`). [`expand`] makes it
//! *expanded* scopes: no metascopes, all subscopes, every filter with its name. A [`ScopeSet`] is
//! a reduced set of those, indexed; [`Held`] is the set of one visitor, ready to be asked.

mod definitions;
mod expand;
mod held;
mod intersect;
mod set;
pub mod text;

pub use definitions::Definitions;
pub use expand::{Expansion, OauthClient, Owner, Problem, expand, expand_leniently};
pub use held::Held;
pub use intersect::intersect;
pub use set::{GroupsOf, Scope, ScopeSet};
