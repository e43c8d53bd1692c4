//! The time zone of a policy.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::instant::start_of_day;
use crate::error::Error;

/// A time zone by its IANA name, such as `Europe/Berlin`.
///
/// The rules of all zones are compiled in, so that they do not depend on the machine.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeZoneSpec {
    name: String,
    zone: TimeZone,
}

impl Default for TimeZoneSpec {
    /// UTC.
    fn default() -> Self {
        Self {
            name: "UTC".to_owned(),
            zone: TimeZone::UTC,
        }
    }
}

impl TimeZoneSpec {
    /// Reads a name; case does not matter.
    ///
    /// # Errors
    /// `bad-timezone`.
    pub fn parse(name: &str) -> Result<Self, Error> {
        match TimeZone::get(name) {
            Ok(zone) => Ok(Self {
                name: zone.iana_name().unwrap_or(name).to_owned(),
                zone,
            }),
            Err(_) => Err(Error::new(
                "bad-timezone",
                [
                    "“",
                    name,
                    "” is no time zone: write a name of the IANA database such as Europe/Berlin",
                ]
                .concat(),
            )),
        }
    }

    /// The names of all zones.
    pub fn names() -> impl Iterator<Item = String> {
        jiff::tz::db().available().map(|name| name.to_string())
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The instant of a local time, in milliseconds since the epoch.
    ///
    /// A time that a change of the clocks skips is moved forward by what they skip; of a time that comes
    /// twice, the first is meant (as RFC 5545 has it).
    pub(super) fn instant_ms(&self, time: DateTime) -> i64 {
        match self.zone.to_timestamp(time) {
            Ok(instant) => instant.as_millisecond(),
            Err(_) => start_of_day(time.date()), // at the end of all years
        }
    }

    /// The local date at an instant.
    pub(super) fn date_at(&self, ms: i64) -> Option<Date> {
        let instant = Timestamp::from_millisecond(ms).ok()?;
        Some(self.zone.to_datetime(instant).date())
    }
}

impl<'de> Deserialize<'de> for TimeZoneSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for TimeZoneSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl schemars::JsonSchema for TimeZoneSpec {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TimeZone".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "timezone",
            "description": "A name of the IANA time zone database, such as `Europe/Berlin`.",
        })
    }
}
