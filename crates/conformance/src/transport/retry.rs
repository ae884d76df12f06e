//! When a request is sent again.
//!
//! A request that only reads (GET, HEAD, OPTIONS) is sent again after 500, 502, 503 or 504, and after a
//! connection that broke; a PUT after a connection that broke; any request that never reached the org, and
//! any that was answered 429 without a time to wait for. That happens so often as `--retries` says. A 429
//! that names a time is waited for in any case, ten times at most. No request waits longer than five
//! minutes in all.

use std::time::Duration;

use reqwest::Method;

use super::pace::{LONGEST_WAIT, asked, org_time};
use crate::exchange::ResponseRecord;

/// So often a request waits for a limit; then the org is too busy.
const MOST_WAITS: usize = 10;
/// The pause before the first retry; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// That a request is to be sent again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Retry {
    pub(super) wait: Duration,
    /// Whether no other request may leave before.
    pub(super) holds_all: bool,
    pub(super) reason: String,
}

/// What became of a request so far.
#[derive(Debug)]
pub(super) struct RetryState {
    /// One reason for each repetition.
    pub(super) repeated: Vec<String>,
    /// How many retries are left.
    left: u32,
    pause: Duration,
    limited: usize,
    waited: Duration,
    /// The time of the last 429, by the org's own clock.
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

    /// Whether it is sent again after this answer.
    ///
    /// # Errors
    /// Why the org is too busy.
    pub(super) fn after_answer(
        &mut self,
        method: &Method,
        answer: &ResponseRecord,
    ) -> Result<Option<Retry>, String> {
        match (answer.status, asked(answer)) {
            (429, Some((wait, header))) => self.limit(wait, header, answer).map(Some),
            // One that names no time has to be judged for that, if it stays.
            (429, None) => {
                Ok(self.retry("429, with neither x-rate-limit-reset nor Retry-After".to_owned(), None))
            }
            (500 | 502 | 503 | 504, asked) if reads(method) => {
                Ok(self.retry(answer.status.to_string(), asked.map(|(wait, _)| wait)))
            }
            _ => Ok(None),
        }
    }

    /// Whether it is sent again after a failure of the network; `sent`: it may have arrived.
    pub(super) fn after_failure(&mut self, method: &Method, reason: &str, sent: bool) -> Option<Retry> {
        // A DELETE that arrived is gone the second time: that would look like a refusal.
        let may = !sent || reads(method) || *method == Method::PUT;
        may.then(|| self.retry(reason.to_owned(), None)).flatten()
    }

    fn retry(&mut self, reason: String, asked: Option<Duration>) -> Option<Retry> {
        let wait = asked.unwrap_or(self.pause);
        if self.left == 0 || self.waited + wait > LONGEST_WAIT {
            return None;
        }
        self.left -= 1;
        self.waited += wait;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.repeated.push(format!("{reason}: sent again after {:.1} s", wait.as_secs_f64()));
        Some(Retry { wait, holds_all: false, reason })
    }

    fn limit(&mut self, wait: Duration, header: &str, answer: &ResponseRecord) -> Result<Retry, String> {
        if self.waited + wait > LONGEST_WAIT {
            return Err(format!(
                "429, and {header} asks for {} s; at most {} s are waited in all",
                wait.as_secs(),
                LONGEST_WAIT.as_secs()
            ));
        }
        if self.limited >= MOST_WAITS {
            return Err(format!("429, {} times in a row", self.limited + 1));
        }
        let now = org_time(answer);
        if self.limited_at.replace(now).is_some_and(|before| before >= now) {
            return Err("429 again, and by the org's Date no time has passed".to_owned());
        }
        self.limited += 1;
        self.waited += wait;
        self.repeated.push(format!("429: waited {} s, as {header} says", wait.as_secs()));
        Ok(Retry { wait, holds_all: true, reason: format!("429, and {header} names that time") })
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
    fn reads_are_sent_again_after_a_passing_fault_and_changes_are_not() {
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
    fn what_may_have_arrived_is_sent_again_only_where_that_is_safe() {
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
    fn retries_are_as_many_as_were_allowed() {
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
    fn the_time_that_is_asked_for_is_waited_within_bounds() {
        let after = |seconds: &str| answer(503, &[("retry-after", seconds)]);
        let wait = |seconds: &str| RetryState::new(1).after_answer(&Method::GET, &after(seconds)).unwrap();
        assert_eq!(wait("3").unwrap().wait, Duration::from_secs(3));
        assert_eq!(wait("301"), None, "it is judged as it is");
        let busy = answer(429, &[("retry-after", "301")]);
        assert!(RetryState::new(1).after_answer(&Method::GET, &busy).unwrap_err().contains("at most 300 s"));
        // 429 has no effect: also a change is sent again, with or without a time.
        for headers in [[("retry-after", "3")].as_slice(), &[]] {
            assert!(RetryState::new(1).after_answer(&Method::POST, &answer(429, headers)).unwrap().is_some());
        }
        assert_eq!(RetryState::new(0).after_answer(&Method::POST, &answer(429, &[])), Ok(None));
    }
}
