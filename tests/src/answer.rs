//! An answer, and checks that every answer of an org must pass.

use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// An answer as a client received it.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header lines in order, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body without transfer coding.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        write!(formatter, "{} {headers:?} {body}", self.status)
    }
}

/// `oae` and sixteen bytes in base64url: the last character carries two bits (recorded).
static ERROR_ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^oae[A-Za-z0-9_-]{21}[AQgw]$").expect("a pattern"));

impl Answer {
    /// The first line of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    ///
    /// # Panics
    /// If it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The error code of an envelope; empty for other bodies.
    #[must_use]
    pub fn error_code(&self) -> String {
        let body: Option<Value> = serde_json::from_slice(&self.body).ok();
        body.and_then(|body| body.get("errorCode")?.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// True if the request was refused.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        self.status >= 400
    }

    /// The faults of a refusal. It must have Okta's envelope, or no body and a challenge, which is how access tokens
    /// are refused.
    #[must_use]
    pub fn refusal_faults(&self) -> Vec<String> {
        self.refusal_faults_with(&[])
    }

    /// The faults of a refusal of the control plane. Its envelope names the rule, and may have further members.
    #[must_use]
    pub fn control_faults(&self) -> Vec<String> {
        self.refusal_faults_with(&["rule", "matched", "nearest"])
    }

    fn refusal_faults_with(&self, others: &[&str]) -> Vec<String> {
        if self.status >= 500 {
            return vec![format!("status {}: {}", self.status, String::from_utf8_lossy(&self.body))];
        }
        if !self.is_refusal() {
            return Vec::new();
        }
        if matches!(self.status, 400 | 401 | 403) && self.header("www-authenticate").is_some() {
            return if self.body.is_empty() {
                Vec::new()
            } else {
                vec!["a challenge with a body".to_owned()]
            };
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(mut body)) => {
                // A message that is no HTTP request has no path yet, so it is refused as by the API.
                let is_unreadable = body.get("errorCode").is_some_and(|code| code == "E0000020");
                if !others.is_empty() && !body.contains_key("rule") && !is_unreadable {
                    return vec![format!("the envelope names no rule: {body:?}")];
                }
                others.iter().for_each(|name| drop(body.shift_remove(*name)));
                envelope_faults(&Value::Object(body))
            }
            Ok(body) => envelope_faults(&body),
            Err(error) => vec![format!(
                "status {} with a body that is no JSON ({error}): {:?}",
                self.status,
                String::from_utf8_lossy(&self.body)
            )],
        }
    }
}

/// The faults of an error envelope, which has exactly five members in this order (recorded).
#[must_use]
pub fn envelope_faults(body: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let Some(members) = body.as_object() else { return vec![format!("no envelope: {body}")] };
    let names: Vec<&str> = members.keys().map(String::as_str).collect();
    if names != ["errorCode", "errorSummary", "errorLink", "errorId", "errorCauses"] {
        faults.push(format!("the envelope's members are {names:?}"));
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    if text("errorLink") != text("errorCode") {
        faults.push("errorLink is not errorCode".to_owned());
    }
    if !(text("errorCode").len() == 8 && text("errorCode").starts_with("E00")) {
        faults.push(format!("errorCode {}", body["errorCode"]));
    }
    if text("errorSummary").is_empty() {
        faults.push("an empty errorSummary".to_owned());
    }
    if !ERROR_ID.is_match(text("errorId")) {
        faults.push(format!("errorId {}", body["errorId"]));
    }
    let is_cause = |cause: &Value| {
        cause.as_object().is_some_and(|it| it.len() == 1) && cause["errorSummary"].is_string()
    };
    if !body["errorCauses"].as_array().is_some_and(|causes| causes.iter().all(is_cause)) {
        faults.push(format!("errorCauses {}", body["errorCauses"]));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(body: &str) -> Vec<String> {
        Answer { status: 400, headers: Vec::new(), body: body.as_bytes().to_vec() }.refusal_faults()
    }

    #[test]
    fn an_envelope_has_five_members_in_their_order() {
        let good = r#"{"errorCode":"E0000003","errorSummary":"x","errorLink":"E0000003","errorId":"oaeCdxrixCfQhqR1YLCzqXt2Q","errorCauses":[]}"#;
        assert!(refusal(good).is_empty());
        for bad in [
            good.replace("\"errorId\":\"oaeCdxrixCfQhqR1YLCzqXt2Q\",", ""),
            good.replace("oaeCdxrixCfQhqR1YLCzqXt2Q", "oaeCdxrixCfQhqR1YLCzqXt2B"),
            good.replace("[]", "[\"x\"]"),
            good.replace("\"errorLink\":\"E0000003\"", "\"errorLink\":\"E0000001\""),
            good.replace("{\"errorCode\"", "{\"x\":1,\"errorCode\""),
            String::new(),
        ] {
            assert!(!refusal(&bad).is_empty(), "{bad}");
        }
        assert!(!envelope_faults(&json!([])).is_empty());
    }
}
