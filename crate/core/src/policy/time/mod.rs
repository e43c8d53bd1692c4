//! Dates, instants, times of the week and durations as policies write them.

mod duration;
mod instant;
#[cfg(feature = "server")]
mod spec;
#[cfg(test)]
mod tests;
mod units;
#[cfg(feature = "server")]
mod weekly;
mod window;
#[cfg(feature = "server")]
mod zone;

pub use self::duration::Duration;
#[cfg(feature = "server")]
pub use self::instant::format_instant;
pub use self::instant::{Instant, parse_instant};
#[cfg(feature = "server")]
pub use self::spec::TimeSpec;
#[cfg(feature = "server")]
pub(super) use self::units::DAY;
#[cfg(feature = "server")]
pub use self::weekly::{TimeOfDay, Weekday, Weekly};
pub use self::window::{SettledWindow, WindowState};
#[cfg(feature = "server")]
pub use self::window::{Window, describe_window};
#[cfg(feature = "server")]
pub use self::zone::TimeZoneSpec;
