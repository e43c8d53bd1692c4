use super::{Duration, parse_instant};

#[test]
fn instants() {
    for (text, ms) in [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.001Z", 1),
        ("1970-01-01t01:00:00+01:00", 0),
        ("1969-12-31 23:59:59.999z", -1),
        ("2026-12-01T08:00Z", 1_796_112_000_000),
        ("2026-12-01 09:00+01:00", 1_796_112_000_000),
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

/// A policy's time zone, and times in it.
#[cfg(feature = "server")]
mod zones {
    use crate::policy::time::units::{DAY, HOUR};
    use crate::policy::time::{
        SettledWindow, TimeSpec, TimeZoneSpec, Weekly, Window, WindowState, format_instant,
        parse_instant,
    };
    use serde_json::{Value, from_value, json};

    fn berlin() -> TimeZoneSpec {
        TimeZoneSpec::parse("Europe/Berlin").unwrap()
    }

    fn time(text: &str) -> TimeSpec {
        TimeSpec::parse(text).unwrap()
    }

    fn ms(text: &str) -> i64 {
        parse_instant(text).unwrap()
    }

    fn weekly(value: Value) -> Vec<Weekly> {
        from_value(value).unwrap()
    }

    #[test]
    fn a_date_means_its_whole_day_in_the_zone() {
        for (zone, start, end) in [
            ("UTC", "2027-02-28T00:00:00Z", "2027-03-01T00:00:00Z"),
            (
                "Europe/Berlin",
                "2027-02-27T23:00:00Z",
                "2027-02-28T23:00:00Z",
            ),
            (
                "america/new_york",
                "2027-02-28T05:00:00Z",
                "2027-03-01T05:00:00Z",
            ),
        ] {
            let zone = TimeZoneSpec::parse(zone).unwrap();
            let day = time("2027-02-28");
            assert_eq!(format_instant(day.start_ms(&zone)), start);
            assert_eq!(format_instant(day.end_ms(&zone)), end);
        }
        let instant = time("2027-02-28T12:00:00Z");
        assert_eq!(instant.start_ms(&berlin()), instant.end_ms(&berlin()));
        assert_eq!(instant.as_str(), "2027-02-28T12:00:00Z");
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_moved_forward_and_of_two_the_first_is_meant() {
        for (local, instant) in [
            ("2027-03-28 01:59", "2027-03-28T00:59:00Z"),
            ("2027-03-28 02:00", "2027-03-28T01:00:00Z"), // 02:00 to 03:00 does not exist
            ("2027-03-28 02:30", "2027-03-28T01:30:00Z"),
            ("2027-03-28 03:30", "2027-03-28T01:30:00Z"),
            ("2026-10-25 02:30", "2026-10-25T00:30:00Z"), // 02:00 to 03:00 comes twice
            ("2026-10-25 03:00", "2026-10-25T02:00:00Z"),
        ] {
            assert_eq!(
                format_instant(time(local).start_ms(&berlin())),
                instant,
                "{local}"
            );
            assert_eq!(
                time(local).start_ms(&berlin()),
                time(local).end_ms(&berlin())
            );
        }
        // The day on which the clocks go back has 25 hours.
        let day = time("2026-10-25");
        assert_eq!(day.end_ms(&berlin()) - day.start_ms(&berlin()), DAY + HOUR);
        // Where the clocks change at midnight, the day begins at 01:00.
        let santiago = TimeZoneSpec::parse("America/Santiago").unwrap();
        let day = time("2027-09-05");
        assert_eq!(
            format_instant(day.start_ms(&santiago)),
            "2027-09-05T04:00:00Z"
        );
    }

    #[test]
    fn what_needs_a_zone() {
        for (text, needs_zone) in [
            ("2026-12-01", false),
            ("2026-12-01 08:00", true),
            ("2026-12-01T08:00:30", true),
            ("2026-12-01T08:00+01:00", false),
        ] {
            assert_eq!(time(text).needs_zone(), needs_zone, "{text}");
        }
        for text in [
            "8:00",
            "2026-12-01 8:00",
            "2026-12-01 08:00 CET",
            "tomorrow",
            "",
            "2026-02-30",
        ] {
            let error = TimeSpec::parse(text).unwrap_err();
            assert!(error.message.contains("timezone"), "{error}");
        }
        assert_eq!(
            TimeZoneSpec::parse("Berlin").unwrap_err().code,
            "bad-timezone"
        );
        assert!(TimeZoneSpec::names().count() > 400);
    }

    #[test]
    fn the_ends_of_all_years() {
        let utc = TimeZoneSpec::default();
        assert_eq!(
            time("0000-01-01").start_ms(&utc),
            ms("0000-01-01T00:00:00Z")
        );
        assert_eq!(
            time("9999-12-31").end_ms(&utc),
            ms("9999-12-31T00:00:00Z") + DAY
        );
        assert!(time("0000-01-01").start_ms(&berlin()) <= time("0000-01-02").start_ms(&berlin()));
        assert!(time("9999-12-31").start_ms(&berlin()) < time("9999-12-31").end_ms(&berlin()));
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let utc = TimeZoneSpec::default();
        let mut expected = ms("1896-01-01T00:00:00Z");
        for year in 1896..=2104 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let text = format!("{year:04}-{month:02}-{day:02}");
                    if let Ok(time) = TimeSpec::parse(&text) {
                        assert_eq!(time.start_ms(&utc), expected, "{text}");
                        expected += DAY;
                    }
                }
            }
        }
        assert_eq!(expected, ms("2105-01-01T00:00:00Z"));
    }

    /// Is the window open at a time, by its calendar and as a page is told?
    fn is_open(window: &Window, at: &str) -> bool {
        let now = ms(at);
        let settled = window.settled(now - DAY, now + DAY);
        let by_calendar = window.state(now).is_open;
        let by_page = settled.state(now).unwrap().is_open;
        assert_eq!(by_calendar, by_page, "{at}: {settled:?}");
        by_calendar
    }

    #[test]
    fn a_lesson_of_every_week_keeps_its_local_time() {
        let lessons = weekly(json!([{"days": ["tue", "thu"], "from": "10:00", "until": "11:30"}]));
        let window = Window::new(None, None, &lessons, &berlin());
        for (at, expected) in [
            ("2026-12-01T08:59:59.999Z", false), // a Tuesday, 09:59 in Berlin
            ("2026-12-01T09:00:00Z", true),
            ("2026-12-01T10:29:59.999Z", true),
            ("2026-12-01T10:30:00Z", false),
            ("2026-12-02T09:30:00Z", false),
            ("2026-12-03T09:30:00Z", true),
            ("2026-07-07T08:00:00Z", true), // summer time
            ("2026-07-07T09:30:00Z", false),
        ] {
            assert_eq!(is_open(&window, at), expected, "{at}");
        }
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let nights = weekly(
            json!([{"days": ["sat"], "from": "22:00", "until": "06:00"}, {"days": ["sun"], "from": "12:00", "until": "24:00"}]),
        );
        let window = Window::new(
            Some(&time("2026-11-01")),
            Some(&time("2027-04-01")),
            &nights,
            &berlin(),
        );
        for (at, expected) in [
            ("2026-12-05T20:59:00Z", false),
            ("2026-12-05T21:00:00Z", true),
            ("2026-12-06T04:59:00Z", true),
            ("2026-12-06T05:00:00Z", false),
            ("2026-12-06T22:59:59Z", true), // Sunday, until 24:00
            ("2026-12-06T23:00:00Z", false),
            ("2027-03-28T03:59:00Z", true), // the night in which the clocks go forward ends at 06:00 too
            ("2027-03-28T04:00:00Z", false),
            ("2027-04-03T21:30:00Z", false), // after `until`
            ("2026-10-31T22:30:00Z", false), // before `from`
        ] {
            assert_eq!(is_open(&window, at), expected, "{at}");
        }
    }

    #[test]
    fn an_interval_that_the_clocks_skip_is_left_out() {
        let skipped = weekly(json!([{"days": ["sun"], "from": "02:00", "until": "03:00"}]));
        let window = Window::new(None, None, &skipped, &berlin());
        let (start, end) = (ms("2027-03-27T00:00:00Z"), ms("2027-03-30T00:00:00Z"));
        assert!(window.settled(start, end).open.is_empty());
        // The hour that comes twice is open from its first beginning to its end.
        let (start, end) = (ms("2026-10-24T00:00:00Z"), ms("2026-10-27T00:00:00Z"));
        let expected = (
            Some(ms("2026-10-25T00:00:00Z")),
            Some(ms("2026-10-25T02:00:00Z")),
        );
        assert_eq!(window.settled(start, end).open, [expected]);
    }

    #[test]
    fn bad_weekly_times() {
        for value in [
            json!({"days": [], "from": "10:00", "until": "11:00"}),
            json!({"days": ["tuesday"], "from": "10:00", "until": "11:00"}),
            json!({"days": ["tue"], "from": "24:00", "until": "11:00"}),
            json!({"days": ["tue"], "from": "10:00", "until": "10:00"}),
            json!({"days": ["tue"], "from": "10", "until": "11:00"}),
            json!({"days": ["tue"], "from": "10:60", "until": "11:00"}),
            json!({"days": ["tue"], "from": "10:00", "until": "24:01"}),
            json!({"days": ["tue"], "from": "10:00"}),
            json!({"days": ["tue"], "from": "10:00", "until": "11:00", "zone": "UTC"}),
        ] {
            assert!(from_value::<Weekly>(value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn a_page_knows_only_what_it_was_told() {
        let state = |is_open, valid_until_ms| {
            Some(WindowState {
                is_open,
                valid_until_ms,
            })
        };
        let always = SettledWindow {
            open: vec![(None, None)],
            known_until: None,
        };
        assert_eq!(always.state(0), state(true, i64::MAX));
        let lesson = SettledWindow {
            open: vec![(Some(10), Some(20)), (Some(30), Some(40))],
            known_until: Some(50),
        };
        for (now, expected) in [
            (9, state(false, 10)),
            (10, state(true, 20)),
            (20, state(false, 30)),
            (39, state(true, 40)),
            (40, state(false, 50)),
            (50, None),
        ] {
            assert_eq!(lesson.state(now), expected, "{now}");
        }
    }
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
