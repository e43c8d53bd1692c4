//! JupyterHub's scope algebra, as `jupyterhub.scopes` (6.1) defines it.

mod parse;
pub mod text;

pub use parse::{Filters, Parsed, parse};
