//! Dates, instants and durations as policies write them.

mod duration;
mod instant;
#[cfg(test)]
mod tests;
mod units;

use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use self::instant::{Reader, bad_time, start_of_day};
use self::units::DAY;
use crate::error::Error;

pub use self::duration::Duration;
#[cfg(feature = "server")]
pub use self::instant::format_instant;
pub use self::instant::parse_instant;

/// One end of a time window: the whole named day for a date (in UTC), else an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeSpec {
    text: String,
    start_ms: i64,
    end_ms: i64,
}

impl TimeSpec {
    /// Reads a date (`2027-02-28`) or an RFC 3339 date-time with a zone.
    ///
    /// # Errors
    /// `bad-time` for anything else, above all for a date-time without a zone.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut reader = Reader(text.as_bytes());
        let (start_ms, end_ms) = match reader.date() {
            Some(date) if reader.0.is_empty() => {
                let start = start_of_day(date);
                (start, start + DAY)
            }
            _ => {
                let instant = parse_instant(text).map_err(|_| {
                    bad_time(
                        text,
                        "write a date such as 2026-12-01, or a date-time with a zone such as 2026-12-01T08:00:00Z",
                    )
                })?;
                (instant, instant)
            }
        };
        Ok(Self {
            text: text.to_owned(),
            start_ms,
            end_ms,
        })
    }

    /// Where a window with this `from` begins: the start of the day for a date.
    #[must_use]
    pub fn start_ms(&self) -> i64 {
        self.start_ms
    }

    /// Where a window with this `until` ends (exclusive): the end of the day for a date.
    #[must_use]
    pub fn end_ms(&self) -> i64 {
        self.end_ms
    }

    /// The instant at which a window with this `from` begins.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn start(&self) -> Self {
        Self::instant(self.start_ms)
    }

    /// The instant at which a window with this `until` ends.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn end(&self) -> Self {
        Self::instant(self.end_ms)
    }

    #[cfg(feature = "server")]
    fn instant(ms: i64) -> Self {
        Self {
            text: format_instant(ms),
            start_ms: ms,
            end_ms: ms,
        }
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<'de> Deserialize<'de> for TimeSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for TimeSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
