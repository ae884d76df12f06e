//! Records requests and their answers in the request log.

use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, HeaderName};
use http_body::Body as _;

use super::MockOrg;
use super::answer::Response;
use super::fault::AppliedFault;
use super::header_set::is_always_sent;
use super::observed::Observed;
use crate::org::request_log::{EntryText, Facts, Part};
use crate::rules::behaviour::Rule;
use crate::rules::error::echo;

/// Adds an entry to the request log. Calls of the control plane are not logged.
pub(super) fn record(
    org: &MockOrg,
    parts: &Parts,
    observed: &Observed<'_>,
    response: &Response,
    rule: Option<&'static Rule>,
    fault: Option<&AppliedFault>,
) {
    if is_control_plane(parts.uri.path()) || !org.settings().keeps_requests() {
        return;
    }
    let omitted = response.body().as_bytes().is_none().then(|| response.body().size_hint().exact()).flatten();
    let is_silent = fault.is_some_and(AppliedFault::is_silent);
    let facts = Facts {
        operation: observed.operation(),
        status: if is_silent { 0 } else { response.status().as_u16() },
        rule: rule.map(|rule| rule.name),
        fault: fault.map(|fault| fault.id),
        ignored: observed.ignored(),
        omitted,
    };
    let text = text(parts, observed, response);
    {
        let mut org = org.lock();
        let now = org.clock.now();
        org.controlled().log.record(now, facts, text);
    }
    org.logged().notify_waiters();
}

fn text(parts: &Parts, observed: &Observed<'_>, response: &Response) -> EntryText {
    let answer: &[u8] = response.body().as_bytes().map_or(&[], |bytes| bytes);
    let target = parts.uri.path().len() + parts.uri.query().map_or(0, str::len);
    let capacity = 128 + target + observed.body().len() + answer.len() + size(&parts.headers) + 256;
    EntryText::write(capacity, |part, bytes| match part {
        Part::Method => bytes.extend_from_slice(parts.method.as_str().as_bytes()),
        Part::Path => bytes.extend_from_slice(parts.uri.path().as_bytes()),
        Part::Query => bytes.extend_from_slice(parts.uri.query().unwrap_or("").as_bytes()),
        Part::App => bytes.extend_from_slice(observed.app().as_bytes()),
        Part::Headers => push_lines(bytes, &parts.headers, |_| true),
        Part::Body => bytes.extend_from_slice(observed.body()),
        Part::AnswerHeaders => push_lines(bytes, response.headers(), |name| !is_always_sent(name)),
        Part::Answer => bytes.extend_from_slice(answer),
    })
}

/// Returns the size of headers as lines.
fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 3).sum()
}

/// Returns true for a path of the control plane.
pub(super) fn is_control_plane(path: &str) -> bool {
    path == "/_mock" || path.starts_with("/_mock/")
}

/// Adds one `name: value` line for each of some headers.
fn push_lines(lines: &mut Vec<u8>, headers: &HeaderMap, is_kept: impl Fn(&HeaderName) -> bool) {
    for (name, value) in headers.iter().filter(|(name, _)| is_kept(name)) {
        lines.extend_from_slice(name.as_str().as_bytes());
        lines.extend([b':', b' ']);
        lines.extend_from_slice(value.as_bytes());
        lines.push(b'\n');
    }
}

/// Logs one line for a request, at the level debug.
pub(super) fn trace(
    parts: &Parts,
    response: &Response,
    rule: Option<&'static Rule>,
    fault: Option<&AppliedFault>,
    time: Duration,
) {
    let (method, path) = (parts.method.as_str(), echo(parts.uri.path()));
    let status = response.status().as_u16();
    let rule = rule.map(|rule| rule.name);
    let fault = fault.map(|fault| fault.id);
    tracing::debug!(method, ?path, status, rule, fault, microseconds = time.as_micros(), "answered");
}
