//! Client assertions (`private_key_jwt`, RFC 7523).

use super::client::ClientKey;
use super::error::{OauthError, OauthErrorCode};
use crate::rules::behaviour as rule;
use crate::rules::identifier::Seconds;
use crate::rules::jose::{Jws, VerifyingKey};

/// An assertion whose signature was not yet checked.
#[derive(Debug)]
pub(crate) struct Assertion<'a> {
    jws: Jws<'a>,
}

/// The keys that may have signed an assertion.
#[derive(Clone, Debug)]
pub(crate) enum ClientKeys {
    /// The client has no keys.
    None,
    /// The client's own keys.
    Registered(Vec<ClientKey>),
    /// The keys that an org of this process published.
    Published(Vec<PublishedKey>),
    /// Keys at another address, which the mock never opens. Every signature is accepted.
    Elsewhere,
}

/// A key of a published key set.
#[derive(Clone, Debug)]
pub(crate) struct PublishedKey {
    /// `kid`
    pub(crate) kid: Option<Box<str>>,
    /// The key.
    pub(crate) key: VerifyingKey,
}

/// Maximum seconds from now to the expiry of an assertion (docs, issue: no leeway).
const MAX_LIFETIME: i64 = 3600;

impl<'a> Assertion<'a> {
    /// Parses an assertion.
    ///
    /// # Errors
    /// invalid_client.
    pub(crate) fn parse(text: &'a str) -> Result<Self, OauthError> {
        let jws = Jws::parse(text).ok_or_else(|| {
            OauthError::client(&rule::ASSERTION_UNREADABLE, "The parsing of the client_assertion failed.")
        })?;
        Ok(Self { jws })
    }

    /// Returns the client that made the assertion: `iss` and `sub`, and `client_id` of the form if present.
    ///
    /// # Errors
    /// invalid_client.
    pub(crate) fn client_id(&self, form: Option<&str>) -> Result<&str, OauthError> {
        let (issuer, subject) = (self.jws.claim("iss"), self.jws.claim("sub"));
        let is_empty = |text: Option<&str>| text == Some("");
        if is_empty(issuer) && is_empty(subject) {
            // Recorded of a custom authorization server.
            return Err(OauthError::new(
                &rule::ASSERTION_WITHOUT_CLIENT,
                OauthErrorCode::UnknownClient,
                "A client_id must be provided in the request.",
            ));
        }
        let issuer = issuer.filter(|issuer| form.is_none_or(|form| form == *issuer)).ok_or_else(|| {
            let description = "The issuer claim for client_assertion is not a valid client_id.";
            OauthError::client(&rule::ASSERTION_ISSUER, description)
        })?;
        match subject == Some(issuer) {
            true => Ok(issuer),
            false => Err(OauthError::client(
                &rule::ASSERTION_SUBJECT,
                "The subject claim for client_assertion is not a valid client_id.",
            )),
        }
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// invalid_client.
    pub(crate) fn check_signature(&self, keys: &ClientKeys) -> Result<(), OauthError> {
        let refuse = |rule, description| Err(OauthError::client(rule, description));
        if self.jws.algorithm().is_none() {
            let description = "The client_assertion JWT signature algorithm is invalid.";
            return refuse(&rule::ASSERTION_ALGORITHM, description);
        }
        let candidates: Vec<(Option<&str>, Option<VerifyingKey>)> = match keys {
            ClientKeys::Elsewhere => {
                rule::ASSERTION_KEYS_ELSEWHERE.apply();
                return Ok(());
            }
            ClientKeys::None => {
                let description =
                    "The client does not have a JWKSet configured, but the client_assertion requires one.";
                return refuse(&rule::ASSERTION_WITHOUT_KEYS, description);
            }
            ClientKeys::Published(keys) => {
                keys.iter().map(|key| (key.kid.as_deref(), Some(key.key.clone()))).collect()
            }
            ClientKeys::Registered(keys) => {
                keys.iter().map(|key| (key.kid.as_deref(), key.active_signing_key())).collect()
            }
        };
        let kid = self.jws.header("kid");
        let active = candidates.iter().filter(|(_, key)| key.is_some()).count();
        let named = candidates.iter().find(|(known, _)| kid.is_some() && *known == kid);
        let key = match (kid, named) {
            (Some(_), Some((_, key))) => key.as_ref(),
            // A client with a single key need not name it (issue).
            (None, _) if active == 1 => candidates.iter().find_map(|(_, key)| key.as_ref()),
            _ => return refuse(&rule::ASSERTION_KID, "The client_assertion JWT kid is invalid."),
        };
        match key.is_some_and(|key| self.jws.is_signed_by(key)) {
            true => Ok(()),
            false => refuse(&rule::ASSERTION_SIGNATURE, "The client_assertion signature is invalid."),
        }
    }

    /// Checks audience and times. `is_endpoint` tells whether a URL is the invoked endpoint.
    ///
    /// # Errors
    /// invalid_client.
    pub(crate) fn check_claims(
        &self,
        now: Seconds,
        is_endpoint: impl Fn(&str) -> bool,
    ) -> Result<(), OauthError> {
        let refuse = |rule, description| Err(OauthError::client(rule, description));
        let is_audience = match self.jws.claims.get("aud") {
            Some(serde_json::Value::String(audience)) => is_endpoint(audience),
            // An array that contains the endpoint is accepted (recorded of a custom server).
            Some(serde_json::Value::Array(items)) => {
                items.iter().any(|item| item.as_str().is_some_and(&is_endpoint))
            }
            _ => false,
        };
        if !is_audience {
            let description =
                "The audience claim for client_assertion must be the endpoint invoked for the request.";
            return refuse(&rule::ASSERTION_AUDIENCE, description);
        }
        let Some(expires) = self.jws.time("exp") else {
            let description = "The client_assertion must contain the 'exp' claim as seconds since epoch.";
            return refuse(&rule::ASSERTION_WITHOUT_EXPIRY, description);
        };
        if expires <= now.0 {
            return refuse(&rule::ASSERTION_EXPIRED, "The client_assertion token is expired.");
        }
        if expires > now.plus(MAX_LIFETIME).0 {
            let description = "The client_assertion token has an expiration too far into the future.";
            return refuse(&rule::ASSERTION_LIFETIME, description);
        }
        let is_later =
            |name| self.jws.claims.contains_key(name) && self.jws.time(name).is_none_or(|time| time > now.0);
        if is_later("iat") || is_later("nbf") {
            let description = "The client_assertion token must be issued before the current time.";
            return refuse(&rule::ASSERTION_ISSUED_LATER, description);
        }
        Ok(())
    }

    /// Returns `jti` and the time until which it has to be remembered. Without it, the assertion can be used
    /// again (issue).
    ///
    /// # Errors
    /// invalid_client, if it is not text.
    pub(crate) fn single_use(&self) -> Result<Option<(&str, Seconds)>, OauthError> {
        match self.jws.claims.get("jti") {
            None => Ok(None),
            Some(serde_json::Value::String(id)) => {
                Ok(Some((id, Seconds(self.jws.time("exp").unwrap_or_default()))))
            }
            Some(_) => Err(OauthError::client(
                &rule::ASSERTION_UNREADABLE,
                "The parsing of the client_assertion failed.",
            )),
        }
    }
}

/// Returns the refusal of an assertion that was used before.
pub(crate) fn already_used() -> OauthError {
    OauthError::client(&rule::ASSERTION_USED, "The client_assertion token has already been used.")
}
