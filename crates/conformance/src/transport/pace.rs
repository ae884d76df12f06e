//! Limits the rate of requests: to the user's maximum, and until the time that an org names in a 429.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::exchange::{ResponseRecord, http_date};

/// Maximum total wait of a request; Okta's rate-limit windows are a minute.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(300);

/// Shared by all requests of a run.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    /// Allows this many requests per minute; without a number, there is no limit.
    pub(crate) fn new(per_minute: Option<u32>) -> Self {
        let interval = per_minute.map_or(Duration::ZERO, |number| Duration::from_secs(60) / number.max(1));
        Self { interval, next: Mutex::new(Instant::now()) }
    }

    /// Waits until the next request may be sent.
    pub(crate) async fn turn(&self) {
        let moment = {
            let mut next = self.next.lock().await;
            let moment = (*next).max(Instant::now());
            *next = moment + self.interval;
            moment
        };
        // Even an expired timer costs a tick.
        if moment > Instant::now() {
            sleep_until(moment).await;
        }
    }

    /// Holds back all requests for this time.
    pub(crate) async fn hold(&self, wait: Duration) {
        let mut next = self.next.lock().await;
        *next = (*next).max(Instant::now() + wait);
    }
}

/// The wait that an answer requests: until the second in `x-rate-limit-reset` (docs, rate limits), by the
/// org's own `Date`, else according to `Retry-After` (RFC 9110, section 10.2.3). `None` if it names no time.
pub(crate) fn requested_wait(answer: &ResponseRecord) -> Option<(Duration, &'static str)> {
    let now = org_time(answer);
    let until = |second: i64| Duration::from_secs(u64::try_from(second.saturating_sub(now)).unwrap_or(0));
    let reset = || answer.header("x-rate-limit-reset")?.trim().parse().ok().map(until);
    let after = || {
        let text = answer.header("retry-after")?.trim();
        let date = || http_date(text).map(until);
        text.parse().ok().map(Duration::from_secs).or_else(date)
    };
    let limited = answer.status == 429;
    let reset = if limited { reset().map(|wait| (wait, "x-rate-limit-reset")) } else { None };
    reset.or_else(|| after().map(|wait| (wait, "Retry-After")))
}

/// The time by the org's clock, in seconds since the epoch; by this machine's clock if the answer has no
/// `Date`.
pub(crate) fn org_time(answer: &ResponseRecord) -> i64 {
    answer.date().unwrap_or_else(|| jiff::Timestamp::now().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)]) -> ResponseRecord {
        ResponseRecord {
            status: 429,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: None,
            broken_json: None,
        }
    }

    #[test]
    fn the_wait_is_computed_by_the_orgs_clock() {
        let date = ("date", "Thu, 01 Jan 2026 00:00:00 GMT");
        for (second, expected) in [("1767225612", 12), ("1767225600", 0), ("1767225000", 0)] {
            let answer = answer(&[date, ("x-rate-limit-reset", second), ("retry-after", "99")]);
            assert_eq!(
                requested_wait(&answer),
                Some((Duration::from_secs(expected), "x-rate-limit-reset")),
                "{second}"
            );
        }
    }

    #[test]
    fn retry_after_is_used_without_a_reset_time() {
        let date = ("date", "Thu, 01 Jan 2026 00:00:00 GMT");
        for (after, expected) in [
            ("7", Some(7)),
            ("Thu, 01 Jan 2026 00:00:30 GMT", Some(30)),
            ("Wed, 31 Dec 2025 00:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let answer = answer(&[date, ("x-rate-limit-reset", "soon"), ("retry-after", after)]);
            assert_eq!(requested_wait(&answer).map(|(wait, _)| wait.as_secs()), expected, "{after}");
        }
        assert_eq!(requested_wait(&answer(&[date])), None);
        let unavailable =
            ResponseRecord { status: 503, ..answer(&[date, ("x-rate-limit-reset", "1767225612")]) };
        assert_eq!(requested_wait(&unavailable), None, "a reset time does not apply to an outage");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_spaced_and_wait_for_a_hold() {
        let pace = Pace::new(Some(60));
        let began = Instant::now();
        for _ in 0..3 {
            pace.turn().await;
        }
        assert_eq!(began.elapsed().as_secs(), 2);
        pace.hold(Duration::from_secs(30)).await;
        pace.turn().await;
        assert_eq!(began.elapsed().as_secs(), 32);
    }
}
