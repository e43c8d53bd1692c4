use super::units::DAY;
use super::{Duration, TimeSpec, parse_instant};

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

#[cfg(feature = "server")]
#[test]
fn what_a_browser_is_told_of_a_window_is_readable_there() {
    for (text, start, end) in [
        ("2027-02-28", "2027-02-28T00:00:00Z", "2027-03-01T00:00:00Z"),
        (
            "2027-02-28 01:00:00.5+01:30",
            "2027-02-27T23:30:00.5Z",
            "2027-02-27T23:30:00.5Z",
        ),
        ("0000-01-01", "0000-01-01T00:00:00Z", "0000-01-02T00:00:00Z"),
        (
            "0000-01-01T00:00:00+01:00",
            "0000-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
        ),
        (
            "9999-12-31",
            "9999-12-31T00:00:00Z",
            "9999-12-31T23:59:59.999Z",
        ),
    ] {
        let time = TimeSpec::parse(text).unwrap();
        for (sent, expected) in [(time.start(), start), (time.end(), end)] {
            assert_eq!(sent.as_str(), expected, "{text}");
            assert_eq!(
                TimeSpec::parse(expected).unwrap().as_str(),
                expected,
                "{text}"
            );
        }
    }
}

#[test]
fn every_day_follows_the_one_before() {
    let mut expected = parse_instant("1896-01-01T00:00:00Z").unwrap();
    for year in 1896..=2104 {
        for month in 1..=12 {
            for day in 1..=31 {
                let text = format!("{year:04}-{month:02}-{day:02}");
                if let Ok(time) = TimeSpec::parse(&text) {
                    assert_eq!(time.start_ms(), expected, "{text}");
                    expected += DAY;
                }
            }
        }
    }
    assert_eq!(expected, parse_instant("2105-01-01T00:00:00Z").unwrap());
}

#[test]
fn durations() {
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

#[cfg(feature = "server")]
mod jiff_agrees {
    use proptest::prelude::*;

    use crate::policy::time::{format_instant, parse_instant};

    /// Years 0000 to 9999, which RFC 3339 can write.
    const RANGE: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

    proptest! {
        #[test]
        fn on_what_it_writes(ms in RANGE) {
            prop_assert_eq!(parse_instant(&format_instant(ms)), Ok(ms));
        }

        #[test]
        fn on_what_an_admin_writes(
            year in 0..=9999_i32, month in 0..=13_u8, day in 0..=32_u8,
            hour in 0..=24_u8, minute in 0..=60_u8, second in 0..=59_u8, millisecond in 0..=999_u16,
            offset in prop_oneof!["Z", "[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]"],
        ) {
            let text = format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}{offset}"
            );
            let by_jiff = text.parse::<jiff::Timestamp>().ok().map(|time| time.as_millisecond());
            // jiff's range ends a day early on both sides.
            if let Some(by_jiff) = by_jiff {
                prop_assert_eq!(parse_instant(&text).ok(), Some(by_jiff), "{}", text);
            } else if (1..=9998).contains(&year) {
                prop_assert!(parse_instant(&text).is_err(), "{}", text);
            }
        }
    }
}
