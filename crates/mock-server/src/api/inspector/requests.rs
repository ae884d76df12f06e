//! The last requests, each with its answer beside it.

use maud::{Markup, html};
use serde_json::Value;

use super::super::call::Call;
use super::super::control::curl_line;
use super::super::log_entry::answer_header_lines;
use super::super::logged::Logged;
use super::super::redaction;
use super::super::render::Timestamp;
use super::page::time_text;
use crate::org::request_log::{Entry, Part};

/// Number of requests that are shown.
const SHOWN: usize = 50;

/// Maximum size of a body that is shown, in bytes.
const MAX_BODY: usize = 16 * 1024;

pub(super) fn section(call: &Call<'_>) -> Markup {
    let entries = call.org.lock().controlled().log.newest(SHOWN);
    let origin = call.origin.to_string();
    html! {
        section aria-labelledby="requests" {
            h2 #requests { "Last requests" }
            div #live-requests data-live {
                @if entries.is_empty() { p { "The org received no request yet." } }
                @for entry in &entries { (request(&origin, entry)) }
            }
            p.links {
                a href="/_mock/requests" { "All as JSON" } " · "
                a href="/_mock/requests.har" download="requests.har" { "HAR" } " · "
                a href="/_mock/requests?format=curl" { "curl" }
            }
            (super::controls::button("clear-requests", "Forget all requests"))
        }
    }
}

fn request(origin: &str, entry: &Entry<'_>) -> Markup {
    let logged = Logged::new(entry);
    let status = logged.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let is_refused = logged.status().is_none_or(|status| status >= 400);
    html! {
        details.request id={ "request-" (entry.id) } {
            summary {
                span.badge.on[!is_refused].off[is_refused] { (status) } " "
                strong { (logged.method()) } " " span.path { (logged.path()) (query(logged)) }
                @if let Some(rule) = entry.facts.rule { " " span.rule { (rule) } }
                @if let Some(fault) = entry.facts.fault { " " span.rule { "fault " (fault) } }
            }
            p.quiet {
                "Request " (entry.id) " at " (time_text(Timestamp(entry.time)))
                @if let Some(operation) = entry.facts.operation { " · " (operation) }
                @if !entry.facts.ignored.is_empty() { " · ignored: " (entry.facts.ignored.join(", ")) }
            }
            div.sides {
                div {
                    h3 { "Request" }
                    pre tabindex="0" { (lines(&logged.headers())) (body(&logged.body())) }
                }
                div {
                    h3 { "Answer" }
                    pre tabindex="0" { (lines(&answer_headers(entry))) (body(&logged.response())) }
                }
            }
            h3 { "Repeat" }
            pre tabindex="0" { (curl_line(origin, entry)) }
        }
    }
}

fn query(logged: Logged<'_>) -> String {
    logged.query().map(|query| format!("?{query}")).unwrap_or_default()
}

fn answer_headers(entry: &Entry<'_>) -> Vec<(String, String)> {
    redaction::headers(&answer_header_lines(entry.text.bytes(Part::AnswerHeaders)))
}

fn lines(headers: &[(String, String)]) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}

fn body(body: &Value) -> String {
    let text = match body {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        json => serde_json::to_string_pretty(json).unwrap_or_default(),
    };
    match text.len() > MAX_BODY {
        false => format!("\n{text}"),
        true => {
            let shown = &text[..text.floor_char_boundary(MAX_BODY)];
            format!("\n{shown}\n… {} more bytes", text.len() - shown.len())
        }
    }
}
