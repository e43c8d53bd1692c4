//! Time windows: when the conditions of a rule can hold.

use serde::{Deserialize, Serialize};

#[cfg(feature = "server")]
use super::spec::TimeSpec;
#[cfg(feature = "server")]
use super::weekly::{LONGEST_MS, Weekly};
#[cfg(feature = "server")]
use super::zone::TimeZoneSpec;

/// A window at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowState {
    /// Can the conditions hold?
    pub is_open: bool,
    /// Until then `is_open` stays as it is: milliseconds since the epoch, exclusive.
    pub valid_until_ms: i64,
}

/// The open times of a window, worked out beforehand: a page needs no calendar.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettledWindow {
    /// Disjoint intervals in order, in milliseconds since the epoch, the end exclusive; `None`: without an end.
    pub open: Vec<(Option<i64>, Option<i64>)>,
    /// From here on nothing is known, in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_until: Option<i64>,
}

impl SettledWindow {
    /// The window between two instants, in milliseconds since the epoch.
    #[must_use]
    pub fn between(from_ms: Option<i64>, until_ms: Option<i64>) -> Self {
        let is_empty = from_ms
            .zip(until_ms)
            .is_some_and(|(from, until)| until <= from);
        Self {
            open: (!is_empty)
                .then_some((from_ms, until_ms))
                .into_iter()
                .collect(),
            known_until: None,
        }
    }

    /// The window at a time; `None` if nothing is known of that time.
    #[must_use]
    pub fn state(&self, now_ms: i64) -> Option<WindowState> {
        let known_until = self.known_until.unwrap_or(i64::MAX);
        if now_ms >= known_until {
            return None;
        }
        let ends = |&(from, until): &(Option<i64>, Option<i64>)| {
            (from.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX))
        };
        let next = self
            .open
            .iter()
            .map(ends)
            .find(|(_, until)| now_ms < *until);
        let (is_open, valid_until_ms) = match next {
            Some((from, until)) if from <= now_ms => (true, until),
            Some((from, _)) => (false, from),
            None => (false, i64::MAX),
        };
        Some(WindowState {
            is_open,
            valid_until_ms: valid_until_ms.min(known_until),
        })
    }
}

/// A window with its calendar.
#[cfg(feature = "server")]
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    from_ms: i64,
    until_ms: i64,
    weekly: Vec<Weekly>,
    zone: TimeZoneSpec,
}

#[cfg(feature = "server")]
impl Window {
    /// A window between two times and, if `weekly` is not empty, only at these times of the week.
    #[must_use]
    pub fn new(
        from: Option<&TimeSpec>,
        until: Option<&TimeSpec>,
        weekly: &[Weekly],
        zone: &TimeZoneSpec,
    ) -> Self {
        Self {
            from_ms: from.map_or(i64::MIN, |from| from.start_ms(zone)),
            until_ms: until.map_or(i64::MAX, |until| until.end_ms(zone)),
            weekly: weekly.to_vec(),
            zone: zone.clone(),
        }
    }

    /// Does it end before it begins?
    #[must_use]
    pub fn never_opens(&self) -> bool {
        self.until_ms <= self.from_ms
    }

    /// Is it over for good?
    #[must_use]
    pub fn is_over(&self, now_ms: i64) -> bool {
        self.until_ms <= now_ms
    }

    /// The window at a time.
    #[must_use]
    pub fn state(&self, now_ms: i64) -> WindowState {
        let state = |is_open, valid_until_ms| WindowState {
            is_open,
            valid_until_ms,
        };
        if now_ms < self.from_ms {
            return state(false, self.from_ms);
        }
        if now_ms >= self.until_ms {
            return state(false, i64::MAX);
        }
        if self.weekly.is_empty() {
            return state(true, self.until_ms);
        }
        // Nobody on a server waits for the next change: to look for it would cost more than to ask again.
        let is_open = self
            .weekly_intervals(now_ms, now_ms + 1)
            .into_iter()
            .any(|(from, until)| from <= now_ms && now_ms < until);
        state(is_open, now_ms + 1)
    }

    /// The open times for a page; those of `weekly` between two instants.
    #[must_use]
    pub fn settled(&self, start_ms: i64, end_ms: i64) -> SettledWindow {
        if self.weekly.is_empty() {
            let bound = |ms: i64| (ms != i64::MIN && ms != i64::MAX).then_some(ms);
            return SettledWindow::between(bound(self.from_ms), bound(self.until_ms));
        }
        let mut open: Vec<(i64, i64)> = Vec::new();
        for (from, until) in self.weekly_intervals(start_ms, end_ms) {
            let (from, until) = (from.max(self.from_ms), until.min(self.until_ms));
            match open.last_mut() {
                _ if until <= from => {}
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                _ => open.push((from, until)),
            }
        }
        SettledWindow {
            open: open
                .into_iter()
                .map(|(from, until)| (Some(from), Some(until)))
                .collect(),
            known_until: Some(end_ms),
        }
    }

    /// The intervals of `weekly` that touch a range, in order; they may overlap.
    fn weekly_intervals(&self, start_ms: i64, end_ms: i64) -> Vec<(i64, i64)> {
        let first = self.zone.date_at(start_ms.saturating_sub(LONGEST_MS));
        let last = self.zone.date_at(end_ms);
        let (Some(mut day), Some(last)) = (first, last) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        while day <= last {
            let intervals = self.weekly.iter();
            found.extend(intervals.filter_map(|weekly| weekly.interval_on(day, &self.zone)));
            match day.tomorrow() {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
        found.retain(|(from, until)| *from < end_ms && start_ms < *until);
        found.sort_unstable();
        found
    }
}

/// A window in words, such as `from 2026-12-01 08:00 until 2026-12-01 12:00 (Europe/Berlin)`.
#[cfg(feature = "server")]
#[must_use]
pub fn describe_window(
    from: Option<&TimeSpec>,
    until: Option<&TimeSpec>,
    weekly: &[Weekly],
    zone: Option<&TimeZoneSpec>,
) -> String {
    let weekly: Vec<String> = weekly.iter().map(Weekly::describe).collect();
    let parts = [
        (!weekly.is_empty()).then(|| weekly.join(" or ")),
        from.map(|from| format!("from {}", from.as_str())),
        until.map(|until| format!("until {}", until.as_str())),
        zone.map(|zone| format!("({})", zone.name())),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
