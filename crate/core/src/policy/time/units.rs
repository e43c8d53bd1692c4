//! Units of time, in milliseconds.

pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(in crate::policy) const DAY: i64 = 24 * HOUR;
