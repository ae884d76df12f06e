//! The request log from Rust: what the org received, and assertions about it.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::super::MockOrg;
use super::super::logged::{Logged, Nearest, nearest};
use crate::org::request_log::Filter;

/// A request that the org received, and its answer. Secrets are removed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The number of the request, counted from one.
    pub id: u64,
    /// The org's time at which the request arrived.
    pub time: SystemTime,
    /// The method.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query without its question mark, if there is one.
    pub query: Option<String>,
    /// The operationId of the path and method, if there is one.
    pub operation: Option<&'static str>,
    /// The app id of the path, if it has one.
    pub app: Option<String>,
    /// The request headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The request body: JSON, the text of a form, or null.
    pub body: Value,
    /// The status of the answer; none if a fault closed the connection.
    pub status: Option<u16>,
    /// The body of the answer.
    pub response: Value,
    /// The entry of the rule book that refused the request.
    pub rule: Option<&'static str>,
    /// The number of the fault that was applied.
    pub fault: Option<u64>,
    /// What the org ignored: JSON Pointers, and `?name` for query parameters.
    pub ignored: Vec<String>,
}

impl From<&Logged<'_>> for LoggedRequest {
    fn from(logged: &Logged<'_>) -> Self {
        let entry = logged.entry();
        let seconds = u64::try_from(entry.time.0).unwrap_or_default();
        Self {
            id: entry.id,
            time: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
            method: logged.method().to_owned(),
            path: logged.path().to_owned(),
            query: logged.query(),
            operation: entry.facts.operation,
            app: logged.app().map(ToOwned::to_owned),
            headers: logged.headers(),
            body: logged.body(),
            status: logged.status(),
            response: logged.response(),
            rule: entry.facts.rule,
            fault: entry.facts.fault,
            ignored: entry.facts.ignored.clone(),
        }
    }
}

/// A selection of requests. Without a condition, it selects all.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RequestFilter(Filter);

impl RequestFilter {
    /// Selects all requests.
    pub fn all() -> Self {
        Self::default()
    }

    /// Selects requests of an operation, by its operationId.
    pub fn operation(mut self, id: &str) -> Self {
        self.0.operation = Some(id.to_owned());
        self
    }

    /// Selects requests with this method.
    pub fn method(mut self, method: &str) -> Self {
        self.0.method = Some(method.to_ascii_uppercase());
        self
    }

    /// Selects requests of this path.
    pub fn path(mut self, path: &str) -> Self {
        self.0.path = Some(path.to_owned());
        self
    }

    /// Selects requests of this app.
    pub fn app(mut self, id: &str) -> Self {
        self.0.app = Some(id.to_owned());
        self
    }

    /// Selects requests that were answered with this status.
    pub const fn status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Selects requests after the one with this number.
    pub const fn after(mut self, id: u64) -> Self {
        self.0.after = Some(id);
        self
    }
}

/// Too few requests matched. Its text shows the nearest ones, where they differ, and the rules that refused
/// them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MissingRequests {
    /// Number of requests that matched.
    pub matched: usize,
    /// Number of requests that were expected.
    pub expected: usize,
    nearest: Vec<Nearest>,
}

impl fmt::Display for MissingRequests {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {} expected requests arrived", self.matched, self.expected)?;
        match self.nearest.is_empty() {
            true => write!(formatter, "; the org received no other request"),
            false => {
                write!(formatter, "; the nearest are")?;
                self.nearest.iter().try_for_each(|request| write!(formatter, "\n  {request}"))
            }
        }
    }
}

impl std::error::Error for MissingRequests {}

impl MockOrg {
    /// Returns the requests that a filter selects, oldest first.
    #[must_use]
    pub fn requests(&self, filter: &RequestFilter) -> Vec<LoggedRequest> {
        let entries = self.lock().controlled().log.select(&filter.0, usize::MAX);
        entries.iter().map(|entry| LoggedRequest::from(&Logged::new(entry))).collect()
    }

    /// Forgets the requests that the org received.
    pub fn clear_requests(&self) {
        self.lock().controlled().log.clear();
    }

    /// Waits until this many requests match, and returns them.
    ///
    /// # Errors
    /// If they did not arrive in time.
    pub async fn wait_for_requests(
        &self,
        filter: &RequestFilter,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<LoggedRequest>, MissingRequests> {
        match self.logged_in_time(&filter.0, count, timeout).await {
            Some(()) => Ok(self.requests(filter)),
            None => Err(self.missing(filter, count)),
        }
    }

    /// Checks that exactly this many requests match.
    ///
    /// # Panics
    /// If another number of requests matched: with the nearest requests, where they differ, and the rules
    /// that refused them.
    #[track_caller]
    pub fn assert_requests(&self, filter: &RequestFilter, count: usize) {
        let missing = self.missing(filter, count);
        assert!(missing.matched == count, "{missing}");
    }

    fn missing(&self, filter: &RequestFilter, expected: usize) -> MissingRequests {
        let (matched, nearest) = nearest(self, &filter.0);
        MissingRequests { matched, expected, nearest }
    }
}
