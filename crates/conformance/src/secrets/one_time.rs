//! Codes and states of a consent are good once, but until then they are as good
//! as a credential: reports show their place, not their value.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

use crate::exchange::{Body, RequestRecord, ResponseRecord};

/// Nothing shorter is a code; `none` and `absent` may stand in its place.
const SHORTEST: usize = 8;

/// The parameters, as RFC 6749 (section 4.1.2) names them.
const NAMES: [&str; 2] = ["code", "state"];

/// In a link, and as a member of JSON in a text.
static PARAMETER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"([?&](code|state)=|\\?"(code|state)\\?"\s*:\s*\\?")[^&#\s"<>\[\\]+"#).ok()
});

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

/// What stands at a place, as it may be shown.
pub(crate) fn at(place: &str, found: &str) -> String {
    let last = place.rsplit(['/', '.', ' ']).next().unwrap_or_default();
    match NAMES.iter().find(|name| **name == last) {
        Some(name) if found.len() >= SHORTEST => format!("[{name}]"),
        _ => text(found),
    }
}

/// A text as it may be shown.
pub(crate) fn text(text: &str) -> String {
    match PARAMETER.as_ref() {
        Some(parameter) => parameter
            .replace_all(text, |found: &Captures<'_>| {
                let name = found.get(2).or(found.get(3)).map_or("", |name| name.as_str());
                format!("{}[{name}]", &found[1])
            })
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

    #[test]
    fn so_are_those_in_the_json_of_a_text() {
        assert_eq!(
            text(r#"{"status":200,"code":"abc-1","state": "s","errorCode":"E1","codes":"x"}"#),
            r#"{"status":200,"code":"[code]","state": "[state]","errorCode":"E1","codes":"x"}"#
        );
        assert_eq!(text(r#""{\"code\":\"abc\"}""#), r#""{\"code\":\"[code]\"}""#);
        assert_eq!(at("$response.body#/code", "abcdefgh-1"), "[code]");
        assert_eq!(at("$response.body#/code", "absent"), "absent");
        assert_eq!(at("$response.body#/errorCode", "E0000001x"), "E0000001x");
    }
}
