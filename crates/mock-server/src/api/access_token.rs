//! Access tokens at the API: signature, expiry, binding, scope and role.

use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode, header};

use super::MockOrg;
use super::authentication::{Caller, Challenge};
use super::origin::Origin;
use super::refusal::Refusal;
use crate::rules::behaviour as rule;
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::jose::Jws;
use crate::rules::oauth::proof::{Proof, ProvenRequest};
use crate::rules::oauth::{AccessToken, OauthError, Scope, proof};

/// The header with a proof (RFC 9449, 4.1).
const DPOP: HeaderName = HeaderName::from_static("dpop");

/// The type of Okta's access tokens (recorded).
pub(super) const TOKEN_TYPE: &str = "application/okta-internal-at+jwt";

/// The scheme under which a token was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenScheme {
    /// Bearer (RFC 6750)
    Bearer,
    /// DPoP (RFC 9449)
    Dpop,
}

impl TokenScheme {
    /// Returns the scheme as it stands in a challenge.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}

/// Generates the key of access tokens before a request with one is checked, if it is missing. It takes a part of
/// a second, so it does not happen under the org's lock.
pub(super) async fn prepare(org: &MockOrg, headers: &HeaderMap) {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return };
    let Some(token) = value.to_str().ok().and_then(|value| value.split_once(' ')).map(|(_, token)| token)
    else {
        return;
    };
    if !looks_like_a_token(token) {
        return;
    }
    let key = org.lock().token_key();
    if key.get().is_some() {
        return;
    }
    if Jws::parse(token).is_some_and(|jws| jws.header("kid") == Some(&key.id().to_string())) {
        // A failure shows in the check of the token.
        let _ = tokio::task::spawn_blocking(move || key.get_or_generate().is_ok()).await;
    }
}

/// Returns true for a text that may be an access token of Okta's, not an opaque one.
pub(super) fn looks_like_a_token(token: &str) -> bool {
    token.starts_with("eyJ") || token.contains('.')
}

/// Checks an access token, and returns its client.
///
/// # Errors
/// 401 for a token that is not valid, 400 for a proof that is not, 403 without the scope or the role.
pub(super) fn check(
    parts: &Parts,
    scope: Option<Scope>,
    origin: &Origin,
    org: &MockOrg,
    scheme: TokenScheme,
    token: &str,
) -> Result<Caller, Refusal> {
    let challenge = Challenge { parts, origin, scope, scheme: scheme.as_str() };
    let invalid = |rule, text| challenge.refuse(rule, StatusCode::UNAUTHORIZED, "invalid_token", text);
    let unknown = || invalid(&rule::ACCESS_TOKEN_INVALID, "The access token is invalid.");
    let jws = Jws::parse(token).ok_or_else(unknown)?;
    let key = org.lock().token_key();
    let is_of_org = jws.header("typ") == Some(TOKEN_TYPE) && jws.header("kid") == Some(&key.id().to_string());
    let is_signed = || key.get().is_some_and(|key| jws.is_signed_by(&key.verifying_key()));
    if !(is_of_org && is_signed()) {
        return Err(unknown());
    }
    let access = AccessToken::from_claims(&jws).ok_or_else(unknown)?;
    let (now, client) = {
        let org = org.lock();
        (org.clock.now(), org.active_client(&access.client))
    };
    let client = client.ok_or_else(unknown)?;
    if access.is_expired(now) {
        return Err(invalid(&rule::ACCESS_TOKEN_EXPIRED, "The token has expired."));
    }
    let proofs: Vec<_> = parts.headers.get_all(DPOP).iter().collect();
    let bad_request = |rule, text| challenge.refuse(rule, StatusCode::BAD_REQUEST, "invalid_request", text);
    match (scheme, &access.bound_to) {
        (TokenScheme::Bearer, None) => {}
        (TokenScheme::Dpop, None) => {
            let text = "The presented access_token is not DPoP bound.";
            return Err(invalid(&rule::ACCESS_TOKEN_NOT_BOUND, text));
        }
        (TokenScheme::Bearer, Some(_)) if !proofs.is_empty() => {
            let text =
                "The resource request must use the DPoP authentication scheme when using a DPoP bound token.";
            return Err(bad_request(&rule::ACCESS_TOKEN_NEEDS_SCHEME, text));
        }
        (_, Some(_)) if proofs.is_empty() => {
            let text = "The resource request requires a DPoP proof.";
            return Err(bad_request(&rule::ACCESS_TOKEN_NEEDS_PROOF, text));
        }
        (_, Some(bound_to)) => {
            let refuse = |error: OauthError| {
                challenge.refuse(error.rule, StatusCode::BAD_REQUEST, error.code.as_str(), &error.description)
            };
            let proof = only_proof(&parts.headers).and_then(|text| Proof::parse(text.unwrap_or("")));
            let proof = proof.map_err(refuse)?;
            let request = ProvenRequest { method: parts.method.as_str(), now };
            let path = parts.uri.path();
            proof.check_request(request, |url| origin.is_url_of(url, path)).map_err(refuse)?;
            proof.check_token(token, bound_to).map_err(refuse)?;
            let (id, until) = proof.single_use().map_err(refuse)?;
            org.lock().use_proof(&proof.thumbprint, id, until).map_err(refuse)?;
        }
    }
    if let Some(scope) = scope {
        if !access.allows(scope, |granted| client.client.is_granted(granted)) {
            let text = "The access token provided does not contain the required scopes.";
            let rule = &rule::ACCESS_TOKEN_SCOPE;
            return Err(challenge.refuse(rule, StatusCode::FORBIDDEN, "insufficient_scope", text));
        }
        if !client.client.may(scope) {
            return Err(OktaError::new(&rule::ACCESS_TOKEN_ROLE, ErrorCode::AccessDenied).into());
        }
        rule::ACCESS_TOKEN_ROLE_TABLE.apply();
    }
    Ok(Caller::Client(client.id))
}

/// Returns the proof of a request, if it has one.
///
/// # Errors
/// invalid_dpop_proof, if it has several, or one that is not text.
pub(super) fn only_proof(headers: &HeaderMap) -> Result<Option<&str>, OauthError> {
    let mut values = headers.get_all(DPOP).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => Ok(Some(value.to_str().unwrap_or(""))),
        (Some(_), Some(_)) => Err(proof::several()),
    }
}
