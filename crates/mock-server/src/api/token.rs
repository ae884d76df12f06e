//! `/oauth2/v1/token`: access tokens for service apps.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use serde::Serialize;
use serde_json::{Value, json as value};
use url::Url;

use super::access_token::{TOKEN_TYPE, only_proof};
use super::answer::{Answer, json};
use super::call::{Call, Query};
use super::operation::{Outcome, OutcomeFuture};
use super::process::{Peer, Sender};
use super::refusal::{DPOP_NONCE, Refusal};
use super::render::to_json;
use crate::org::signing::SigningKey;
use crate::org::{ClientApp, IssuedToken, TokenFacts};
use crate::rules::behaviour as rule;
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::jose::VerifyingKey;
use crate::rules::oauth::assertion::{Assertion, ClientKeys, PublishedKey};
use crate::rules::oauth::claims::LIFETIME;
use crate::rules::oauth::client::PRIVATE_KEY_JWT;
use crate::rules::oauth::proof::{self, Proof, ProvenRequest};
use crate::rules::oauth::token_request::{Basic, ClientCredential, Credentials, TokenRequest};
use crate::rules::oauth::{OauthError, OauthErrorCode};

/// The path of the endpoint.
pub(super) const PATH: &str = "/oauth2/v1/token";

/// POST /oauth2/v1/token.
pub(super) fn issue<'a>(call: &'a Call<'_>, form: Query) -> OutcomeFuture<'a> {
    Box::pin(async move { issue_token(call, &form).await })
}

async fn issue_token(call: &Call<'_>, form: &Query) -> Outcome {
    let basic = basic_client(&call.parts.headers);
    let basic = basic.as_ref().map(|client| client.as_deref().map_or(Basic::Invalid, Basic::Client));
    let request = TokenRequest::read(Credentials { form: form.pairs(), query: call.query.pairs(), basic })?;
    let client = authenticated(call, &request).await?;
    let bound_to = proven(call, &client)?;
    let issuer = call.origin.to_string();
    let sends_nonce = bound_to.is_some();
    let (token, key, nonce) = {
        let mut org = call.org.lock();
        let facts = TokenFacts { client: &client, issuer: &issuer, bound_to };
        let token = org.issue_token(&request, facts)?;
        (token, org.token_key(), sends_nonce.then(|| org.dpop_nonce()))
    };
    let key = match key.get() {
        Some(key) => key,
        None => tokio::task::spawn_blocking(move || key.get_or_generate())
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or_else(fault)?,
    };
    rule::TOKEN_FORM.apply();
    let header = value!({"kid": key.id.to_string(), "typ": TOKEN_TYPE, "alg": "RS256"});
    let access_token = signed(&key, &header, &token.claims).ok_or_else(fault)?;
    Ok(answer(&token, access_token, nonce))
}

/// Returns the client id of a Basic credential: nothing without an Authorization header, and `None` in it for
/// any other.
fn basic_client(headers: &HeaderMap) -> Option<Option<String>> {
    let value = headers.get(header::AUTHORIZATION)?;
    let client = || {
        let (scheme, credential) = value.to_str().ok()?.split_once(' ')?;
        let text = String::from_utf8(STANDARD.decode(credential.trim()).ok()?).ok()?;
        let (client, _) = text.split_once(':')?;
        (scheme.eq_ignore_ascii_case("Basic") && !client.is_empty()).then(|| client.to_owned())
    };
    Some(client())
}

/// Authenticates the client.
async fn authenticated(call: &Call<'_>, request: &TokenRequest<'_>) -> Result<ClientApp, Refusal> {
    let find = |id: &str| {
        call.org.lock().active_client(id).ok_or_else(|| {
            let text = "Invalid value for 'client_id' parameter.";
            OauthError::new(&rule::TOKEN_CLIENT_UNKNOWN, OauthErrorCode::UnknownClient, text)
        })
    };
    let other_method = || {
        let text = "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method.";
        OauthError::client(&rule::TOKEN_OTHER_AUTHENTICATION, text)
    };
    let (assertion, client_id) = match request.credential {
        ClientCredential::Assertion { assertion, client_id } => (assertion, client_id),
        ClientCredential::Other { client_id } => {
            find(client_id)?;
            return Err(other_method().into());
        }
    };
    let assertion = Assertion::parse(assertion)?;
    let client = find(assertion.client_id(client_id)?)?;
    if !client.client.is_service() {
        let text = "Only clients with 'application_type' of 'service' may use the client_credentials 'grant_type' with the Org Authorization Server.";
        return Err(OauthError::client(&rule::TOKEN_CLIENT_TYPE, text).into());
    }
    if client.client.authentication != PRIVATE_KEY_JWT {
        return Err(other_method().into());
    }
    let keys = match client.client.assertion_keys() {
        Ok(keys) => keys,
        Err(uri) => published_keys(call, &client, uri).await?,
    };
    assertion.check_signature(&keys)?;
    let mut org = call.org.lock();
    assertion.check_claims(org.clock.now(), |url| call.origin.is_url_of(url, PATH))?;
    if let Some((id, until)) = assertion.single_use()? {
        org.use_assertion(client.id.as_str(), id, until)?;
    }
    drop(org);
    Ok(client)
}

/// Returns the keys at a `jwks_uri`, if an org of the process serves it. No other address is opened.
async fn published_keys(call: &Call<'_>, client: &ClientApp, uri: &str) -> Result<ClientKeys, OauthError> {
    let Some((url, peer)) = Url::parse(uri).ok().and_then(|url| {
        let peer = Peer::at(call.orgs, &url, &call.origin)?;
        Some((url, peer))
    }) else {
        return Ok(ClientKeys::Elsewhere);
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let sender = Sender { org: call.org, app: client.id.as_str() };
    let answer = peer.send(&sender, Method::GET, &url, headers, String::new()).await;
    let answer = answer.filter(|answer| answer.status.is_success());
    let set = answer.and_then(|answer| serde_json::from_slice::<Value>(&answer.body).ok());
    let keys = set.as_ref().and_then(|set| set.get("keys")).and_then(Value::as_array).ok_or_else(|| {
        let text = "Error retrieving the client JWKSet from jwks_uri.";
        OauthError::client(&rule::ASSERTION_KEYS_UNREADABLE, text)
    })?;
    let keys: Vec<_> = keys
        .iter()
        .filter_map(|key| {
            let members = key.as_object()?;
            let kid = members.get("kid").and_then(Value::as_str).map(Box::from);
            Some(PublishedKey { kid, key: VerifyingKey::from_json(members)? })
        })
        .collect();
    if keys.is_empty() {
        let text = "The client JWKSet from jwks_uri must contain at least one key.";
        return Err(OauthError::client(&rule::ASSERTION_KEYS_EMPTY, text));
    }
    Ok(ClientKeys::Published(keys))
}

/// Checks the proof of a request, and returns the thumbprint that the token is bound to.
fn proven(call: &Call<'_>, client: &ClientApp) -> Result<Option<String>, Refusal> {
    let is_required = client.client.is_dpop_bound;
    let text = match only_proof(&call.parts.headers) {
        Ok(Some(text)) => text,
        Ok(None) if is_required => return Err(proof::missing().into()),
        Ok(None) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let proof = Proof::parse(text);
    if !is_required && !proof.as_ref().is_ok_and(Proof::has_nonce) {
        rule::PROOF_OPTIONAL.apply();
        return Ok(None);
    }
    let proof = proof?;
    let mut org = call.org.lock();
    let request = ProvenRequest { method: call.parts.method.as_str(), now: org.clock.now() };
    proof.check_request(request, |url| call.origin.is_url_of(url, PATH))?;
    if let Err(error) = proof.check_nonce(|nonce| org.is_dpop_nonce(nonce)) {
        return Err(Refusal::Oauth(Box::new(error), Some(org.dpop_nonce())));
    }
    let (id, until) = proof.single_use()?;
    org.use_proof(&proof.thumbprint, id, until)?;
    drop(org);
    Ok(Some(proof.thumbprint))
}

/// Returns a signed token of a header and claims.
pub(super) fn signed(key: &SigningKey, header: &Value, claims: &[u8]) -> Option<String> {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(to_json(header)), URL_SAFE_NO_PAD.encode(claims));
    let signature = key.sign(message.as_bytes()).ok()?;
    Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[derive(Serialize)]
struct TokenAnswer<'a> {
    token_type: &'static str,
    expires_in: i64,
    access_token: String,
    scope: &'a str,
}

/// Returns the answer, in the recorded order.
fn answer(token: &IssuedToken, access_token: String, nonce: Option<String>) -> Answer {
    rule::TOKEN_ANSWER.apply();
    let token_type = if token.is_bound { "DPoP" } else { "Bearer" };
    let body = TokenAnswer { token_type, expires_in: LIFETIME, access_token, scope: &token.scope };
    let answer = json(to_json(&body)).with_header(ROBOTS, HeaderValue::from_static("noindex,nofollow"));
    match nonce.and_then(|nonce| HeaderValue::try_from(nonce).ok()) {
        Some(nonce) => answer.with_header(DPOP_NONCE, nonce),
        None => answer,
    }
}

/// Recorded in the answer with a token.
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

fn fault() -> OktaError {
    OktaError::new(&rule::SERVER_FAULT, ErrorCode::InternalServerError)
}
