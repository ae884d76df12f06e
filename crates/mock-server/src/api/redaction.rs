//! Secrets are removed from the request log where it is shown: by the place at which they stand in a
//! header, a query, a form or a JSON body.

use serde_json::{Map, Value};

use crate::rules::secret_name::is_secret;

/// The text in place of a secret.
pub(super) const HIDDEN: &str = "[hidden]";

/// The private members of a JSON Web Key (RFC 7517, 7518).
const PRIVATE_KEY_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Returns a JSON value without its secrets.
fn json(value: Value) -> Value {
    match value {
        Value::Object(members) => object(members),
        Value::Array(items) => items.into_iter().map(json).collect(),
        other => other,
    }
}

fn object(members: Map<String, Value>) -> Value {
    let is_key = members.contains_key("kty");
    let redacted = members.into_iter().map(|(name, value)| {
        let is_private = is_key && PRIVATE_KEY_MEMBERS.contains(&name.as_str());
        let value = match is_private || is_secret(&name) {
            true => hidden(value),
            false => json(value),
        };
        (name, value)
    });
    Value::Object(redacted.collect())
}

/// Returns a value with [`HIDDEN`] in place of each text and number in it, as in
/// `"password": {"value": "…"}`.
fn hidden(value: Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value,
        Value::Number(_) | Value::String(_) => HIDDEN.into(),
        Value::Array(items) => items.into_iter().map(hidden).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, hidden(value))).collect())
        }
    }
}

/// Returns a query or a form without its secrets, as it was sent otherwise.
pub(super) fn query(text: &str) -> String {
    let pairs = text.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if !value.is_empty() && is_secret(&decoded(name)) => format!("{name}={HIDDEN}"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn decoded(name: &str) -> String {
    percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned()
}

/// Returns the headers as pairs, without their secrets. The scheme of a credential is kept.
pub(super) fn headers(lines: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(lines);
    let pairs = text.lines().filter_map(|line| line.split_once(": "));
    let redacted = pairs.map(|(name, value)| {
        let value = match (is_secret(name), name) {
            // A Referer or a Location has a query of its own.
            (false, _) => match value.split_once('?') {
                Some((before, rest)) => format!("{before}?{}", query(rest)),
                None => value.to_owned(),
            },
            (true, "authorization") => credential(value),
            (true, _) => HIDDEN.to_owned(),
        };
        (name.to_owned(), value)
    });
    redacted.collect()
}

/// Returns a credential as its scheme alone.
fn credential(value: &str) -> String {
    // The Python SDK writes no space after SSWS (sdk).
    let scheme = ["SSWS", "Bearer", "DPoP", "Basic"]
        .into_iter()
        .find(|scheme| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    scheme.map_or_else(|| HIDDEN.to_owned(), |scheme| format!("{scheme} {HIDDEN}"))
}

/// Returns a body without its secrets. A body that is neither JSON nor a form is described by its size:
/// nobody knows where its secrets are.
pub(super) fn body(bytes: &[u8], is_form: bool) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    if let Ok(value) = serde_json::from_slice(bytes) {
        return json(value);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if is_form && !text.contains(char::is_control) => query(text).into(),
        _ => format!("[{} bytes that are not JSON]", bytes.len()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json as value;

    #[test]
    fn secrets_are_removed_by_their_place() {
        let body = value!({
            "profile": {"authScheme": "TOKEN", "token": "canary", "apiToken": "canary"},
            "credentials": {"userName": "kept", "password": {"value": "canary", "expired": true}, "oauthClient": {"client_secret": "canary"}},
            "settings": {"app": {"adminPassword": "canary", "tokenType": "kept"}},
            "jwks": {"keys": [{"kty": "RSA", "d": "canary", "n": "kept"}]},
            "d": "kept",
        });
        let shown = json(body).to_string();
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(shown.matches("kept").count(), 4, "{shown}");
    }

    #[test]
    fn a_query_keeps_its_other_parameters_as_sent() {
        assert_eq!(
            query("a=%20b&client_secret=canary&x&access%5Ftoken=canary"),
            format!("a=%20b&client_secret={HIDDEN}&x&access%5Ftoken={HIDDEN}")
        );
    }

    #[test]
    fn a_credential_is_shown_as_its_scheme() {
        let lines = b"authorization: SSWScanary\naccept: a\ncookie: canary\nx-api-token: canary\n";
        let shown: Vec<_> = headers(lines).into_iter().map(|(_, value)| value).collect();
        assert_eq!(shown, ["SSWS [hidden]", "a", HIDDEN, HIDDEN]);
        let referer = headers(b"referer: http://a/?x=1&access_token=canary\n");
        assert_eq!(referer[0].1, format!("http://a/?x=1&access_token={HIDDEN}"));
    }

    #[test]
    fn a_body_that_cannot_be_read_is_described_by_its_size() {
        assert_eq!(body(br#"{"token": "canary""#, false), value!("[18 bytes that are not JSON]"));
        assert_eq!(body(b"token=canary&a=b", true), value!("token=[hidden]&a=b"));
        assert_eq!(body(b"", true), Value::Null);
    }
}
