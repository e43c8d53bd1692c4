//! Dates, instants and durations as policies write them.
//!
//! An instant is a number of milliseconds since 1970-01-01T00:00:00Z. No calendar library: the
//! browser's build has no room for one, and a policy needs nothing beyond RFC 3339.

use std::fmt;

use serde::de::{self, Deserializer, Error as _, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::error::Error;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Longest duration a policy may name: it must stay exact as a JavaScript number.
const MAX_DURATION_MS: u64 = 366 * DAY as u64;

/// Milliseconds since the epoch of an RFC 3339 date-time with a zone, such as
/// `2026-12-01T08:00:00Z` or `2026-12-01 09:00:00.5+01:00`.
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
                "write a date-time with a zone, such as 2026-12-01T08:00:00Z",
            )
        })
}

/// Writes an instant (milliseconds since the epoch) as RFC 3339 in UTC.
#[cfg(feature = "server")]
#[must_use]
pub fn format_instant(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |time| time.to_string())
}

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
            Some(day) if reader.0.is_empty() => (day, day + DAY),
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

fn bad_time(text: &str, instead: &str) -> Error {
    Error::new(
        "bad-time",
        ["“", text, "” is not a time: ", instead].concat(),
    )
}

/// Reads fixed-width fields off the front; `None` at the first thing that does not fit.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self, wanted: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        wanted.contains(&first).then(|| {
            self.0 = rest;
            first
        })
    }

    fn number(&mut self, digits: usize, max: i64) -> Option<i64> {
        let mut value = 0;
        for _ in 0..digits {
            value = value * 10 + i64::from(self.byte(b"0123456789")? - b'0');
        }
        (value <= max).then_some(value)
    }

    /// `2026-12-01`: its first millisecond in UTC.
    fn date(&mut self) -> Option<i64> {
        let year = self.number(4, 9_999)?;
        self.byte(b"-")?;
        let month = self.number(2, 12)?;
        self.byte(b"-")?;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let month_days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        let day = self.number(2, month_days).filter(|&day| day > 0)?;
        // Days of a proleptic Gregorian calendar whose years begin in March, so that the leap day comes last.
        let (shifted_year, shifted_month) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let days = 365 * shifted_year + shifted_year.div_euclid(4) - shifted_year.div_euclid(100)
            + shifted_year.div_euclid(400)
            + (153 * shifted_month + 2) / 5
            + day
            - 1;
        const DAYS_TO_1970: i64 = 719_468;
        Some((days - DAYS_TO_1970) * DAY)
    }

    fn instant(&mut self) -> Option<i64> {
        let date = self.date()?;
        self.byte(b"Tt ")?;
        let hour = self.number(2, 23)?;
        self.byte(b":")?;
        let minute = self.number(2, 59)?;
        self.byte(b":")?;
        // RFC 3339 allows a leap second: it becomes the first second of the next minute.
        let second = self.number(2, 60)?;
        let mut ms = date + hour * HOUR + minute * MINUTE + second * SECOND;
        if self.byte(b".").is_some() {
            let mut place = SECOND / 10;
            let mut any = false;
            while let Some(digit) = self.byte(b"0123456789") {
                any = true;
                ms += i64::from(digit - b'0') * place;
                place /= 10;
            }
            any.then_some(())?;
        }
        let sign = match self.byte(b"Zz+-")? {
            b'+' => -1,
            b'-' => 1,
            _ => return Some(ms),
        };
        let hours = self.number(2, 23)?;
        self.byte(b":")?;
        let minutes = self.number(2, 59)?;
        Some(ms + sign * (hours * HOUR + minutes * MINUTE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.001Z", 1),
            ("1970-01-01t01:00:00+01:00", 0),
            ("1969-12-31 23:59:59.999z", -1),
            ("2026-12-01T08:00:00Z", 1_796_112_000_000),
            (
                "2026-12-01T08:00:00.1234567-02:30",
                1_796_112_000_123 + 9_000_000,
            ),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("0000-03-01T00:00:00Z", -62_162_035_200_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ] {
            assert_eq!(parse_instant(text), Ok(ms), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_an_instant() {
        for text in [
            "",
            "2026-12-01",
            "2026-12-01T08:00:00",
            "2026-12-01T08:00Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:61Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00Zx",
            "２026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z\0",
        ] {
            assert_eq!(parse_instant(text).unwrap_err().code, "bad-time", "{text}");
        }
    }

    #[test]
    fn a_date_means_its_whole_day() {
        let day = TimeSpec::parse("2027-02-28").unwrap();
        assert_eq!(
            day.start_ms(),
            parse_instant("2027-02-28T00:00:00Z").unwrap()
        );
        assert_eq!(day.end_ms(), parse_instant("2027-03-01T00:00:00Z").unwrap());
        let instant = TimeSpec::parse("2027-02-28T12:00:00Z").unwrap();
        assert_eq!(instant.start_ms(), instant.end_ms());
        assert_eq!(instant.as_str(), "2027-02-28T12:00:00Z");
        let without_zone = TimeSpec::parse("2027-02-28T12:00:00").unwrap_err();
        assert!(without_zone.message.contains("zone"), "{without_zone}");
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut expected = parse_instant("1896-01-01T00:00:00Z").unwrap();
        for year in 1896..=2104 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let text = format!("{year:04}-{month:02}-{day:02}");
                    if let Ok(moment) = TimeSpec::parse(&text) {
                        assert_eq!(moment.start_ms(), expected, "{text}");
                        expected += DAY;
                    }
                }
            }
        }
        assert_eq!(expected, parse_instant("2105-01-01T00:00:00Z").unwrap());
    }

    #[test]
    fn spans() {
        for (text, ms) in [
            ("15s", 15_000),
            ("15", 15_000),
            ("250ms", 250),
            ("10m", 600_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(Duration::parse(text).unwrap().ms(), ms, "{text}");
        }
        for text in [
            "",
            "s",
            "-1s",
            "1.5s",
            "1 s",
            "1w",
            "367d",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert_eq!(
                Duration::parse(text).unwrap_err().code,
                "bad-duration",
                "{text}"
            );
        }
        assert_eq!(Duration::from_seconds(0.4).unwrap().ms(), 400);
        assert_eq!(Duration::from_seconds(-1.0), None);
        assert_eq!(Duration::from_seconds(f64::NAN), None);
        assert_eq!(Duration::from_seconds(f64::INFINITY), None);
    }
}
