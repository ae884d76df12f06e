//! The request log as HAR 1.2.

use serde_json::{Value, json};

use super::super::call::Call;
use super::super::log_entry::answer_header_lines;
use super::super::logged::Logged;
use super::super::operation::Outcome;
use super::super::redaction;
use super::super::render::Timestamp;
use super::answer::json_answer;
use crate::org::request_log::{Entry, Filter, Part};

pub(in crate::api) fn requests_as_har(call: &Call<'_>) -> Outcome {
    let entries = call.org.lock().controlled().log.select(&Filter::default(), usize::MAX);
    let origin = call.origin.to_string();
    let entries: Vec<_> = entries.iter().map(|entry| har_entry(&origin, entry)).collect();
    let creator = json!({"name": "okta-mock-server", "version": env!("CARGO_PKG_VERSION")});
    Ok(json_answer(&json!({"log": {"version": "1.2", "creator": creator, "entries": entries}})))
}

fn har_entry(origin: &str, entry: &Entry<'_>) -> Value {
    let parts = &entry.text;
    let query = redaction::query(parts.text(Part::Query));
    let question = if query.is_empty() { "" } else { "?" };
    let parameters = form_urlencoded::parse(query.as_bytes());
    let parameters: Vec<_> = parameters.map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut request = json!({
        "method": parts.text(Part::Method),
        "url": format!("{origin}{}{question}{query}", parts.text(Part::Path)),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(parts.bytes(Part::Headers)),
        "queryString": parameters,
        "headersSize": -1,
        "bodySize": parts.bytes(Part::Body).len(),
    });
    if !parts.bytes(Part::Body).is_empty() {
        let text = text(Logged::new(entry).body());
        request["postData"] = json!({"mimeType": media_type(parts.bytes(Part::Headers)), "text": text});
    }
    let answer_headers = answer_header_lines(parts.bytes(Part::AnswerHeaders));
    let response = json!({
        "status": entry.facts.status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&answer_headers),
        "content": {
            "size": entry.facts.omitted.unwrap_or(parts.bytes(Part::Answer).len() as u64),
            "mimeType": media_type(&answer_headers),
            "text": text(redaction::body(parts.bytes(Part::Answer), false)),
        },
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    });
    json!({
        "startedDateTime": Timestamp(entry.time),
        "time": 0,
        "request": request,
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "_id": entry.id,
        "_operation": entry.facts.operation,
        "_rule": entry.facts.rule,
        "_fault": entry.facts.fault,
    })
}

fn headers(lines: &[u8]) -> Vec<Value> {
    redaction::headers(lines).into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

fn media_type(lines: &[u8]) -> String {
    let headers = redaction::headers(lines);
    headers.into_iter().find(|(name, _)| name == "content-type").map(|(_, value)| value).unwrap_or_default()
}

/// Returns a body as text.
fn text(body: Value) -> String {
    match body {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}
