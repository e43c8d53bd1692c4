//! Times of the week.

use jiff::civil::{self, Date};
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::units::{HOUR, MINUTE};
use super::zone::TimeZoneSpec;
use crate::error::Error;

/// A time on some days of the week.
#[derive(schemars::JsonSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WeeklyKeys")]
#[schemars(!try_from, deny_unknown_fields)]
pub struct Weekly {
    /// The days on which it begins.
    #[schemars(length(min = 1))]
    pub days: Vec<Weekday>,
    /// When it begins, such as `10:00`.
    pub from: TimeOfDay,
    /// When it ends, such as `11:30`, or `24:00`; before `from`, on the next day.
    pub until: TimeOfDay,
}

/// The keys of [`Weekly`], which must fit together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WeeklyKeys {
    days: Vec<Weekday>,
    from: TimeOfDay,
    until: TimeOfDay,
}

impl TryFrom<WeeklyKeys> for Weekly {
    type Error = Error;

    fn try_from(keys: WeeklyKeys) -> Result<Self, Error> {
        let bad = |what: &str| Err(Error::new("bad-time", what));
        if keys.days.is_empty() {
            return bad("weekly has no days: write days: [mon], for example");
        }
        if keys.from.minutes == 24 * 60 {
            return bad("weekly begins at 24:00: write 00:00 on the next day");
        }
        if keys.from == keys.until {
            return bad("weekly ends when it begins: write 00:00 and 24:00 for the whole day");
        }
        Ok(Self {
            days: keys.days,
            from: keys.from,
            until: keys.until,
        })
    }
}

crate::text_enum! {
    /// A day of the week.
    #[derive(schemars::JsonSchema)]
    pub enum Weekday as "Weekday" {
        /// Monday.
        Monday = "mon",
        /// Tuesday.
        Tuesday = "tue",
        /// Wednesday.
        Wednesday = "wed",
        /// Thursday.
        Thursday = "thu",
        /// Friday.
        Friday = "fri",
        /// Saturday.
        Saturday = "sat",
        /// Sunday.
        Sunday = "sun",
    }
}

impl Weekday {
    fn civil(self) -> civil::Weekday {
        match self {
            Self::Monday => civil::Weekday::Monday,
            Self::Tuesday => civil::Weekday::Tuesday,
            Self::Wednesday => civil::Weekday::Wednesday,
            Self::Thursday => civil::Weekday::Thursday,
            Self::Friday => civil::Weekday::Friday,
            Self::Saturday => civil::Weekday::Saturday,
            Self::Sunday => civil::Weekday::Sunday,
        }
    }
}

/// A time of day to the minute, `00:00` to `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    minutes: i16,
}

impl TimeOfDay {
    /// Reads `HH:MM`.
    ///
    /// # Errors
    /// `bad-time`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let minutes = match text.as_bytes() {
            [
                h1 @ b'0'..=b'9',
                h2 @ b'0'..=b'9',
                b':',
                m1 @ b'0'..=b'5',
                m2 @ b'0'..=b'9',
            ] => {
                let digit = |byte: &u8| i16::from(byte - b'0');
                Some((digit(h1) * 10 + digit(h2)) * 60 + digit(m1) * 10 + digit(m2))
            }
            _ => None,
        };
        match minutes {
            Some(minutes) if minutes <= 24 * 60 => Ok(Self { minutes }),
            _ => Err(Error::new(
                "bad-time",
                ["“", text, "” is no time of day: write it as 08:30"].concat(),
            )),
        }
    }

    fn ms_on(self, day: Date, zone: &TimeZoneSpec) -> i64 {
        let (day, minutes) = match day.tomorrow() {
            Ok(next) if self.minutes == 24 * 60 => (next, 0),
            _ => (day, self.minutes),
        };
        #[allow(clippy::cast_possible_truncation)] // below 24 and 60
        let (hour, minute) = ((minutes / 60) as i8, (minutes % 60) as i8);
        zone.instant_ms(day.at(hour.min(23), minute, 0, 0))
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for TimeOfDay {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TimeOfDay".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "time-of-day",
            "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$",
            "description": "A time of day such as `08:30`, in the policy's `timezone`.",
        })
    }
}

impl Weekly {
    /// The interval that begins on a day, if one does: milliseconds since the epoch, the end exclusive.
    pub(super) fn interval_on(&self, day: Date, zone: &TimeZoneSpec) -> Option<(i64, i64)> {
        let weekday = day.weekday();
        if !self.days.iter().any(|listed| listed.civil() == weekday) {
            return None;
        }
        let last_day = if self.until < self.from {
            day.tomorrow().ok()?
        } else {
            day
        };
        let interval = (self.from.ms_on(day, zone), self.until.ms_on(last_day, zone));
        (interval.0 < interval.1).then_some(interval)
    }

    /// `on tue, thu from 10:00 until 11:30`
    #[must_use]
    pub fn describe(&self) -> String {
        let days: Vec<&str> = self.days.iter().map(|day| day.as_str()).collect();
        format!(
            "on {} from {} until {}",
            days.join(", "),
            self.from,
            self.until
        )
    }
}

/// The longest that an interval may last: a day, and what a change of the clocks adds.
pub(super) const LONGEST_MS: i64 = 24 * HOUR + 180 * MINUTE;
