//! The rules for retries.
//!
//! A request that only reads (GET, HEAD, OPTIONS) is sent again after 500, 502, 503 or 504, and after a
//! broken connection; a PUT after a broken connection; any request if it never reached the org, or was
//! answered 429 without a time to wait for. `--retries` limits the number of these. A 429 that names a time
//! is always waited for, at most ten times. No request waits longer than five minutes in total.

use std::time::Duration;

use reqwest::Method;

use super::pace::{MAX_WAIT, org_time, requested_wait};
use crate::exchange::ResponseRecord;

/// Maximum number of waits of a request for a rate limit.
const MAX_WAITS: usize = 10;
/// The pause before the first retry; each further one doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(8);

/// A retry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Retry {
    pub(super) wait: Duration,
    /// True if no other request may be sent before.
    pub(super) holds_all: bool,
    pub(super) reason: String,
}

/// The retry state of a request.
#[derive(Debug)]
pub(super) struct RetryState {
    /// One reason for each retry.
    pub(super) repeated: Vec<String>,
    /// The number of retries left.
    left: u32,
    pause: Duration,
    limited: usize,
    waited: Duration,
    /// The time of the last 429, by the org's clock.
    limited_at: Option<i64>,
}

impl RetryState {
    pub(super) fn new(retries: u32) -> Self {
        Self {
            repeated: Vec::new(),
            left: retries,
            pause: FIRST_PAUSE,
            limited: 0,
            waited: Duration::ZERO,
            limited_at: None,
        }
    }

    /// The retry after an answer, if any.
    ///
    /// # Errors
    /// The reason that the org is too busy.
    pub(super) fn after_answer(
        &mut self,
        method: &Method,
        answer: &ResponseRecord,
    ) -> Result<Option<Retry>, String> {
        match (answer.status, requested_wait(answer)) {
            (429, Some((wait, header))) => self.limit(wait, header, answer).map(Some),
            // A 429 without a time is judged for that if it persists.
            (429, None) => Ok(self.retry("429 without x-rate-limit-reset and Retry-After".to_owned(), None)),
            (500 | 502 | 503 | 504, requested) if reads(method) => {
                Ok(self.retry(answer.status.to_string(), requested.map(|(wait, _)| wait)))
            }
            _ => Ok(None),
        }
    }

    /// The retry after a network failure, if any; `sent` is true if the request may have arrived.
    pub(super) fn after_failure(&mut self, method: &Method, reason: &str, sent: bool) -> Option<Retry> {
        // A DELETE that arrived would get 404 the second time, like a refusal.
        let may = !sent || reads(method) || *method == Method::PUT;
        may.then(|| self.retry(reason.to_owned(), None)).flatten()
    }

    fn retry(&mut self, reason: String, requested: Option<Duration>) -> Option<Retry> {
        let wait = requested.unwrap_or(self.pause);
        if self.left == 0 || self.waited + wait > MAX_WAIT {
            return None;
        }
        self.left -= 1;
        self.waited += wait;
        self.pause = (self.pause * 2).min(MAX_PAUSE);
        self.repeated.push(format!("{reason}: sent again after {:.1} s", wait.as_secs_f64()));
        Some(Retry { wait, holds_all: false, reason })
    }

    fn limit(&mut self, wait: Duration, header: &str, answer: &ResponseRecord) -> Result<Retry, String> {
        if self.waited + wait > MAX_WAIT {
            return Err(format!(
                "429, and {header} asks for {} s; the maximum total wait is {} s",
                wait.as_secs(),
                MAX_WAIT.as_secs()
            ));
        }
        if self.limited >= MAX_WAITS {
            return Err(format!("429, {} times in a row", self.limited + 1));
        }
        let now = org_time(answer);
        if self.limited_at.replace(now).is_some_and(|before| before >= now) {
            return Err("429 again, although by the org's Date no time has passed".to_owned());
        }
        self.limited += 1;
        self.waited += wait;
        self.repeated.push(format!("429: waited {} s, as {header} requires", wait.as_secs()));
        Ok(Retry { wait, holds_all: true, reason: format!("429, with that time in {header}") })
    }
}

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> ResponseRecord {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        ResponseRecord { status, headers: headers.collect(), body: None, broken_json: None }
    }

    #[test]
    fn reads_are_retried_after_a_server_error_and_changes_are_not() {
        for status in [500, 502, 503, 504] {
            for (method, expected) in
                [(Method::GET, true), (Method::POST, false), (Method::PUT, false), (Method::DELETE, false)]
            {
                let again = RetryState::new(1).after_answer(&method, &answer(status, &[])).unwrap();
                assert_eq!(again.is_some(), expected, "{method} {status}");
            }
        }
        for status in [200, 400, 404, 501] {
            assert_eq!(RetryState::new(1).after_answer(&Method::GET, &answer(status, &[])), Ok(None));
        }
    }

    #[test]
    fn a_request_that_may_have_arrived_is_retried_only_if_safe() {
        for (method, sent, expected) in [
            (Method::GET, true, true),
            (Method::PUT, true, true),
            (Method::POST, true, false),
            (Method::DELETE, true, false),
            (Method::POST, false, true),
            (Method::DELETE, false, true),
        ] {
            let again = RetryState::new(1).after_failure(&method, "gone", sent);
            assert_eq!(again.is_some(), expected, "{method} {sent}");
        }
    }

    #[test]
    fn the_number_of_retries_is_limited() {
        for retries in [0, 1, 3] {
            let mut attempts = RetryState::new(retries);
            let mut waits = Vec::new();
            while let Some(again) = attempts.after_answer(&Method::GET, &answer(503, &[])).unwrap() {
                waits.push(again.wait);
            }
            assert_eq!(waits.len(), retries as usize);
            assert_eq!(attempts.repeated.len(), retries as usize);
            assert!(waits.is_sorted());
        }
    }

    #[test]
    fn the_requested_wait_is_honored_within_bounds() {
        let after = |seconds: &str| answer(503, &[("retry-after", seconds)]);
        let wait = |seconds: &str| RetryState::new(1).after_answer(&Method::GET, &after(seconds)).unwrap();
        assert_eq!(wait("3").unwrap().wait, Duration::from_secs(3));
        assert_eq!(wait("301"), None, "it is judged without a retry");
        let busy = answer(429, &[("retry-after", "301")]);
        assert!(
            RetryState::new(1).after_answer(&Method::GET, &busy).unwrap_err().contains("total wait is 300 s")
        );
        // A request with a 429 had no effect, so a change is retried too, with or without a time.
        for headers in [[("retry-after", "3")].as_slice(), &[]] {
            assert!(RetryState::new(1).after_answer(&Method::POST, &answer(429, headers)).unwrap().is_some());
        }
        assert_eq!(RetryState::new(0).after_answer(&Method::POST, &answer(429, &[])), Ok(None));
    }
}
