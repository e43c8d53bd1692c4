//! The policy language: model, compile, decide, explain, lint.

pub mod facts;
pub mod glob;
pub mod model;
pub mod time;
