//! The request log: what the org received, and what it answered.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::super::answer::Answer;
use super::super::call::{Call, Query};
use super::super::logged::{Logged, nearest_entries};
use super::super::operation::{self, Outcome, OutcomeFuture};
use super::super::refusal::control_envelope_json;
use super::super::render::Timestamp;
use super::answer::{json_answer, no_content, with_type};
use super::curl;
use crate::org::request_log::{Difference, Entry, Filter};
use crate::rules::behaviour as rule;
use crate::rules::error::{OktaError, Refusals};

/// Maximum time that a call may wait for requests.
const MAX_WAIT: u64 = 60;
/// The time that a call waits for requests by default.
const DEFAULT_WAIT: u64 = 5;

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
        let (filter, count) = (selection.filter, usize::try_from(count).unwrap_or(usize::MAX));
        Ok(match call.org.logged_in_time(&filter, count, Duration::from_secs(seconds)).await {
            Some(()) => matching(call, &filter),
            None => missing(call, &filter, count),
        })
    })
}

fn matching(call: &Call<'_>, filter: &Filter) -> Answer {
    let (entries, dropped) = {
        let mut org = call.org.lock();
        let log = &org.controlled().log;
        (log.select(filter, usize::MAX), log.dropped())
    };
    requests_json(&entries, dropped)
}

/// Returns 408 with the nearest requests, and the members in which they differ.
fn missing(call: &Call<'_>, filter: &Filter, count: usize) -> Answer {
    let (matched, nearest) = nearest_entries(call.org, filter);
    let nearest: Vec<_> = nearest
        .iter()
        .map(|(differences, entry)| {
            let differences: Vec<_> = differences.iter().map(difference_json).collect();
            json!({"request": entry_json(entry), "differences": differences})
        })
        .collect();
    let cause = format!("{matched} of {count} expected requests arrived in time");
    let error = OktaError::validation(&rule::CONTROL_REQUESTS, "requests", cause);
    let error_id = call.org.lock().random.error_id();
    let envelope = serde_json::from_slice(&control_envelope_json(&error, error_id)).unwrap_or_default();
    let Value::Object(mut members) = envelope else { return json_answer(&Value::Null) };
    members.extend([("matched".into(), matched.into()), ("nearest".into(), nearest.into())]);
    json_answer(&members).with_status(StatusCode::REQUEST_TIMEOUT)
}

fn difference_json(found: &Difference) -> Value {
    json!({"member": found.member, "expected": found.expected, "actual": found.actual})
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
        refusals.check(operation::named(operation, &rule::CONTROL_REQUESTS).map(drop));
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
    let (logged, facts) = (Logged::new(entry), &entry.facts);
    let mut members = json!({
        "id": entry.id,
        "time": Timestamp(entry.time),
        "method": logged.method(),
        "path": logged.path(),
        "query": logged.query(),
        "operation": facts.operation,
        "app": logged.app(),
        "headers": headers_json(logged.headers()),
        "body": logged.body(),
        "status": logged.status(),
        "response": logged.response(),
        "rule": facts.rule,
        "fault": facts.fault,
        "ignored": facts.ignored,
    });
    if facts.is_sent {
        // Fixed names of received requests stay as they are.
        members["sent"] = true.into();
    }
    members
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
