//! Records answers, and removes their secrets before anything else sees them.

use serde_json::Value;

use super::client::Transport;
use crate::exchange::{Body, ResponseRecord};
use crate::repeated_name::repeated_name;

impl Transport {
    /// Records an answer and removes its secrets. Every answer passes through here.
    pub(super) fn receive(&self, response: &reqwest::Response, bytes: &[u8]) -> ResponseRecord {
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let text = String::from_utf8_lossy(value.as_bytes());
                (self.vault().redact(name.as_str()), self.vault().received_header(name.as_str(), &text))
            })
            .collect();
        let mut record =
            ResponseRecord { status: response.status().as_u16(), headers, body: None, broken_json: None };
        if bytes.is_empty() {
            return record;
        }
        let is_json =
            record.media_type().is_some_and(|media| media == "application/json" || media.ends_with("+json"));
        let looks_json = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['));
        let parsed = (is_json || looks_json).then(|| serde_json::from_slice::<Value>(bytes));
        let body = match parsed {
            Some(Ok(value)) => {
                let repeated = repeated_name(bytes).map(|(name, _)| self.vault().redact(&name));
                record.broken_json = repeated.map(|name| format!("`{name}` appears twice in one object"));
                Body::Json(value)
            }
            Some(Err(error)) => {
                record.broken_json = is_json.then(|| error.to_string());
                Body::Text(String::from_utf8_lossy(bytes).into_owned())
            }
            None => Body::Text(String::from_utf8_lossy(bytes).into_owned()),
        };
        record.body = Some(self.vault().received(body));
        record
    }
}
