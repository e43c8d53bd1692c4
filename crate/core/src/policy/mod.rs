//! The policy language: what admins write, and what it means for each card.

pub mod facts;
pub mod glob;
pub mod model;
pub mod time;
