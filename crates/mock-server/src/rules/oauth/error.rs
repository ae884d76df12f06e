//! Errors of OAuth 2.0 endpoints (RFC 6749, 5.2).

use std::borrow::Cow;

use crate::rules::behaviour::Rule;
use crate::rules::error::{ErrorCode, OktaError};

/// The `error` of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OauthErrorCode {
    /// The client could not be authenticated.
    InvalidClient,
    /// The client id is not one of the org's. Okta answers this in its own envelope (issue).
    UnknownClient,
    /// The request is malformed.
    InvalidRequest,
    /// The request has more than one client credential.
    SeveralCredentials,
    /// A scope is missing or cannot be requested.
    InvalidScope,
    /// No requested scope is granted to the client.
    ConsentRequired,
    /// The grant type is not supported.
    UnsupportedGrantType,
    /// The proof needs a nonce.
    UseDpopNonce,
    /// The DPoP proof is missing or invalid.
    InvalidDpopProof,
    /// A member of a client is invalid (RFC 7591, 3.2.2).
    InvalidClientMetadata,
    /// The path does not exist.
    PathUnknown,
}

impl OauthErrorCode {
    /// Returns the code as it is answered.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidClient | Self::UnknownClient => "invalid_client",
            Self::InvalidRequest | Self::SeveralCredentials | Self::PathUnknown => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::ConsentRequired => "consent_required",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::InvalidClientMetadata => "invalid_client_metadata",
        }
    }
}

/// A refusal of an OAuth 2.0 endpoint.
#[derive(Clone, Debug)]
pub(crate) struct OauthError {
    /// The `error`.
    pub(crate) code: OauthErrorCode,
    /// The `error_description`.
    pub(crate) description: Cow<'static, str>,
    /// The entry of the rule book that this refusal rests on.
    pub(crate) rule: &'static Rule,
}

impl OauthError {
    /// Creates a refusal.
    pub(crate) fn new(
        rule: &'static Rule,
        code: OauthErrorCode,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        rule.apply();
        Self { code, description: description.into(), rule }
    }

    /// Creates the refusal of a client that could not be authenticated.
    pub(crate) fn client(rule: &'static Rule, description: &'static str) -> Self {
        Self::new(rule, OauthErrorCode::InvalidClient, description)
    }

    /// Creates the refusal of a DPoP proof.
    pub(crate) fn proof(rule: &'static Rule, description: &'static str) -> Self {
        Self::new(rule, OauthErrorCode::InvalidDpopProof, description)
    }
}

impl From<OktaError> for OauthError {
    /// Turns a refused member into `invalid_client_metadata`, with the texts of the OpenAPI document.
    fn from(error: OktaError) -> Self {
        let cause = error.causes.into_iter().next().unwrap_or(error.summary);
        let description = match (error.code, cause.split_once(": The field cannot be left blank")) {
            (ErrorCode::ApiValidationFailed, Some((member, _))) => {
                format!("`{member}`: The field can't be left blank.").into()
            }
            _ => cause,
        };
        Self { code: OauthErrorCode::InvalidClientMetadata, description, rule: error.rule }
    }
}
