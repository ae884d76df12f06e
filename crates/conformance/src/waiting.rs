//! Waits of a run.

use std::time::Duration;

/// A wait: its reason and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// The reason of the wait.
    pub reason: String,
    /// The duration in seconds.
    pub seconds: u64,
    /// The end, in UTC (RFC 3339).
    pub until: String,
}

impl Waiting {
    pub(crate) fn new(reason: impl Into<String>, wait: Duration) -> Self {
        let end = jiff::Timestamp::now().checked_add(wait).unwrap_or(jiff::Timestamp::MAX);
        let until = end.round(jiff::Unit::Second).unwrap_or(end).to_string();
        Self { reason: reason.into(), seconds: wait.as_secs(), until }
    }
}

impl std::fmt::Display for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "waiting {} s, until {}: {}", self.seconds, self.until, self.reason)
    }
}
