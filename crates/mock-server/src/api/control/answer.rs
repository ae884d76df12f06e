//! Answers of the control plane, and the reading of its bodies.

use bytes::Bytes;
use http::HeaderValue;
use http::header;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use super::super::answer::{Answer, full_body};
use super::super::body::JsonBody;
use super::super::header_set::HeaderSet;
use super::super::render::to_json;
use crate::rules::behaviour::Rule;
use crate::rules::error::{OktaError, echo};

/// Returns an answer with this JSON.
pub(super) fn json_answer(value: &impl Serialize) -> Answer {
    with_type(to_json(value), "application/json")
}

/// Returns an answer with this JSON text.
pub(super) fn json_text(text: &'static str) -> Answer {
    with_type(text, "application/json")
}

/// Returns an answer with a body of this media type. Browsers take it for nothing else: it repeats texts of
/// clients.
pub(super) fn with_type(body: impl Into<Bytes>, media_type: &'static str) -> Answer {
    Answer::new(HeaderSet::None, full_body(body))
        .with_header(header::CONTENT_TYPE, HeaderValue::from_static(media_type))
        .with_header(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
}

/// Returns an answer without a body.
pub(super) fn no_content() -> Answer {
    Answer::new(HeaderSet::None, full_body("")).with_status(http::StatusCode::NO_CONTENT)
}

/// Reads a member that may be absent, but is not null.
pub(super) fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Reads a body into a type that names its members.
///
/// # Errors
/// E0000003 for a body that is no JSON object; E0000001 for a member that is unknown, missing or of the
/// wrong type.
pub(super) fn read<T: DeserializeOwned>(body: &JsonBody, rule: &'static Rule) -> Result<T, OktaError> {
    // Duplicate names are refused here; the deserializer would take the last one.
    body.object()?;
    serde_json::from_slice(body.bytes()).map_err(|error| {
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
        OktaError::validation(rule, "body", format!("body: {}", echo(&reason)))
    })
}
