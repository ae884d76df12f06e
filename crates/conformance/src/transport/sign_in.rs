//! Requests the token of a service app, with a DPoP proof if the org asks for one.

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;

use super::access::{Access, DPOP, header};
use super::client::{SendError, Transport};
use crate::credential::{Scheme, Token};
use crate::effect::TOKEN_PATH;
use crate::error::{RunError, one_line};
use crate::exchange::{Body, ResponseRecord};
use crate::service_app::{Binding, ProofKey, ServiceApp};
use crate::setting::Setting;

impl Transport {
    /// Requests a token.
    ///
    /// # Errors
    /// With the org's reason, if it refuses.
    pub(crate) async fn sign_in(&self, app: &ServiceApp) -> Result<Access, RunError> {
        let mut url = self.base().clone();
        url.set_path(TOKEN_PATH);
        let key = ProofKey::generate()?;
        let mut proof = Proof::None;
        loop {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            if let Some(binding) = proof.binding() {
                headers.insert(DPOP, header(&key.proof("POST", url.as_str(), binding)?)?);
            }
            // Each request needs an assertion of its own: the org accepts one once.
            let form = app.form(url.as_str())?;
            let sent = self.exchange(Method::POST, url.clone(), headers, Some(form)).await;
            let answer = sent.map_err(|error| self.unanswered(&error))?.response;
            let body = answer.body.as_ref().map(Body::value).unwrap_or_default();
            if answer.status == 200 {
                let secret = body["access_token"].as_str().ok_or_else(|| self.refused(&answer, &body))?;
                let is_bound = body["token_type"] == "DPoP";
                let scheme = if is_bound { Scheme::BoundToken } else { Scheme::AccessToken };
                // The record of an answer contains no secrets.
                let token = Token { scheme, secret: self.vault().reveal(secret) };
                return Ok(Access { token, proof_key: is_bound.then(|| Arc::new(key)) });
            }
            proof = match (proof, body["error"].as_str(), answer.header("dpop-nonce")) {
                (Proof::None, Some("invalid_dpop_proof"), _) => Proof::WithoutNonce,
                (Proof::None | Proof::WithoutNonce, Some("use_dpop_nonce"), Some(nonce)) => {
                    Proof::WithNonce(nonce.to_owned())
                }
                _ => return Err(self.refused(&answer, &body)),
            };
        }
    }

    fn unanswered(&self, error: &SendError) -> RunError {
        let (SendError::Refused(reason) | SendError::Invalid(reason) | SendError::Failed(reason)) = error;
        RunError::target(format!("no token from {}: {reason}", self.base()))
    }

    fn refused(&self, answer: &ResponseRecord, body: &Value) -> RunError {
        let reason =
            body["error_description"].as_str().or(body["errorSummary"].as_str()).unwrap_or("no reason");
        let text = format!(
            "{} gave no token to the service app: {} {}",
            self.base().origin().ascii_serialization(),
            answer.status,
            one_line(reason)
        );
        RunError::target(text).solved_by([Setting::Credential])
    }
}

/// The proof of the next token request.
enum Proof {
    None,
    WithoutNonce,
    WithNonce(String),
}

impl Proof {
    fn binding(&self) -> Option<Binding<'_>> {
        match self {
            Self::None => None,
            Self::WithoutNonce => Some(Binding::Nothing),
            Self::WithNonce(nonce) => Some(Binding::Nonce(nonce)),
        }
    }
}
