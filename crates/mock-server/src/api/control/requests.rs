//! The request log: what the org received, and what it answered.

use std::time::Duration;

use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::super::answer::Answer;
use super::super::call::{Call, Query};
use super::super::operation::{Outcome, OutcomeFuture};
use super::super::refusal::control_envelope_json;
use super::super::render::Timestamp;
use super::answer::{json_answer, no_content, with_type};
use super::{curl, redaction};
use crate::org::request_log::{Entry, EntryText, Filter, Part};
use crate::rules::behaviour as rule;
use crate::rules::error::{OktaError, Refusals};

/// Maximum time that a call may wait for requests.
const MAX_WAIT: u64 = 60;
/// The time that a call waits for requests by default.
const DEFAULT_WAIT: u64 = 5;
/// Number of requests that are shown when those expected did not come.
const MAX_NEAREST: usize = 3;

/// The query of a call that reads the request log.
struct Selection {
    filter: Filter,
    limit: usize,
    as_curl: bool,
}

pub(in crate::api) fn list(call: &Call<'_>) -> Outcome {
    let selection = selection(&call.query)?;
    let (entries, dropped) = {
        let mut org = call.org.lock();
        let log = &org.controlled().log;
        (log.select(&selection.filter, selection.limit), log.dropped())
    };
    if selection.as_curl {
        let origin = call.origin.to_string();
        let lines: String = entries.iter().map(|entry| curl::line(&origin, entry) + "\n").collect();
        return Ok(with_type(lines.into_bytes(), "text/plain; charset=utf-8"));
    }
    Ok(requests_json(&entries, dropped))
}

fn requests_json(entries: &[Entry<'_>], dropped: u64) -> Answer {
    let requests: Vec<_> = entries.iter().map(entry_json).collect();
    json_answer(&json!({"requests": requests, "dropped": dropped}))
}

pub(in crate::api) fn clear(call: &Call<'_>) -> Outcome {
    call.org.lock().controlled().log.clear();
    Ok(no_content())
}

/// Waits until as many requests match as are expected.
pub(in crate::api) fn wait<'a>(call: &'a Call<'_>) -> OutcomeFuture<'a> {
    Box::pin(async move {
        let mut refusals = Refusals::default();
        let selection = refusals.take(selection(&call.query), Selection::default());
        let count = refusals.take(number(&call.query, "count", 1, usize::MAX as u64), 1);
        let seconds = refusals.take(number(&call.query, "timeout", DEFAULT_WAIT, MAX_WAIT), 0);
        refusals.into_result(())?;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds);
        loop {
            let mut logged = std::pin::pin!(call.org.logged().notified());
            // Registered before the log is read, so that no request is missed in between.
            logged.as_mut().enable();
            if let Some(answer) = matching(call, &selection.filter, count) {
                return Ok(answer);
            }
            if tokio::time::timeout_at(deadline, logged).await.is_err() {
                return Ok(missing(call, &selection.filter, count));
            }
        }
    })
}

/// Returns the requests that match, if there are enough.
fn matching(call: &Call<'_>, filter: &Filter, count: u64) -> Option<Answer> {
    let (entries, dropped) = {
        let mut org = call.org.lock();
        let log = &org.controlled().log;
        if (log.count(filter) as u64) < count {
            return None;
        }
        (log.select(filter, usize::MAX), log.dropped())
    };
    Some(requests_json(&entries, dropped))
}

/// Returns 408 with the nearest requests, and the members in which they differ.
fn missing(call: &Call<'_>, filter: &Filter, count: u64) -> Answer {
    let (entries, error_id) = {
        let mut org = call.org.lock();
        let error_id = org.random.error_id();
        let after = Filter { after: filter.after, ..Filter::default() };
        (org.controlled().log.select(&after, usize::MAX), error_id)
    };
    let compared = entries.iter().map(|entry| (filter.differences(entry), entry));
    let (matching, mut others): (Vec<_>, Vec<_>) =
        compared.partition(|(differences, _)| differences.is_empty());
    others.sort_by_key(|(differences, entry)| (differences.len(), std::cmp::Reverse(entry.id)));
    let nearest = others.iter().take(MAX_NEAREST).map(|(differences, entry)| {
        let differences = differences
            .iter()
            .map(|found| json!({"member": found.member, "expected": found.expected, "actual": found.actual}));
        json!({"request": entry_json(entry), "differences": differences.collect::<Vec<_>>()})
    });
    let nearest: Vec<_> = nearest.collect();
    let cause = format!("{} of {count} expected requests arrived in time", matching.len());
    let error = OktaError::validation(&rule::CONTROL_REQUESTS, "requests", cause);
    let envelope = serde_json::from_slice(&control_envelope_json(&error, error_id)).unwrap_or_default();
    let Value::Object(mut members) = envelope else { return json_answer(&Value::Null) };
    members.extend([("matched".into(), matching.len().into()), ("nearest".into(), nearest.into())]);
    json_answer(&members).with_status(StatusCode::REQUEST_TIMEOUT)
}

impl Default for Selection {
    fn default() -> Self {
        Self { filter: Filter::default(), limit: usize::MAX, as_curl: false }
    }
}

fn selection(query: &Query) -> Result<Selection, OktaError> {
    let mut refusals = Refusals::default();
    let mut text = |name| refusals.take(query.one(name), None).map(ToOwned::to_owned);
    let mut filter = Filter {
        operation: text("operation"),
        method: text("method").map(|method| method.to_ascii_uppercase()),
        path: text("path"),
        app: text("app"),
        ..Filter::default()
    };
    if let Some(operation) = &filter.operation {
        refusals.check(super::operation_id(operation, &rule::CONTROL_REQUESTS).map(drop));
    }
    filter.status =
        refusals.take(optional_number(query, "status", 999), None).and_then(|it| it.try_into().ok());
    filter.after = refusals.take(optional_number(query, "after", u64::MAX), None);
    let limit = refusals.take(number(query, "limit", u64::MAX, u64::MAX), 0);
    let as_curl = refusals.take(format(query), false);
    refusals.into_result(Selection { filter, limit: usize::try_from(limit).unwrap_or(usize::MAX), as_curl })
}

/// Returns true if the query asks for curl lines.
fn format(query: &Query) -> Result<bool, OktaError> {
    match query.one("format")? {
        None | Some("json") => Ok(false),
        Some("curl") => Ok(true),
        Some(_) => {
            Err(OktaError::validation(&rule::CONTROL_REQUESTS, "format", "format: must be json or curl"))
        }
    }
}

fn number(query: &Query, name: &str, default: u64, max: u64) -> Result<u64, OktaError> {
    Ok(optional_number(query, name, max)?.unwrap_or(default))
}

fn optional_number(query: &Query, name: &str, max: u64) -> Result<Option<u64>, OktaError> {
    let Some(text) = query.one(name)? else { return Ok(None) };
    let number = text.parse().ok().filter(|number| *number <= max);
    number.map(Some).ok_or_else(|| {
        let bound = if max == u64::MAX { String::new() } else { format!(", at most {max}") };
        OktaError::validation(&rule::CONTROL_REQUESTS, name, format!("{name}: must be a whole number{bound}"))
    })
}

/// Returns an entry as JSON, without its secrets.
fn entry_json(entry: &Entry<'_>) -> Value {
    let (facts, text) = (&entry.facts, &entry.text);
    let none_if_empty = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    json!({
        "id": entry.id,
        "time": Timestamp(entry.time),
        "method": text.text(Part::Method),
        "path": text.text(Part::Path),
        "query": none_if_empty(&redaction::query(text.text(Part::Query))),
        "operation": facts.operation,
        "app": none_if_empty(text.text(Part::App)),
        "headers": headers_json(redaction::headers(text.bytes(Part::Headers))),
        "body": redaction::body(text.bytes(Part::Body), is_form(text)),
        "status": (facts.status > 0).then_some(facts.status),
        "response": response_json(entry),
        "rule": facts.rule,
        "fault": facts.fault,
        "ignored": facts.ignored,
    })
}

fn response_json(entry: &Entry<'_>) -> Value {
    match entry.facts.omitted {
        Some(size) => format!("[{size} bytes, not kept]").into(),
        None => redaction::body(entry.text.bytes(Part::Answer), false),
    }
}

/// Returns headers as an object; values of the same name are joined (RFC 9110, 5.3).
fn headers_json(headers: Vec<(String, String)>) -> Value {
    let mut members = Map::new();
    for (name, value) in headers {
        let joined = match members.get(&name).and_then(Value::as_str) {
            Some(earlier) => format!("{earlier}, {value}"),
            None => value,
        };
        members.insert(name, joined.into());
    }
    Value::Object(members)
}

/// Returns true if the body of a request is a form.
pub(super) fn is_form(text: &EntryText<'_>) -> bool {
    let headers = redaction::headers(text.bytes(Part::Headers));
    let media_type = headers.iter().find(|(name, _)| name == header::CONTENT_TYPE.as_str());
    media_type.is_some_and(|(_, value)| value.starts_with("application/x-www-form-urlencoded"))
}
