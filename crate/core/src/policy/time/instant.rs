//! Instants: RFC 3339 date-times with a zone, as milliseconds since 1970-01-01T00:00:00Z.
//!
//! The calendar is jiff's, on the server and in the browser. The text is split into its fields here: jiff's own parser,
//! and also its arithmetic with date-times, would add more than 130 KB to the WebAssembly, and that parser reads more than
//! RFC 3339 and times without seconds (no separators, names of zones). A property test holds this reader against it.

#[cfg(feature = "server")]
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

#[cfg(feature = "server")]
use super::units::DAY;
use super::units::{HOUR, MINUTE, SECOND};
use crate::error::Error;

/// Milliseconds since the epoch of an RFC 3339 date-time with a zone, such as
/// `2026-12-01T08:00:00Z` or `2026-12-01 09:00:00.5+01:00`. The seconds may be left out.
///
/// # Errors
/// `bad-time` when the text is something else; the message says what to write.
pub fn parse_instant(text: &str) -> Result<i64, Error> {
    let mut reader = Reader(text.as_bytes());
    reader
        .instant()
        .filter(|_| reader.0.is_empty())
        .ok_or_else(|| {
            bad_time(
                text,
                "write a date-time with a zone, such as 2026-12-01T08:00:00+01:00",
            )
        })
}

/// An instant as JSON has it: an RFC 3339 date-time with a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// Milliseconds since the epoch.
    pub ms: i64,
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let ms = parse_instant(&text).map_err(|error| D::Error::custom(error.message))?;
        Ok(Self { ms })
    }
}

/// Writes an instant (milliseconds since the epoch) as RFC 3339 in UTC; outside of the years 0000 to 9999, which RFC 3339
/// can write, as the nearest instant within them.
#[cfg(feature = "server")]
#[must_use]
pub fn format_instant(ms: i64) -> String {
    let earliest = start_of_day(date(0, 1, 1));
    let latest = start_of_day(date(9999, 12, 31)) + DAY - 1;
    let since_epoch = SignedDuration::from_millis(ms.clamp(earliest, latest));
    let time = date(1970, 1, 1).at(0, 0, 0, 0).saturating_add(since_epoch);
    format!("{time}Z")
}

/// The first millisecond of a day in UTC.
pub(super) fn start_of_day(day: Date) -> i64 {
    day.duration_since(date(1970, 1, 1)).as_secs() * SECOND
}

pub(super) fn bad_time(text: &str, instead: &str) -> Error {
    Error::new(
        "bad-time",
        ["“", text, "” is not a time: ", instead].concat(),
    )
}

/// Reads fixed-width fields off the front; `None` at the first thing that does not fit.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    pub(super) fn byte(&mut self, wanted: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        wanted.contains(&first).then(|| {
            self.0 = rest;
            first
        })
    }

    fn number(&mut self, digits: usize, max: i16) -> Option<i16> {
        let mut value = 0;
        for _ in 0..digits {
            value = value * 10 + i16::from(self.byte(b"0123456789")? - b'0');
        }
        (value <= max).then_some(value)
    }

    /// `2026-12-01`.
    pub(super) fn date(&mut self) -> Option<Date> {
        let year = self.number(4, 9_999)?;
        self.byte(b"-")?;
        let month = self.number(2, 12)?;
        self.byte(b"-")?;
        let day = self.number(2, 31)?;
        Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
    }

    /// `08:00`, in milliseconds.
    fn hours_and_minutes(&mut self) -> Option<i64> {
        let hours = self.number(2, 23)?;
        self.byte(b":")?;
        let minutes = self.number(2, 59)?;
        Some(i64::from(hours) * HOUR + i64::from(minutes) * MINUTE)
    }

    /// `08:00`, `08:00:00` or `08:00:00.5`, in milliseconds since midnight.
    pub(super) fn time_of_day(&mut self) -> Option<i64> {
        let minute = self.hours_and_minutes()?;
        if self.byte(b":").is_none() {
            return Some(minute);
        }
        // RFC 3339 allows a leap second: it becomes the first second of the next minute.
        let second = self.number(2, 60)?;
        let mut ms = minute + i64::from(second) * SECOND;
        if self.byte(b".").is_some() {
            let mut place = SECOND / 10;
            ms += place * i64::from(self.number(1, 9)?);
            while let Some(digit) = self.number(1, 9) {
                place /= 10;
                ms += place * i64::from(digit);
            }
        }
        Some(ms)
    }

    fn instant(&mut self) -> Option<i64> {
        let start_of_day = start_of_day(self.date()?);
        self.byte(b"Tt ")?;
        let local = start_of_day + self.time_of_day()?;
        match self.byte(b"Zz+-")? {
            b'+' => Some(local - self.hours_and_minutes()?),
            b'-' => Some(local + self.hours_and_minutes()?),
            _ => Some(local),
        }
    }
}
