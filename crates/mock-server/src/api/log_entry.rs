//! The entries of the request log: written from a request and its answer, and their headers read back.

use std::cell::RefCell;
use std::time::Duration;

use http::HeaderMap;
use http::request::Parts;
use http_body::Body as _;

use super::MockOrg;
use super::answer::Answer;
use super::fault::AppliedFault;
use super::header_set::{HeaderSet, RequestFacts};
use super::observed::Observed;
use super::process::{PeerAnswer, Sender};
use crate::org::rate::RateStatus;
use crate::org::request_log::{EntryText, Facts, Part};
use crate::rules::behaviour::Rule;
use crate::rules::error::echo;
use crate::rules::identifier::Seconds;

/// A request with its answer, to be logged.
#[derive(Clone, Copy)]
pub(super) struct LogEntry<'a> {
    pub(super) parts: &'a Parts,
    pub(super) observed: &'a Observed<'a>,
    pub(super) answer: &'a Answer,
    /// The rule that refused the request, if one did.
    pub(super) rule: Option<&'static Rule>,
    /// The fault that applied, if one did.
    pub(super) fault: Option<&'a AppliedFault>,
}

/// Returns true for a path of the control plane.
pub(super) fn is_control_plane(path: &str) -> bool {
    path == "/_mock" || path.starts_with("/_mock/")
}

/// Adds a request that an org sent to another org of the process, with its answer, to the log of the sender.
pub(super) fn record_sent(sender: &Sender<'_>, (sent, body): (&Parts, &[u8]), answer: &PeerAnswer) {
    if !sender.org.settings().keeps_requests() {
        return;
    }
    let facts = Facts { status: answer.status.as_u16(), is_sent: true, ..Facts::default() };
    let mut buffer = Vec::new();
    let text = EntryText::write(&mut buffer, |part, bytes| match part {
        Part::Method => bytes.extend_from_slice(sent.method.as_str().as_bytes()),
        Part::Path => bytes.extend_from_slice(sent.uri.path().as_bytes()),
        Part::Query => bytes.extend_from_slice(sent.uri.query().unwrap_or("").as_bytes()),
        Part::App => bytes.extend_from_slice(sender.app.as_bytes()),
        Part::Headers => push_lines(bytes, &sent.headers),
        Part::Body => bytes.extend_from_slice(body),
        Part::AnswerHeaders => {
            let rate = RateStatus { limit: 0, remaining: 0, reset: Seconds(0) };
            push_answer_facts(bytes, HeaderSet::None, &RequestFacts { id: [0; 16], rate, date: None });
            push_lines(bytes, &answer.headers);
        }
        Part::Answer => bytes.extend_from_slice(&answer.body),
    });
    let mut org = sender.org.lock();
    let now = org.clock.now();
    org.controlled().log.record(now, facts, &text);
    drop(org);
    sender.org.logged().notify_waiters();
}

impl LogEntry<'_> {
    /// Adds an entry to the request log. Calls of the control plane are not logged.
    pub(super) fn record(&self, org: &MockOrg, time: Seconds, request: &RequestFacts) {
        if is_control_plane(self.parts.uri.path()) || !org.settings().keeps_requests() {
            return;
        }
        thread_local!(static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });
        BUFFER.with_borrow_mut(|buffer| {
            // Written without the org's lock, which other requests wait for.
            let text = EntryText::write(buffer, |part, bytes| self.write(part, request, bytes));
            org.lock().controlled().log.record(time, self.facts(), &text);
        });
        org.logged().notify_waiters();
    }

    fn facts(&self) -> Facts {
        let body = &self.answer.body;
        Facts {
            operation: self.observed.operation(),
            status: match self.fault.is_some_and(AppliedFault::is_silent) {
                true => 0,
                false => self.answer.status.as_u16(),
            },
            rule: self.rule.map(|rule| rule.name),
            fault: self.fault.map(|fault| fault.id),
            ignored: self.observed.ignored(),
            is_sent: false,
            omitted: body.as_bytes().is_none().then(|| body.size_hint().exact()).flatten(),
        }
    }

    fn answer_bytes(&self) -> &[u8] {
        self.answer.body.as_bytes().map_or(&[], |bytes| bytes)
    }

    fn write(&self, part: Part, request: &RequestFacts, bytes: &mut Vec<u8>) {
        match part {
            Part::Method => bytes.extend_from_slice(self.parts.method.as_str().as_bytes()),
            Part::Path => bytes.extend_from_slice(self.parts.uri.path().as_bytes()),
            Part::Query => bytes.extend_from_slice(self.parts.uri.query().unwrap_or("").as_bytes()),
            Part::App => bytes.extend_from_slice(self.observed.app().as_bytes()),
            Part::Headers => push_lines(bytes, &self.parts.headers),
            Part::Body => bytes.extend_from_slice(self.observed.body()),
            Part::AnswerHeaders => {
                push_answer_facts(bytes, self.answer.set, request);
                for (name, value) in &self.answer.headers {
                    push_line(bytes, name.as_str(), value.as_bytes());
                }
            }
            Part::Answer => bytes.extend_from_slice(self.answer_bytes()),
        }
    }

    /// Logs one line for the request, at the level debug.
    pub(super) fn trace(&self, time: Duration) {
        let (method, path) = (self.parts.method.as_str(), echo(self.parts.uri.path()));
        let status = self.answer.status.as_u16();
        let rule = self.rule.map(|rule| rule.name);
        let fault = self.fault.map(|fault| fault.id);
        tracing::debug!(method, ?path, status, rule, fault, microseconds = time.as_micros(), "answered");
    }
}

/// Stands for a time that is not there.
const NO_TIME: i64 = i64::MIN;

/// Writes what the headers of an answer are made of. The headers themselves would be a third of the log.
fn push_answer_facts(bytes: &mut Vec<u8>, set: HeaderSet, request: &RequestFacts) {
    let RateStatus { limit, remaining, reset } = request.rate;
    bytes.push(set as u8);
    bytes.extend_from_slice(&request.id);
    bytes.extend_from_slice(&limit.to_le_bytes());
    bytes.extend_from_slice(&remaining.to_le_bytes());
    bytes.extend_from_slice(&reset.0.to_le_bytes());
    bytes.extend_from_slice(&request.date.map_or(NO_TIME, |date| date.0).to_le_bytes());
}

/// Returns the headers of an answer from [`Part::AnswerHeaders`], one `name: value` per line.
pub(super) fn answer_header_lines(logged: &[u8]) -> Vec<u8> {
    let Some((set, request, own)) = read_answer_facts(logged) else { return Vec::new() };
    let mut lines = Vec::new();
    push_lines(&mut lines, &set.headers(&request));
    lines.extend_from_slice(own);
    lines
}

fn read_answer_facts(logged: &[u8]) -> Option<(HeaderSet, RequestFacts, &[u8])> {
    let (set, rest) = logged.split_first()?;
    let (id, rest) = rest.split_first_chunk()?;
    let (limit, rest) = rest.split_first_chunk()?;
    let (remaining, rest) = rest.split_first_chunk()?;
    let (reset, rest) = rest.split_first_chunk()?;
    let (date, own) = rest.split_first_chunk()?;
    let rate = RateStatus {
        limit: u32::from_le_bytes(*limit),
        remaining: u32::from_le_bytes(*remaining),
        reset: Seconds(i64::from_le_bytes(*reset)),
    };
    let date = Some(i64::from_le_bytes(*date)).filter(|date| *date != NO_TIME).map(Seconds);
    Some((*HeaderSet::ALL.get(usize::from(*set))?, RequestFacts { id: *id, rate, date }, own))
}

fn push_lines(lines: &mut Vec<u8>, headers: &HeaderMap) {
    for (name, value) in headers {
        push_line(lines, name.as_str(), value.as_bytes());
    }
}

fn push_line(lines: &mut Vec<u8>, name: &str, value: &[u8]) {
    lines.extend_from_slice(name.as_bytes());
    lines.extend_from_slice(b": ");
    lines.extend_from_slice(value);
    lines.push(b'\n');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_headers_of_an_answer_are_read_back() {
        let rate = RateStatus { limit: 600, remaining: 0, reset: Seconds(1_900_000_000) };
        for date in [None, Some(Seconds(1_800_000_000))] {
            let request = RequestFacts { id: [0xab; 16], rate, date };
            for set in HeaderSet::ALL {
                let mut logged = Vec::new();
                push_answer_facts(&mut logged, set, &request);
                push_line(&mut logged, "location", b"/a");
                assert_eq!(read_answer_facts(&logged).unwrap(), (set, request, &b"location: /a\n"[..]));
            }
        }
        assert!(answer_header_lines(b"").is_empty());
    }
}
