//! The form in which an exchange is stored and compared.

use serde_json::{Map, Value, json};

use super::Normaliser;
use crate::exchange::{Body, CredentialUse, RequestRecord, ResponseRecord, http_date};

/// Headers that belong to the exchange. The others depend on the connection, the server's software or the
/// time.
const HEADERS: [&str; 21] = [
    "accept-ch",
    "allow",
    "cache-control",
    "content-type",
    "date",
    "dpop-nonce",
    "expires",
    "link",
    "location",
    "p3p",
    "pragma",
    "referrer-policy",
    "strict-transport-security",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
    "x-okta-request-id",
    "x-rate-limit-limit",
    "x-rate-limit-remaining",
    "x-rate-limit-reset",
    "x-xss-protection",
];

/// One step as stored in a snapshot.
pub(crate) fn step_value(
    normaliser: &mut Normaliser,
    step: &str,
    guide: Option<&str>,
    operation: &str,
    request: &RequestRecord,
    response: Option<&ResponseRecord>,
) -> Value {
    learn(normaliser, operation, request, response);
    let mut value = Map::new();
    value.insert("step".to_owned(), step.into());
    if let Some(guide) = guide {
        value.insert("guide".to_owned(), guide.into());
    }
    value.insert("operation".to_owned(), operation.into());
    value.insert("request".to_owned(), request_value(normaliser, request));
    if let Some(response) = response {
        value.insert("response".to_owned(), response_value(normaliser, response));
    }
    Value::Object(value)
}

/// Learns ids that are known by their place alone.
fn learn(
    normaliser: &mut Normaliser,
    operation: &str,
    request: &RequestRecord,
    response: Option<&ResponseRecord>,
) {
    let named = request.path_parameters.iter().find(|(name, _)| name == "appId");
    if let Some((_, id)) = named {
        normaliser.learn_app(id);
    }
    let created = response.filter(|response| operation == "createApplication" && response.status < 300);
    let body = created.and_then(|response| response.body.as_ref()).map(Body::value);
    if let Some(id) = body.as_ref().and_then(|body| body.get("id")).and_then(Value::as_str) {
        normaliser.learn_app(id);
    }
}

/// A whole flow run, as written to a file.
pub(crate) fn flow_text(flow: &str, app: Option<&str>, steps: Vec<Value>) -> Value {
    let mut value = Map::new();
    value.insert("flow".to_owned(), flow.into());
    if let Some(app) = app {
        value.insert("app".to_owned(), app.into());
    }
    value.insert("steps".to_owned(), steps.into());
    Value::Object(value)
}

fn request_value(normaliser: &mut Normaliser, request: &RequestRecord) -> Value {
    let mut value = Map::new();
    value.insert("method".to_owned(), request.method.clone().into());
    value.insert("path".to_owned(), normaliser.text(&request.path).into());
    if !request.query.is_empty() {
        let pairs = request.query.iter().map(|(name, text)| json!({ name: normaliser.named(name, text) }));
        value.insert("query".to_owned(), pairs.collect());
    }
    if request.credential != CredentialUse::Runner {
        value.insert("credential".to_owned(), request.credential.word().into());
    }
    if !request.headers.is_empty() {
        let pairs = request
            .headers
            .iter()
            .map(|(name, text)| (name.to_ascii_lowercase(), normaliser.text(text).into()));
        value.insert("headers".to_owned(), Value::Object(pairs.collect()));
    }
    if let Some(body) = &request.body {
        let mut body = body.value();
        remove_note(&mut body, normaliser);
        value.insert("body".to_owned(), normaliser.value(&body));
    }
    Value::Object(value)
}

/// Removes the run's own note from a request: no flow sends it.
fn remove_note(body: &mut Value, normaliser: &Normaliser) {
    let Some(settings) = body.pointer_mut("/settings").and_then(Value::as_object_mut) else { return };
    let Some(notes) = settings.get_mut("notes").and_then(Value::as_object_mut) else { return };
    if notes.get("admin").and_then(Value::as_str).is_some_and(|note| normaliser.is_note(note)) {
        notes.shift_remove("admin");
        if notes.is_empty() {
            settings.shift_remove("notes");
        }
    }
}

fn response_value(normaliser: &mut Normaliser, response: &ResponseRecord) -> Value {
    let mut headers = Map::new();
    for name in HEADERS {
        let lines: Vec<String> = response
            .headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, text)| header(normaliser, name, text))
            .collect();
        match <[String; 1]>::try_from(lines) {
            Ok([line]) => drop(headers.insert(name.to_owned(), line.into())),
            Err(lines) if lines.is_empty() => {}
            Err(lines) => drop(headers.insert(name.to_owned(), lines.into())),
        }
    }
    let mut value = Map::new();
    value.insert("status".to_owned(), response.status.into());
    value.insert("headers".to_owned(), headers.into());
    if let Some(body) = &response.body {
        value.insert("body".to_owned(), normaliser.value(&body.value()));
    }
    Value::Object(value)
}

fn header(normaliser: &mut Normaliser, name: &str, text: &str) -> String {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    match name {
        "date" if http_date(text).is_some() => "[date]".to_owned(),
        "x-okta-request-id" if normaliser.takes_any_form() || text.len() == 32 && text.bytes().all(hex) => {
            let is_new = normaliser.is_new_request(text);
            if is_new { "[request-id]" } else { "[request-id of an earlier answer]" }.to_owned()
        }
        "x-rate-limit-limit" | "x-rate-limit-remaining" if digits => "[count]".to_owned(),
        "x-rate-limit-reset" if digits => "[epoch]".to_owned(),
        _ => normaliser.text(text),
    }
}
