//! Codes and states of a consent are good once, but until then they are as good
//! as a credential: reports show their place, not their value.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

use crate::transport::{Body, RequestRecord, ResponseRecord};

/// The parameters, as RFC 6749 (section 4.1.2) names them.
const NAMES: [&str; 2] = ["code", "state"];

static PARAMETER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"([?&](code|state)=)[^&#\s"<>\[]+"#).ok());

/// The request as it may be shown.
pub(crate) fn masked_request(mut request: RequestRecord) -> RequestRecord {
    request.url = text(&request.url);
    for (name, value) in &mut request.query {
        if NAMES.contains(&name.as_str()) && !value.is_empty() {
            *value = format!("[{name}]");
        }
    }
    request.body = request.body.map(body);
    request
}

/// The answer as it may be shown.
pub(crate) fn masked_response(mut response: ResponseRecord) -> ResponseRecord {
    for (_, value) in &mut response.headers {
        *value = text(value);
    }
    response.body = response.body.map(body);
    response
}

/// A text as it may be shown.
pub(crate) fn text(text: &str) -> String {
    match PARAMETER.as_ref() {
        Some(parameter) => parameter
            .replace_all(text, |found: &Captures<'_>| format!("{}[{}]", &found[1], &found[2]))
            .into_owned(),
        None => text.to_owned(),
    }
}

fn body(body: Body) -> Body {
    match body {
        Body::Json(json) => Body::Json(value("", json)),
        Body::Text(plain) => Body::Text(text(&plain)),
    }
}

fn value(name: &str, json: Value) -> Value {
    match json {
        Value::String(plain) if NAMES.contains(&name) && !plain.is_empty() => {
            Value::String(format!("[{name}]"))
        }
        Value::String(plain) => Value::String(text(&plain)),
        Value::Array(items) => items.into_iter().map(|item| value("", item)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| {
                let member = value(&name, member);
                (name, member)
            })
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn codes_and_states_are_masked_wherever_they_stand() {
        assert_eq!(text("https://o/cb?code=abc&state=d-e#x"), "https://o/cb?code=[code]&state=[state]#x");
        assert_eq!(text("https://o/x?statement=1&encode=2"), "https://o/x?statement=1&encode=2");
        let shown = body(Body::Json(json!({
            "code": "abc", "status": 200,
            "body": {"href": "https://o/cb?code=abc&state=d"}, "list": ["?state=d"]})));
        let wanted = json!({
            "code": "[code]", "status": 200,
            "body": {"href": "https://o/cb?code=[code]&state=[state]"}, "list": ["?state=[state]"]});
        assert_eq!(shown, Body::Json(wanted));
    }
}
