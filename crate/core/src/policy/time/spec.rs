//! One end of a time window.

use jiff::civil::DateTime;
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::instant::{Reader, bad_time, format_instant, parse_instant};
use super::units::DAY;
use super::zone::TimeZoneSpec;
use crate::error::Error;

/// One end of a time window, as written: a date, a date-time, or a date-time with a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeSpec {
    text: String,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A whole day in the policy's time zone.
    Date(DateTime),
    /// A time in the policy's time zone.
    Local(DateTime),
    /// Milliseconds since the epoch.
    Instant(i64),
}

impl TimeSpec {
    /// Reads a date (`2027-02-28`), a date-time (`2026-12-01 08:00`), or one with a zone (RFC 3339).
    ///
    /// # Errors
    /// `bad-time` for anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let form = parse_instant(text)
            .ok()
            .map(Form::Instant)
            .or_else(|| local(text))
            .ok_or_else(|| {
                bad_time(
                    text,
                    "write a date such as 2026-12-01, a time such as 2026-12-01 08:00 (with `timezone` in the \
                     policy), or a time with a zone such as 2026-12-01T08:00:00+01:00",
                )
            })?;
        Ok(Self {
            text: text.to_owned(),
            form,
        })
    }

    /// An instant, in milliseconds since the epoch; beyond the years that RFC 3339 can write, the nearest one.
    #[must_use]
    pub fn at(ms: i64) -> Self {
        let text = format_instant(ms);
        let ms = parse_instant(&text).unwrap_or(ms);
        Self {
            text,
            form: Form::Instant(ms),
        }
    }

    /// Does it mean nothing without a time zone? A date means UTC then.
    #[must_use]
    pub fn needs_zone(&self) -> bool {
        matches!(self.form, Form::Local(_))
    }

    /// Where a window with this `from` begins, in milliseconds since the epoch: the start of the day for a date.
    #[must_use]
    pub fn start_ms(&self, zone: &TimeZoneSpec) -> i64 {
        match self.form {
            Form::Date(time) | Form::Local(time) => zone.instant_ms(time),
            Form::Instant(ms) => ms,
        }
    }

    /// Where a window with this `until` ends (exclusive): the end of the day for a date.
    #[must_use]
    pub fn end_ms(&self, zone: &TimeZoneSpec) -> i64 {
        match self.form {
            Form::Date(day) => match day.date().tomorrow() {
                Ok(next) => zone.instant_ms(next.at(0, 0, 0, 0)),
                Err(_) => zone.instant_ms(day) + DAY, // the last day that there is
            },
            Form::Local(time) => zone.instant_ms(time),
            Form::Instant(ms) => ms,
        }
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn local(text: &str) -> Option<Form> {
    let mut reader = Reader(text.as_bytes());
    let date = reader.date()?;
    if reader.0.is_empty() {
        return Some(Form::Date(date.at(0, 0, 0, 0)));
    }
    reader.byte(b"Tt ")?;
    let ms = reader.time_of_day()?;
    if !reader.0.is_empty() {
        return None;
    }
    let time = date.at(0, 0, 0, 0);
    let time = time
        .checked_add(jiff::SignedDuration::from_millis(ms))
        .ok()?;
    Some(Form::Local(time))
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
