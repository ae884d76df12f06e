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
use crate::org::request_log::{Exchange, Facts};
use crate::rules::behaviour::Rule;
use crate::rules::error::echo;

/// Adds an entry to the request log. Calls of the control plane are not logged.
pub(super) fn record(
    org: &MockOrg,
    parts: &Parts,
    observed: &mut Observed,
    response: &Response,
    rule: Option<&'static Rule>,
    fault: Option<&AppliedFault>,
) {
    let path = parts.uri.path();
    if is_control_plane(path) {
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
    let mut lines = Vec::with_capacity(1024);
    push_lines(&mut lines, &parts.headers, |_| true);
    let end = lines.len();
    push_lines(&mut lines, response.headers(), |name| !is_always_sent(name));
    let exchange = Exchange {
        method: parts.method.as_str(),
        path,
        query: parts.uri.query().unwrap_or(""),
        app: observed.app(),
        headers: &lines[..end],
        body: observed.body(),
        answer_headers: &lines[end..],
        answer: response.body().as_bytes().map_or(&[], |bytes| bytes),
    };
    {
        let mut org = org.lock();
        let now = org.clock.now();
        org.controlled().log.record(now, facts, &exchange);
    }
    org.logged().notify_waiters();
}

/// Returns true for a path of the control plane.
pub(super) fn is_control_plane(path: &str) -> bool {
    path == "/_mock" || path.starts_with("/_mock/")
}

/// Adds one `name: value` line for each of some headers.
fn push_lines(lines: &mut Vec<u8>, headers: &HeaderMap, is_kept: impl Fn(&HeaderName) -> bool) {
    for (name, value) in headers.iter().filter(|(name, _)| is_kept(name)) {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"] {
            lines.extend_from_slice(part);
        }
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
