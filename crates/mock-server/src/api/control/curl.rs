//! Requests of the log as curl commands.

use super::redaction;
use super::requests::is_form;
use crate::org::request_log::Entry;

/// The headers that decide about an answer, apart from the credential.
const SENT_HEADERS: [&str; 2] = ["accept", "content-type"];

/// Returns a curl command that repeats a request, with the credential from `$OKTA_CLIENT_TOKEN`. Other
/// secrets are replaced by a text that the mock accepts in their place.
pub(super) fn line(origin: &str, entry: &Entry) -> String {
    let exchange = entry.exchange();
    let query = redaction::query(exchange.query);
    let question = if query.is_empty() { "" } else { "?" };
    let mut words = vec!["curl -sS -i".to_owned()];
    match exchange.method {
        "GET" => {}
        "HEAD" => words.push("--head".to_owned()),
        method => words.push(format!("-X {method}")),
    }
    words.push(quoted(&format!("{origin}{}{question}{query}", exchange.path)));
    for (name, value) in redaction::headers(exchange.headers) {
        if name == "authorization" {
            let scheme = value.split(' ').next().unwrap_or_default();
            words.push(format!("-H \"Authorization: {scheme} $OKTA_CLIENT_TOKEN\""));
        } else if SENT_HEADERS.contains(&name.as_str()) {
            words.push(format!("-H {}", quoted(&format!("{name}: {value}"))));
        }
    }
    match redaction::body(exchange.body, is_form(&exchange)) {
        serde_json::Value::Null => {}
        serde_json::Value::String(text) if is_form(&exchange) => {
            words.push(format!("--data-binary {}", quoted(&text)));
        }
        body => words.push(format!("--data-binary {}", quoted(&body.to_string()))),
    }
    words.join(" ")
}

/// Returns a text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
