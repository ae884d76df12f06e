//! Entries of the request log as they are shown: without secrets. The control plane and the library use it.

use std::fmt;
use std::time::Duration;

use http::header;
use serde_json::Value;

use super::{MockOrg, redaction};
use crate::org::request_log::{Difference, Entry, Filter, Part};

/// Number of requests that are shown when those expected did not arrive.
const MAX_NEAREST: usize = 3;

/// An entry without its secrets.
#[derive(Clone, Copy)]
pub(super) struct Logged<'a>(&'a Entry<'a>);

impl<'a> Logged<'a> {
    pub(super) const fn new(entry: &'a Entry<'a>) -> Self {
        Self(entry)
    }

    /// Returns the entry itself.
    pub(super) const fn entry(self) -> &'a Entry<'a> {
        self.0
    }

    /// Returns the method.
    pub(super) fn method(self) -> &'a str {
        self.0.text.text(Part::Method)
    }

    /// Returns the path, as it was sent.
    pub(super) fn path(self) -> &'a str {
        self.0.text.text(Part::Path)
    }

    /// Returns the query, if there is one.
    pub(super) fn query(self) -> Option<String> {
        Some(redaction::query(self.0.text.text(Part::Query))).filter(|query| !query.is_empty())
    }

    /// Returns the app id of the path, if it has one.
    pub(super) fn app(self) -> Option<&'a str> {
        Some(self.0.text.text(Part::App)).filter(|app| !app.is_empty())
    }

    /// Returns the request headers.
    pub(super) fn headers(self) -> Vec<(String, String)> {
        redaction::headers(self.0.text.bytes(Part::Headers))
    }

    /// Returns the request body.
    pub(super) fn body(self) -> Value {
        redaction::body(self.0.text.bytes(Part::Body), self.is_form())
    }

    /// Returns true if the request body is a form.
    pub(super) fn is_form(self) -> bool {
        let headers = self.headers();
        let media_type = headers.iter().find(|(name, _)| name == header::CONTENT_TYPE.as_str());
        media_type.is_some_and(|(_, value)| value.starts_with("application/x-www-form-urlencoded"))
    }

    /// Returns the status of the answer, if one was sent.
    pub(super) fn status(self) -> Option<u16> {
        Some(self.0.facts.status).filter(|status| *status > 0)
    }

    /// Returns the body of the answer.
    pub(super) fn response(self) -> Value {
        match self.0.facts.omitted {
            Some(size) => format!("[{size} bytes, not kept]").into(),
            None => redaction::body(self.0.text.bytes(Part::Answer), false),
        }
    }
}

/// A request that a filter nearly selects.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Nearest {
    id: u64,
    line: String,
    rule: Option<&'static str>,
    differences: Vec<Difference>,
}

impl fmt::Display for Nearest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}. {}", self.id, self.line)?;
        if let Some(rule) = self.rule {
            write!(formatter, ", refused by {rule}")?;
        }
        self.differences.iter().try_for_each(|found| {
            write!(formatter, "; {} is {:?}, expected {:?}", found.member, found.actual, found.expected)
        })
    }
}

/// Returns the entries that a filter nearly selects, nearest first, and the number that it selects.
pub(super) fn nearest_entries(
    org: &MockOrg,
    filter: &Filter,
) -> (usize, Vec<(Vec<Difference>, Entry<'static>)>) {
    let after = Filter { after: filter.after, ..Filter::default() };
    let entries = org.lock().controlled().log.select(&after, usize::MAX);
    let compared = entries.into_iter().map(|entry| (filter.differences(&entry), entry));
    let (matching, mut others): (Vec<_>, Vec<_>) =
        compared.partition(|(differences, _)| differences.is_empty());
    others.sort_by_key(|(differences, entry)| (differences.len(), std::cmp::Reverse(entry.id)));
    others.truncate(MAX_NEAREST);
    (matching.len(), others)
}

/// As [`nearest_entries`], as text.
pub(super) fn nearest(org: &MockOrg, filter: &Filter) -> (usize, Vec<Nearest>) {
    let (matched, others) = nearest_entries(org, filter);
    let described = others.into_iter().map(|(differences, entry)| {
        let logged = Logged::new(&entry);
        let status = logged.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let line = format!("{} {} → {status}", logged.method(), logged.path());
        Nearest { id: entry.id, line, rule: entry.facts.rule, differences }
    });
    (matched, described.collect())
}

impl MockOrg {
    /// Waits until this many requests are in the log. Returns `None` if they are not in time.
    pub(super) async fn logged_in_time(
        &self,
        filter: &Filter,
        count: usize,
        timeout: Duration,
    ) -> Option<()> {
        let deadline = tokio::time::Instant::now() + timeout;
        loop {
            let mut logged = std::pin::pin!(self.logged().notified());
            // Registered before the log is read, so that no request is missed in between.
            logged.as_mut().enable();
            if self.lock().controlled().log.count(filter) >= count {
                return Some(());
            }
            tokio::time::timeout_at(deadline, logged).await.ok()?;
        }
    }
}
