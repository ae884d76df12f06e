//! Access tokens: issue, and the facts for their check.

use std::sync::Arc;

use super::clients::ClientApp;
use super::random::KeySeed;
use super::signing::{NoKey, SigningKey, SigningKeys};
use super::state::Org;
use crate::rules::identifier::{KeyId, Seconds};
use crate::rules::oauth::claims::{Confirmation, LIFETIME};
use crate::rules::oauth::{AccessTokenClaims, OauthError, TokenRequest, assertion, proof};

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;
/// Days for which an earlier nonce is still accepted (docs: three).
const NONCE_DAYS: i64 = 3;

/// A token to be signed: its claims, and what the answer says of it.
pub(crate) struct IssuedToken {
    /// The claims, as JSON.
    pub(crate) claims: Vec<u8>,
    /// The scopes, separated by spaces.
    pub(crate) scope: String,
    /// True if the token is bound to a key.
    pub(crate) is_bound: bool,
}

/// The facts of a token request that was authenticated.
pub(crate) struct TokenFacts<'a> {
    /// The client.
    pub(crate) client: &'a ClientApp,
    /// The URL of the org, as the client calls it.
    pub(crate) issuer: &'a str,
    /// The thumbprint of the proof's key.
    pub(crate) bound_to: Option<String>,
}

/// The key of access tokens: its id, and how to get it.
pub(crate) struct TokenKey {
    pinned: Option<Arc<SigningKey>>,
    id: KeyId,
    keys: Arc<SigningKeys>,
    seed: KeySeed,
}

impl TokenKey {
    /// Returns the id.
    pub(crate) fn id(&self) -> KeyId {
        self.pinned.as_ref().map_or(self.id, |key| key.id)
    }

    /// Returns the key if it was generated.
    pub(crate) fn get(&self) -> Option<Arc<SigningKey>> {
        self.pinned.clone().or_else(|| self.keys.get(self.id))
    }

    /// Returns the key. Generates it if it is missing, which takes a part of a second.
    ///
    /// # Errors
    /// If no key is found. Not seen in practice.
    pub(crate) fn get_or_generate(&self) -> Result<Arc<SigningKey>, NoKey> {
        match self.get() {
            Some(key) => Ok(key),
            None => self.keys.get_or_generate(self.id, &self.seed),
        }
    }
}

impl Org {
    /// Returns the key of access tokens.
    pub(crate) fn token_key(&self) -> TokenKey {
        let id = self.random.token_key();
        TokenKey {
            pinned: self.token_key.clone(),
            id,
            keys: self.signing_keys.clone(),
            seed: self.random.key_seed(id),
        }
    }

    /// Returns the nonce for DPoP proofs.
    pub(crate) fn dpop_nonce(&self) -> String {
        self.random.nonce(self.clock.now().0.div_euclid(DAY))
    }

    /// Returns true if the org gave out this nonce today, or in the three days before (docs).
    pub(crate) fn is_dpop_nonce(&self, nonce: &str) -> bool {
        let today = self.clock.now().0.div_euclid(DAY);
        (today - NONCE_DAYS..=today).any(|day| self.random.nonce(day) == nonce)
    }

    /// Records the use of an assertion.
    ///
    /// # Errors
    /// invalid_client, if it was used before.
    pub(crate) fn use_assertion(&mut self, client: &str, id: &str, until: Seconds) -> Result<(), OauthError> {
        let now = self.clock.now();
        let is_new = self.used.record(&format!("client {client}"), id, until, now);
        if is_new { Ok(()) } else { Err(assertion::already_used()) }
    }

    /// Records the use of a proof.
    ///
    /// # Errors
    /// invalid_dpop_proof, if it was used before.
    pub(crate) fn use_proof(&mut self, thumbprint: &str, id: &str, until: Seconds) -> Result<(), OauthError> {
        let now = self.clock.now();
        let is_new = self.used.record(&format!("key {thumbprint}"), id, until, now);
        if is_new { Ok(()) } else { Err(proof::already_used()) }
    }

    /// Returns a new token for the granted scopes of a request.
    ///
    /// # Errors
    /// As [`TokenRequest::scopes`].
    pub(crate) fn issue_token(
        &mut self,
        request: &TokenRequest<'_>,
        facts: TokenFacts<'_>,
    ) -> Result<IssuedToken, OauthError> {
        let scopes = request.scopes(|scope| facts.client.client.is_granted(scope))?;
        let now = self.clock.now();
        let client = facts.client.id.as_str();
        let scope = scopes.join(" ");
        let is_bound = facts.bound_to.is_some();
        let claims = AccessTokenClaims {
            ver: 1,
            jti: self.random.token_id(client),
            iss: facts.issuer,
            aud: facts.issuer,
            sub: client,
            iat: now.0,
            exp: now.plus(LIFETIME).0,
            cid: client,
            scp: scopes,
            cnf: facts.bound_to.map(|jkt| Confirmation { jkt }),
        };
        Ok(IssuedToken { claims: serde_json::to_vec(&claims).unwrap_or_default(), scope, is_bound })
    }
}
