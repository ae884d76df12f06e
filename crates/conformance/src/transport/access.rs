//! The token of a run, and the proofs of a token that is bound to a key (DPoP, RFC 9449).

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};

use crate::credential::Token;
use crate::error::RunError;
use crate::service_app::{Binding, ProofKey};

/// The header with a proof (RFC 9449, 4.1).
pub(super) const DPOP: HeaderName = HeaderName::from_static("dpop");

/// A token, and the key that it is bound to.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) token: Token,
    pub(crate) proof_key: Option<Arc<ProofKey>>,
}

impl Access {
    /// Access with a token that is not bound to a key.
    pub(crate) fn with(token: Token) -> Self {
        Self { token, proof_key: None }
    }

    /// The proof for a request with these headers, if the token is bound and the request uses it.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub(super) fn proof(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<Option<HeaderValue>, RunError> {
        let own = format!("{} {}", self.token.scheme.word(), self.token.secret);
        let uses_own = headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes() == own.as_bytes());
        match &self.proof_key {
            Some(key) if uses_own => {
                let proof = key.proof(method.as_str(), url.as_str(), Binding::Token(&self.token.secret))?;
                header(&proof).map(Some)
            }
            _ => Ok(None),
        }
    }
}

/// A proof as the value of a header.
///
/// # Errors
/// If it contains a character that no header may have.
pub(super) fn header(proof: &str) -> Result<HeaderValue, RunError> {
    HeaderValue::try_from(proof).map_err(|_| RunError::Internal("a proof is not a header value".to_owned()))
}
