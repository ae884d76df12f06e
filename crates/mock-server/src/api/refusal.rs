//! Turns a refusal into an answer: Okta's error envelope with its status.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::answer::{Answer, full_body};
use super::header_set::HeaderSet;
use crate::rules::behaviour::Rule;
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::oauth::{OauthError, OauthErrorCode};

/// The refusal of a handler. The edge turns it into an envelope with an error id.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// An Okta error, in its envelope.
    Okta(Box<OktaError>),
    /// An error of an OAuth 2.0 endpoint (RFC 6749, 5.2), with the nonce that the client needs, if it does.
    Oauth(Box<OauthError>, Option<String>),
    /// A refused access token: no body, but a challenge (docs).
    Challenge {
        /// The rule that refused it.
        error: Box<OktaError>,
        /// The status.
        status: StatusCode,
        /// The value of WWW-Authenticate.
        challenge: String,
    },
}

impl From<OauthError> for Refusal {
    fn from(error: OauthError) -> Self {
        Self::Oauth(Box::new(error), None)
    }
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
    /// Returns the rule that the refusal rests on.
    pub(super) const fn rule(&self) -> &'static Rule {
        match self {
            Self::Okta(error) | Self::Challenge { error, .. } => error.rule,
            Self::Oauth(error, _) => error.rule,
        }
    }

    /// Returns the code, for the log.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Okta(error) | Self::Challenge { error, .. } => error.code.as_str(),
            Self::Oauth(error, _) => error.code.as_str(),
        }
    }

    /// Returns the summary, and the causes.
    pub(super) fn texts(&self) -> (&str, &[Cow<'static, str>]) {
        match self {
            Self::Okta(error) | Self::Challenge { error, .. } => (&error.summary, &error.causes),
            Self::Oauth(error, _) => (&error.description, &[]),
        }
    }

    /// Returns the status of the answer.
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Okta(error) => status(error.code),
            Self::Oauth(error, _) => oauth_status(error.code),
            Self::Challenge { status, .. } => *status,
        }
    }

    /// Returns the answer of a call of the control plane.
    pub(super) fn control_answer(self, error_id: [u8; 16]) -> Answer {
        match self {
            Self::Okta(error) | Self::Challenge { error, .. } => {
                with_status(&error, control_envelope_json(&error, error_id))
            }
            Self::Oauth(..) => self.answer(error_id),
        }
    }

    /// Returns the answer with its headers.
    pub(crate) fn answer(self, error_id: [u8; 16]) -> Answer {
        match self {
            Self::Okta(error) => with_status(&error, envelope_json(&error, error_id)),
            Self::Oauth(error, nonce) => {
                let body = match error.code {
                    OauthErrorCode::UnknownClient => unknown_client_json(&error, error_id),
                    _ => oauth_json(&error),
                };
                let answer = Answer::new(HeaderSet::Json, full_body(body));
                let answer = answer.with_status(oauth_status(error.code));
                match nonce.and_then(|nonce| HeaderValue::try_from(nonce).ok()) {
                    Some(nonce) => answer.with_header(DPOP_NONCE, nonce),
                    None => answer,
                }
            }
            Self::Challenge { challenge, status, .. } => {
                let answer = Answer::new(HeaderSet::NoContent, full_body("")).with_status(status);
                match HeaderValue::from_str(&challenge) {
                    Ok(value) => answer.with_header(header::WWW_AUTHENTICATE, value),
                    Err(_) => answer,
                }
            }
        }
    }
}

fn with_status(error: &OktaError, body: Vec<u8>) -> Answer {
    Answer::new(header_set(error.code), full_body(body)).with_status(status(error.code))
}

/// The header with the nonce for DPoP proofs (RFC 9449, 8).
pub(super) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

#[derive(Serialize)]
struct OauthErrorBody<'a> {
    error: &'static str,
    error_description: &'a str,
}

fn oauth_json(error: &OauthError) -> Vec<u8> {
    let body = OauthErrorBody { error: error.code.as_str(), error_description: &error.description };
    super::render::to_json(&body)
}

/// Returns the envelope of an unknown client id (issue).
fn unknown_client_json(error: &OauthError, error_id: [u8; 16]) -> Vec<u8> {
    let code = error.code.as_str();
    super::render::to_json(&Envelope {
        error_code: code,
        error_summary: &error.description,
        error_link: code,
        error_id: &error_id_text(error_id),
        error_causes: Vec::new(),
        rule: None,
    })
}

fn error_id_text(error_id: [u8; 16]) -> String {
    format!("oae{}", URL_SAFE_NO_PAD.encode(error_id))
}

/// Returns the status of an OAuth error (Okta's table of OAuth errors).
const fn oauth_status(code: OauthErrorCode) -> StatusCode {
    match code {
        OauthErrorCode::InvalidClient | OauthErrorCode::SeveralCredentials => StatusCode::UNAUTHORIZED,
        OauthErrorCode::PathUnknown => StatusCode::NOT_FOUND,
        OauthErrorCode::UnknownClient
        | OauthErrorCode::InvalidRequest
        | OauthErrorCode::InvalidScope
        | OauthErrorCode::ConsentRequired
        | OauthErrorCode::UnsupportedGrantType
        | OauthErrorCode::UseDpopNonce
        | OauthErrorCode::InvalidDpopProof
        | OauthErrorCode::InvalidClientMetadata => StatusCode::BAD_REQUEST,
    }
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
        error_id: &error_id_text(error_id),
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
        ErrorCode::RoleAssigned => StatusCode::CONFLICT,
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
