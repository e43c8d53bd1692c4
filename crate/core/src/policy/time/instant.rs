//! Instants: RFC 3339 date-times with a zone, as milliseconds since 1970-01-01T00:00:00Z.
//!
//! They are read here and not by jiff, because the browser has to read them too: jiff adds 226 KB
//! (55 KB with brotli) to the WebAssembly. A property test holds this reader against jiff.

use super::units::{DAY, HOUR, MINUTE, SECOND};
use crate::error::Error;

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

pub(super) fn bad_time(text: &str, instead: &str) -> Error {
    Error::new(
        "bad-time",
        ["“", text, "” is not a time: ", instead].concat(),
    )
}

/// Reads fixed-width fields off the front; `None` at the first thing that does not fit.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

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
    pub(super) fn date(&mut self) -> Option<i64> {
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
