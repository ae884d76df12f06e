//! Requests of the log as curl commands.

use super::super::logged::Logged;
use super::super::redaction;
use crate::org::request_log::{Entry, Part};

/// The headers that decide about an answer, apart from the credential.
const SENT_HEADERS: [&str; 2] = ["accept", "content-type"];

/// Returns a curl command that repeats a request, with the credential from `$OKTA_CLIENT_TOKEN`. Other
/// secrets are replaced by a text that the mock accepts in their place.
pub(in crate::api) fn line(origin: &str, entry: &Entry<'_>) -> String {
    let text = &entry.text;
    let query = redaction::query(text.text(Part::Query));
    let question = if query.is_empty() { "" } else { "?" };
    let mut words = vec!["curl -sS -i".to_owned()];
    match text.text(Part::Method) {
        "GET" => {}
        "HEAD" => words.push("--head".to_owned()),
        method => words.push(format!("-X {}", quoted(method))),
    }
    words.push(quoted(&format!("{origin}{}{question}{query}", text.text(Part::Path))));
    for (name, value) in redaction::headers(text.bytes(Part::Headers)) {
        if name == "authorization" {
            let scheme = value.split(' ').next().unwrap_or_default();
            words.push(format!("-H \"Authorization: {scheme} $OKTA_CLIENT_TOKEN\""));
        } else if SENT_HEADERS.contains(&name.as_str()) {
            words.push(format!("-H {}", quoted(&format!("{name}: {value}"))));
        }
    }
    // Not --data-binary, which would read a file if the body began with `@`.
    match Logged::new(entry).body() {
        serde_json::Value::Null => {}
        serde_json::Value::String(form) if Logged::new(entry).is_form() => {
            words.push(format!("--data-raw {}", quoted(&form)));
        }
        body => words.push(format!("--data-raw {}", quoted(&body.to_string()))),
    }
    words.join(" ")
}

/// Returns a text as one word of a POSIX shell. A client chooses every text, its method too.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric();
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
