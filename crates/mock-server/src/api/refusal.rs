//! Turns a refusal into an answer: Okta's error envelope with its status.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::answer::{Answer, full_body};
use super::header_set::HeaderSet;
use crate::rules::error::{ErrorCode, OktaError};

/// The refusal of a handler. The edge turns it into an envelope with an error id.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// An Okta error, in its envelope.
    Okta(Box<OktaError>),
    /// An error of an OAuth 2.0 endpoint (RFC 6749, 5.2).
    Oauth(Box<OktaError>),
    /// A refused access token: no body, but a challenge (docs).
    Challenge {
        /// The rule that refused it.
        error: Box<OktaError>,
        /// The value of WWW-Authenticate.
        challenge: String,
    },
}

impl From<OktaError> for Refusal {
    fn from(error: OktaError) -> Self {
        Self::Okta(Box::new(error))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    error_code: &'a str,
    error_summary: &'a str,
    error_link: &'a str,
    error_id: &'a str,
    error_causes: Vec<Cause<'a>>,
    /// The rule that refused, in errors of the control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cause<'a> {
    error_summary: &'a str,
}

impl Refusal {
    /// Returns the error, with the rule that it rests on.
    pub(crate) fn error(&self) -> &OktaError {
        match self {
            Self::Okta(error) | Self::Oauth(error) | Self::Challenge { error, .. } => error,
        }
    }

    /// Returns the answer of a call of the control plane.
    pub(super) fn control_answer(self, error_id: [u8; 16]) -> Answer {
        with_status(self.error(), control_envelope_json(self.error(), error_id))
    }

    /// Returns the answer with its headers.
    pub(crate) fn answer(self, error_id: [u8; 16]) -> Answer {
        match self {
            Self::Okta(error) => with_status(&error, envelope_json(&error, error_id)),
            Self::Oauth(error) => with_status(&error, oauth_json(&error)),
            Self::Challenge { challenge, .. } => {
                let answer = Answer::new(HeaderSet::NoContent, full_body(""));
                let answer = answer.with_status(StatusCode::UNAUTHORIZED);
                match HeaderValue::from_str(&challenge) {
                    Ok(value) => answer.with_header(header::WWW_AUTHENTICATE, value),
                    Err(_) => answer,
                }
            }
        }
    }
}

/// Returns the status of an error.
pub(super) fn status_of(error: &OktaError) -> StatusCode {
    status(error.code)
}

fn with_status(error: &OktaError, body: Vec<u8>) -> Answer {
    Answer::new(header_set(error.code), full_body(body)).with_status(status(error.code))
}

#[derive(Serialize)]
struct OauthError<'a> {
    error: &'static str,
    error_description: &'a str,
}

fn oauth_json(error: &OktaError) -> Vec<u8> {
    super::render::to_json(&OauthError { error: "invalid_request", error_description: &error.summary })
}

/// Returns the envelope alone, for refusals without a request.
pub(crate) fn envelope_json(error: &OktaError, error_id: [u8; 16]) -> Vec<u8> {
    envelope(error, error_id, None)
}

/// Returns the envelope of the control plane, which names the rule that refused.
pub(super) fn control_envelope_json(error: &OktaError, error_id: [u8; 16]) -> Vec<u8> {
    envelope(error, error_id, Some(error.rule.name))
}

fn envelope(error: &OktaError, error_id: [u8; 16], rule: Option<&str>) -> Vec<u8> {
    let code = error.code.as_str();
    let envelope = Envelope {
        error_code: code,
        error_summary: &error.summary,
        error_link: code,
        error_id: &format!("oae{}", URL_SAFE_NO_PAD.encode(error_id)),
        error_causes: error.causes.iter().map(|cause| Cause { error_summary: cause }).collect(),
        rule,
    };
    super::render::to_json(&envelope)
}

/// Returns the status of an error code (Okta's error-code table).
const fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::ApiValidationFailed
        | ErrorCode::MalformedBody
        | ErrorCode::MediaTypeNotSet
        | ErrorCode::NotAcceptable
        | ErrorCode::BadRequest
        | ErrorCode::UnsupportedMediaType
        | ErrorCode::InvalidPaging
        | ErrorCode::InvalidSearchCriteria => StatusCode::BAD_REQUEST,
        ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        ErrorCode::InvalidSession | ErrorCode::AccessDenied | ErrorCode::DeleteForbidden => {
            StatusCode::FORBIDDEN
        }
        ErrorCode::ResourceNotFound | ErrorCode::PathNotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotSupported => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::RateLimitExceeded => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::ReadOnlyMode => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Returns the header set of an error code (recorded).
const fn header_set(code: ErrorCode) -> HeaderSet {
    match code {
        ErrorCode::MethodNotSupported | ErrorCode::NotAcceptable => HeaderSet::Container,
        ErrorCode::RateLimitExceeded => HeaderSet::RateLimited,
        _ => HeaderSet::Json,
    }
}
