//! DPoP proofs (RFC 9449).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::error::{OauthError, OauthErrorCode};
use crate::rules::behaviour as rule;
use crate::rules::identifier::Seconds;
use crate::rules::jose::{Jws, VerifyingKey};

/// A proof with a valid signature.
#[derive(Debug)]
pub(crate) struct Proof<'a> {
    jws: Jws<'a>,
    /// The thumbprint of its key.
    pub(crate) thumbprint: String,
}

/// The request that a proof is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProvenRequest<'a> {
    /// The method.
    pub(crate) method: &'a str,
    /// The org's time.
    pub(crate) now: Seconds,
}

/// Seconds after which a proof is too old (docs).
const MAX_AGE: i64 = 300;

/// Members of a JSON Web Key that are private (RFC 7518, 6.2.2, 6.3.2, 6.4).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl<'a> Proof<'a> {
    /// Parses a proof and checks its form and signature.
    ///
    /// # Errors
    /// invalid_dpop_proof.
    pub(crate) fn parse(text: &'a str) -> Result<Self, OauthError> {
        let refuse = OauthError::proof;
        let jws = Jws::parse(text)
            .ok_or_else(|| refuse(&rule::PROOF_UNREADABLE, "The DPoP proof JWT cannot be parsed."))?;
        if jws.header("typ") != Some("dpop+jwt") {
            return Err(refuse(&rule::PROOF_TYPE, "'typ' must be 'dpop+jwt' in the DPoP proof JWT."));
        }
        if jws.algorithm().is_none() {
            return Err(refuse(&rule::PROOF_ALGORITHM, "The DPoP proof JWT signature algorithm is invalid."));
        }
        let is_public = |key: &&serde_json::Map<String, Value>| {
            PRIVATE_MEMBERS.iter().all(|member| !key.contains_key(*member))
        };
        let key = jws.header_key().filter(is_public).and_then(VerifyingKey::from_json);
        let key = key.ok_or_else(|| refuse(&rule::PROOF_KEY, "The DPoP proof JWT is invalid."))?;
        if !jws.is_signed_by(&key) {
            return Err(refuse(&rule::PROOF_SIGNATURE, "The DPoP proof JWT signature is invalid."));
        }
        Ok(Self { thumbprint: key.thumbprint(), jws })
    }

    /// Checks that the proof is for this request and this time. `is_url` tells whether a text is the URL of
    /// the request without query and fragment.
    ///
    /// # Errors
    /// invalid_dpop_proof.
    pub(crate) fn check_request(
        &self,
        request: ProvenRequest<'_>,
        is_url: impl Fn(&str) -> bool,
    ) -> Result<(), OauthError> {
        let refuse = |rule, description| Err(OauthError::proof(rule, description));
        if self.jws.claim("htm") != Some(request.method) {
            return refuse(&rule::PROOF_METHOD, "'htm' claim in the DPoP proof JWT is invalid.");
        }
        if !self.jws.claim("htu").is_some_and(is_url) {
            return refuse(&rule::PROOF_URL, "'htu' claim in the DPoP proof JWT is invalid.");
        }
        let now = request.now.0;
        let Some(issued) = self.jws.time("iat") else {
            return refuse(&rule::PROOF_WITHOUT_TIME, "'iat' claim in the DPoP proof JWT is invalid.");
        };
        if issued > now {
            return refuse(&rule::PROOF_FUTURE, "The DPoP proof JWT is issued in the future.");
        }
        if issued < now - MAX_AGE {
            let description = "The DPoP proof JWT is issued more than five minutes in the past.";
            return refuse(&rule::PROOF_OLD, description);
        }
        if self.jws.claims.contains_key("exp") && self.jws.time("exp").is_none_or(|expires| expires <= now) {
            return refuse(&rule::PROOF_EXPIRED, "The DPoP proof JWT is expired.");
        }
        Ok(())
    }

    /// Returns true if the proof has a nonce.
    pub(crate) fn has_nonce(&self) -> bool {
        self.jws.claims.contains_key("nonce")
    }

    /// Checks the nonce. `is_valid` tells whether the org gave it out lately.
    ///
    /// # Errors
    /// use_dpop_nonce.
    pub(crate) fn check_nonce(&self, is_valid: impl Fn(&str) -> bool) -> Result<(), OauthError> {
        match self.jws.claim("nonce").is_some_and(is_valid) {
            true => Ok(()),
            false => Err(OauthError::new(
                &rule::PROOF_NONCE,
                OauthErrorCode::UseDpopNonce,
                "Authorization server requires nonce in DPoP proof.",
            )),
        }
    }

    /// Returns `jti` and the time until which it has to be remembered.
    ///
    /// # Errors
    /// invalid_dpop_proof, if it is missing.
    pub(crate) fn single_use(&self) -> Result<(&str, Seconds), OauthError> {
        let id = self.jws.claim("jti").filter(|id| !id.is_empty()).ok_or_else(|| {
            OauthError::proof(&rule::PROOF_WITHOUT_ID, "'jti' claim in the DPoP proof JWT is invalid.")
        })?;
        Ok((id, Seconds(self.jws.time("iat").unwrap_or_default()).plus(MAX_AGE + 1)))
    }

    /// Checks that the proof belongs to a token that is bound to this thumbprint.
    ///
    /// # Errors
    /// invalid_dpop_proof.
    pub(crate) fn check_token(&self, token: &str, bound_to: &str) -> Result<(), OauthError> {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(token));
        if self.jws.claim("ath") != Some(&hash) {
            let description = "'ath' claim in the DPoP proof does not match the presented access_token.";
            return Err(OauthError::proof(&rule::PROOF_TOKEN_HASH, description));
        }
        if self.thumbprint != bound_to {
            let description = "The access_token is not bound to the provided DPoP proof.";
            return Err(OauthError::proof(&rule::PROOF_OTHER_KEY, description));
        }
        Ok(())
    }
}

/// Returns the refusal of a request without a proof.
pub(crate) fn missing() -> OauthError {
    OauthError::proof(&rule::PROOF_MISSING, "The DPoP proof JWT header is missing.")
}

/// Returns the refusal of a request with several proofs.
pub(crate) fn several() -> OauthError {
    OauthError::proof(&rule::PROOF_SEVERAL, "Multiple DPoP proof JWT headers are not allowed.")
}

/// Returns the refusal of a proof that was used before.
pub(crate) fn already_used() -> OauthError {
    OauthError::proof(&rule::PROOF_USED, "The DPoP proof JWT has already been used.")
}
