//! How fast requests may leave: no faster than the user said, and not before
//! the moment that an org named when it answered 429.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::exchange::{ResponseRecord, http_date};

/// Longer than this no request waits in all: Okta's windows are a minute.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Shared by all requests of a run.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    /// At most so many requests a minute; without a number, as fast as answers come.
    pub(crate) fn new(per_minute: Option<u32>) -> Self {
        let interval = per_minute.map_or(Duration::ZERO, |number| Duration::from_secs(60) / number.max(1));
        Self { interval, next: Mutex::new(Instant::now()) }
    }

    /// Waits until the next request may leave.
    pub(crate) async fn turn(&self) {
        let moment = {
            let mut next = self.next.lock().await;
            let moment = (*next).max(Instant::now());
            *next = moment + self.interval;
            moment
        };
        // A timer that has run out already still costs a turn of the clock.
        if moment > Instant::now() {
            sleep_until(moment).await;
        }
    }

    /// Holds every request back for so long.
    pub(crate) async fn hold(&self, wait: Duration) {
        let mut next = self.next.lock().await;
        *next = (*next).max(Instant::now() + wait);
    }
}

/// How long an answer asks to wait: until the second that `x-rate-limit-reset` names (docs, rate limits),
/// by the org's own `Date`, else as `Retry-After` says (RFC 9110, section 10.2.3). `None` where it names
/// no time.
pub(crate) fn asked(answer: &ResponseRecord) -> Option<(Duration, &'static str)> {
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

/// The time by the org's own clock, in seconds since the epoch; by this
/// machine's, where it does not tell.
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
    fn the_wait_goes_by_the_clock_of_the_org() {
        let date = ("date", "Thu, 01 Jan 2026 00:00:00 GMT");
        for (second, expected) in [("1767225612", 12), ("1767225600", 0), ("1767225000", 0)] {
            let answer = answer(&[date, ("x-rate-limit-reset", second), ("retry-after", "99")]);
            assert_eq!(
                asked(&answer),
                Some((Duration::from_secs(expected), "x-rate-limit-reset")),
                "{second}"
            );
        }
    }

    #[test]
    fn an_answer_that_names_no_second_may_say_how_long() {
        let date = ("date", "Thu, 01 Jan 2026 00:00:00 GMT");
        for (after, expected) in [
            ("7", Some(7)),
            ("Thu, 01 Jan 2026 00:00:30 GMT", Some(30)),
            ("Wed, 31 Dec 2025 00:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let answer = answer(&[date, ("x-rate-limit-reset", "soon"), ("retry-after", after)]);
            assert_eq!(asked(&answer).map(|(wait, _)| wait.as_secs()), expected, "{after}");
        }
        assert_eq!(asked(&answer(&[date])), None);
        let unavailable =
            ResponseRecord { status: 503, ..answer(&[date, ("x-rate-limit-reset", "1767225612")]) };
        assert_eq!(asked(&unavailable), None, "the end of a window says nothing of an outage");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_keep_their_distance_and_wait_for_a_hold() {
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
