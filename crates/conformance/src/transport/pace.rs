//! How fast requests may leave: no faster than the user said, and not before
//! the moment that an org named when it answered 429.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use super::ResponseRecord;

/// Longer than this nobody waits for a limit: Okta's windows are a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

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

/// The second that `x-rate-limit-reset` names (docs, rate limits).
pub(crate) fn reset(answer: &ResponseRecord) -> Option<i64> {
    answer.header("x-rate-limit-reset")?.trim().parse().ok()
}

/// How long to wait after a 429: until that second, by the org's own `Date`; or why that is no time to
/// wait for.
pub(crate) fn until(reset: i64, answer: &ResponseRecord) -> Result<Duration, String> {
    let wait = u64::try_from(reset.saturating_sub(org_time(answer))).unwrap_or(0);
    let wait = Duration::from_secs(wait);
    if wait > LONGEST_WAIT {
        return Err(format!(
            "429, and x-rate-limit-reset is {} s away: nobody waits so long",
            wait.as_secs()
        ));
    }
    Ok(wait)
}

/// The time by the org's own clock, in seconds since the epoch; by this
/// machine's, where it does not tell.
pub(crate) fn org_time(answer: &ResponseRecord) -> i64 {
    let told = answer.header("date").and_then(|date| httpdate::parse_http_date(date).ok());
    let since = told.unwrap_or_else(SystemTime::now).duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
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
        for (seconds, expected) in
            [("1767225612", Some(12)), ("1767225600", Some(0)), ("1767225000", Some(0)), ("1767229999", None)]
        {
            let answer = answer(&[date, ("x-rate-limit-reset", seconds)]);
            let wait = reset(&answer).and_then(|second| until(second, &answer).ok());
            assert_eq!(wait.map(|wait| wait.as_secs()), expected, "{seconds}");
        }
        assert_eq!(reset(&answer(&[date, ("x-rate-limit-reset", "soon")])), None);
        assert_eq!(reset(&answer(&[date])), None);
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
