//! The org's clock: system time, system time with an offset, or frozen.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::rules::identifier::Seconds;

/// The last second that a timestamp can show: its year has four digits in every time zone.
pub(crate) const MAX_TIME: Seconds = Seconds(253_402_207_200);

/// [`MAX_TIME`] as text, for messages.
pub(crate) const MAX_TIME_TEXT: &str = "9999-12-30T22:00:00Z";

/// The error of setting or moving an org's clock past its end, 9999-12-30T22:00:00Z. That is the last
/// second in the year 9999 in every time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock cannot pass {MAX_TIME_TEXT}")]
pub struct ClockEnd;

/// The source of the org's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The system clock plus an offset.
    System {
        /// Seconds by which the clock was advanced.
        offset: i64,
    },
    /// A clock that stands still until it is advanced.
    Frozen(Seconds),
}

impl Clock {
    /// Returns a clock frozen at this time, or `None` if the time is out of range.
    pub(crate) fn frozen_at(time: SystemTime) -> Option<Self> {
        let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let instant = Seconds(i64::try_from(seconds).ok()?);
        (instant <= MAX_TIME).then_some(Self::Frozen(instant))
    }

    /// Returns the current time.
    #[must_use]
    pub(crate) fn now(&self) -> Seconds {
        match self {
            Self::Frozen(instant) => (*instant).min(MAX_TIME),
            Self::System { offset } => {
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Seconds(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)).plus(*offset).min(MAX_TIME)
            }
        }
    }

    /// Advances the clock.
    ///
    /// # Errors
    /// If it would pass [`MAX_TIME`].
    pub(crate) fn advance(&mut self, seconds: u64) -> Result<(), ClockEnd> {
        let seconds = i64::try_from(seconds).map_err(|_| ClockEnd)?;
        if self.now().plus(seconds) > MAX_TIME {
            return Err(ClockEnd);
        }
        match self {
            Self::Frozen(instant) => *instant = instant.plus(seconds),
            Self::System { offset } => *offset = offset.saturating_add(seconds),
        }
        Ok(())
    }

    /// Returns the clock set to a time, frozen or running. What is absent stays as it is.
    ///
    /// # Errors
    /// If the time is before 1970 or after [`MAX_TIME`].
    pub(crate) fn set(self, time: Option<Seconds>, frozen: Option<bool>) -> Result<Self, ClockEnd> {
        let time = time.unwrap_or_else(|| self.now());
        if !(Seconds(0)..=MAX_TIME).contains(&time) {
            return Err(ClockEnd);
        }
        Ok(match frozen.unwrap_or_else(|| self.is_frozen()) {
            true => Self::Frozen(time),
            false => {
                let system = Self::System { offset: 0 }.now();
                Self::System { offset: time.0 - system.0 }
            }
        })
    }

    /// Returns true if the clock stands still.
    #[must_use]
    pub(crate) fn is_frozen(&self) -> bool {
        matches!(self, Self::Frozen(_))
    }

    /// Returns true if the clock is the system clock without an offset.
    #[must_use]
    pub(crate) fn is_system_time(&self) -> bool {
        matches!(self, Self::System { offset: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_the_clock_end_matches_its_value() {
        let last = MAX_TIME_TEXT.parse::<jiff::Timestamp>().ok();
        assert_eq!(last.map(jiff::Timestamp::as_second), Some(MAX_TIME.0));
    }

    #[test]
    fn the_clock_cannot_pass_its_end() {
        let mut clock = Clock::Frozen(MAX_TIME.plus(-10));
        assert_eq!(clock.advance(10), Ok(()));
        assert_eq!(clock.advance(1), Err(ClockEnd));
        assert_eq!(clock.advance(u64::MAX), Err(ClockEnd));
        assert_eq!(clock.now(), MAX_TIME);
        let mut clock = Clock::System { offset: 0 };
        while clock.advance(u64::from(u32::MAX)).is_ok() {}
        assert!(clock.now() <= MAX_TIME);
    }
}
