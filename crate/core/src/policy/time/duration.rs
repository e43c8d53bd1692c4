//! Durations, as policies write them.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::units::{DAY, HOUR, MINUTE, SECOND};
use crate::error::Error;

/// Longest duration a policy may name: it must stay exact as a JavaScript number.
const MAX_DURATION_MS: u64 = 366 * DAY as u64;

/// A duration: a number of seconds, or a whole number with a unit (`500ms`, `15s`, `10m`, `2h`, `1d`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration {
    ms: u64,
}

impl Duration {
    /// A duration of so many milliseconds; `None` above 366 days.
    #[must_use]
    pub fn from_ms(ms: u64) -> Option<Self> {
        (ms <= MAX_DURATION_MS).then_some(Self { ms })
    }

    /// A duration of so many seconds; `None` when negative, not a number, or above 366 days.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        let ms = seconds * 1_000.0;
        // The bounds make the cast exact enough: no sign, no overflow, no NaN.
        (0.0..=MAX_DURATION_MS as f64)
            .contains(&ms)
            .then_some(Self { ms: ms as u64 })
    }

    /// Reads `15s` and its like; a bare number counts seconds.
    ///
    /// # Errors
    /// `bad-duration`; the message says what to write.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
        let unit_ms = match unit {
            "ms" => 1,
            "s" | "" => SECOND,
            "m" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            _ => 0,
        };
        number
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(unit_ms.unsigned_abs()))
            .filter(|_| unit_ms > 0)
            .and_then(Self::from_ms)
            .ok_or_else(|| {
                Error::new(
                    "bad-duration",
                    ["“", text, "” is not a duration: write a whole number and a unit, such as 15s, 10m or 2h"].concat(),
                )
            })
    }

    /// In milliseconds.
    #[must_use]
    pub fn ms(self) -> u64 {
        self.ms
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DurationVisitor;
        impl DurationVisitor {
            fn seconds<E: de::Error>(seconds: f64) -> Result<Duration, E> {
                Duration::from_seconds(seconds).ok_or_else(|| {
                    E::custom("a duration must be between 0 and 366 days: write 15s, for example")
                })
            }
        }
        impl Visitor<'_> for DurationVisitor {
            type Value = Duration;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as 15s, 10m or 2h, or a number of seconds")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
                Duration::parse(text).map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Duration, E> {
                Self::seconds(seconds as f64)
            }
            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Duration, E> {
                Self::seconds(seconds as f64)
            }
            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Duration, E> {
                Self::seconds(seconds)
            }
        }
        deserializer.deserialize_any(DurationVisitor)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.ms() {
            ms if ms % 1_000 == 0 => serializer.collect_str(&format_args!("{}s", ms / 1_000)),
            ms => serializer.collect_str(&format_args!("{ms}ms")),
        }
    }
}
