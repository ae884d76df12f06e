//! Masks codes and states of a consent. They are valid once, but until then they are as good as a credential,
//! so reports show their place and not their value.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

use crate::exchange::{Body, RequestRecord, ResponseRecord};

/// Minimum length of a code; a shorter text may be `none` or `absent`.
const MIN_CODE: usize = 8;

/// The parameters, named as in RFC 6749 (section 4.1.2).
const NAMES: [&str; 2] = ["code", "state"];

/// The parameters in a link, and as members of JSON in a text.
static PARAMETER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"([?&](code|state)=|\\?"(code|state)\\?"\s*:\s*\\?")[^&#\s"<>\[\\]+"#).ok()
});

/// Masks a request.
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

/// Masks an answer.
pub(crate) fn masked_response(mut response: ResponseRecord) -> ResponseRecord {
    for (_, value) in &mut response.headers {
        *value = text(value);
    }
    response.body = response.body.map(body);
    response
}

/// Masks the value at a place.
pub(crate) fn at(place: &str, found: &str) -> String {
    let last = place.rsplit(['/', '.', ' ']).next().unwrap_or_default();
    match NAMES.iter().find(|name| **name == last) {
        Some(name) if found.len() >= MIN_CODE => format!("[{name}]"),
        _ => text(found),
    }
}

/// Masks a text.
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
    fn codes_and_states_are_masked_in_texts_and_json() {
        assert_eq!(text("https://o/cb?code=abc&state=d-e#x"), "https://o/cb?code=[code]&state=[state]#x");
        assert_eq!(text("https://o/x?statement=1&encode=2"), "https://o/x?statement=1&encode=2");
        let shown = body(Body::Json(json!({
            "code": "abc", "status": 200,
            "body": {"href": "https://o/cb?code=abc&state=d"}, "list": ["?state=d"]})));
        let expected = json!({
            "code": "[code]", "status": 200,
            "body": {"href": "https://o/cb?code=[code]&state=[state]"}, "list": ["?state=[state]"]});
        assert_eq!(shown, Body::Json(expected));
    }

    #[test]
    fn codes_and_states_are_masked_in_json_inside_a_text() {
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
