//! The rate-limit window, as answers show it.

use crate::rules::behaviour as rule;
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::identifier::Seconds;

/// The limit shown if none is configured (recorded of a preview org).
const ADVERTISED_LIMIT: u32 = 50;
/// The length of a window in seconds (recorded).
pub(crate) const WINDOW: i64 = 60;

/// An enforced limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimit {
    /// Number of requests in a window.
    pub(crate) requests: u32,
    /// Length of the window, in seconds.
    pub(crate) seconds: u32,
}

/// Maximum length of a window that can be configured, in seconds.
const MAX_SECONDS: u32 = 3600;

impl RateLimit {
    /// Creates a limit.
    ///
    /// # Errors
    /// E0000001 if the window is empty or longer than an hour.
    pub(crate) fn new(requests: u32, seconds: u32) -> Result<Self, OktaError> {
        match (1..=MAX_SECONDS).contains(&seconds) {
            true => Ok(Self { requests, seconds }),
            false => {
                let cause = format!("seconds: must be from 1 to {MAX_SECONDS}");
                Err(OktaError::validation(&rule::CONTROL_RATE_LIMIT, "seconds", cause))
            }
        }
    }
}

/// One window of requests.
#[derive(Clone, Debug)]
pub(crate) struct RateWindow {
    /// The configured limit. Without one, nothing is refused.
    enforced_limit: Option<RateLimit>,
    used: u32,
    reset: Seconds,
}

/// The window as an answer shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateStatus {
    /// `x-rate-limit-limit`
    pub(crate) limit: u32,
    /// `x-rate-limit-remaining`
    pub(crate) remaining: u32,
    /// `x-rate-limit-reset`, Unix seconds
    pub(crate) reset: Seconds,
}

impl RateStatus {
    /// Shows the window as used up, to be renewed in a second.
    pub(crate) fn exhaust(&mut self, now: Seconds) {
        self.remaining = 0;
        self.reset = now.plus(1);
    }
}

impl RateWindow {
    /// Creates a window with an enforced limit, or with one that is only shown.
    #[must_use]
    pub(crate) const fn new(enforced_limit: Option<RateLimit>) -> Self {
        Self { enforced_limit, used: 0, reset: Seconds(0) }
    }

    /// Counts a request. Answers carry the status even if the request is refused.
    pub(crate) fn count(&mut self, now: Seconds) -> (RateStatus, Result<(), OktaError>) {
        rule::REQUEST_RATE_LIMIT_SHOWN.apply();
        let window = self.enforced_limit.map_or(WINDOW, |limit| i64::from(limit.seconds));
        if now >= self.reset || self.reset > now.plus(window) {
            self.reset = now.plus(window);
            self.used = 0;
        }
        self.used = self.used.saturating_add(1);
        let limit = self.enforced_limit.map_or(ADVERTISED_LIMIT, |limit| limit.requests);
        let outcome = match self.enforced_limit {
            Some(limit) if self.used > limit.requests => {
                Err(OktaError::new(&rule::REQUEST_RATE_LIMITED, ErrorCode::RateLimitExceeded))
            }
            _ => Ok(()),
        };
        // A limit that is only shown never reaches zero, so that it does not stop clients that pace
        // themselves.
        let floor = u32::from(self.enforced_limit.is_none());
        let remaining = limit.saturating_sub(self.used).max(floor);
        (RateStatus { limit, remaining, reset: self.reset }, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_limit_is_enforced_until_the_window_ends() {
        let mut window = RateWindow::new(Some(RateLimit { requests: 2, seconds: 60 }));
        let outcomes: Vec<_> = [10, 20, 69, 70]
            .map(|now| {
                let (status, outcome) = window.count(Seconds(now));
                (status.remaining, status.reset.0, outcome.is_ok())
            })
            .into();
        assert_eq!(outcomes, [(1, 70, true), (0, 70, true), (0, 70, false), (1, 130, true)]);
    }

    #[test]
    fn a_limit_that_is_only_shown_refuses_nothing() {
        let mut window = RateWindow::new(None);
        for _ in 0..200 {
            let (status, outcome) = window.count(Seconds(5));
            assert!(outcome.is_ok() && status.remaining >= 1 && status.limit == 50);
        }
    }
}
