//! The org's clock: the system's, shifted, or frozen.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::rules::identifier::Seconds;

/// The last second that a timestamp can show: four digits of a year in every time zone.
pub const LAST: Seconds = Seconds(253_402_207_200);

/// The same as a text, for messages.
pub const LAST_TIME: &str = "9999-12-30T22:00:00Z";

/// Where the org takes the time from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The system's clock and so many seconds more.
    System {
        /// Seconds that were added by advancing the clock.
        ahead: i64,
    },
    /// A clock that stands until it is advanced.
    Frozen(Seconds),
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> Seconds {
        match self {
            Self::Frozen(instant) => (*instant).min(LAST),
            Self::System { ahead } => {
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Seconds(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)).plus(*ahead).min(LAST)
            }
        }
    }

    /// Moves the clock forward; returns whether it could be: not beyond [`LAST`].
    #[must_use]
    pub fn advance(&mut self, seconds: u32) -> bool {
        if self.now().plus(i64::from(seconds)) > LAST {
            return false;
        }
        match self {
            Self::Frozen(instant) => *instant = instant.plus(i64::from(seconds)),
            Self::System { ahead } => *ahead = ahead.saturating_add(i64::from(seconds)),
        }
        true
    }

    /// Whether the clock is the system's own, as other parts of the program see it.
    #[must_use]
    pub fn is_system_time(&self) -> bool {
        matches!(self, Self::System { ahead: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_last_second() {
        let last = LAST_TIME.parse::<jiff::Timestamp>().ok();
        assert_eq!(last.map(jiff::Timestamp::as_second), Some(LAST.0));
    }

    #[test]
    fn the_clock_ends_where_timestamps_do() {
        let mut clock = Clock::Frozen(LAST.plus(-10));
        assert!(clock.advance(10));
        assert!(!clock.advance(1));
        assert_eq!(clock.now(), LAST);
        let mut clock = Clock::System { ahead: 0 };
        while clock.advance(u32::MAX) {}
        assert!(clock.now() <= LAST);
    }
}
