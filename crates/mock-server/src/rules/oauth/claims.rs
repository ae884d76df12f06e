//! Access tokens of the org authorization server.

use serde::Serialize;

use super::scope::Scope;
use crate::rules::identifier::Seconds;
use crate::rules::jose::Jws;

/// The claims of an access token, in the recorded order.
#[derive(Debug, Serialize)]
pub(crate) struct AccessTokenClaims<'a> {
    /// Always 1.
    pub(crate) ver: u8,
    /// `AT.` and random text.
    pub(crate) jti: String,
    /// The URL of the org.
    pub(crate) iss: &'a str,
    /// The URL of the org.
    pub(crate) aud: &'a str,
    /// The client id.
    pub(crate) sub: &'a str,
    /// Time of issue.
    pub(crate) iat: i64,
    /// Time of expiry.
    pub(crate) exp: i64,
    /// The client id.
    pub(crate) cid: &'a str,
    /// The scopes.
    pub(crate) scp: Vec<&'a str>,
    /// The key that the token is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cnf: Option<Confirmation>,
}

/// The binding of a token to a key (RFC 9449, 6.1).
#[derive(Debug, Serialize)]
pub(crate) struct Confirmation {
    /// The thumbprint of the key.
    pub(crate) jkt: String,
}

/// Seconds that an access token is valid (recorded).
pub(crate) const LIFETIME: i64 = 3600;

/// What an access token says, once its signature was checked.
#[derive(Debug)]
pub(crate) struct AccessToken {
    /// The client.
    pub(crate) client: String,
    /// The scopes.
    pub(crate) scopes: Vec<String>,
    /// Time of expiry.
    expires: Seconds,
    /// The thumbprint of the key that it is bound to.
    pub(crate) bound_to: Option<String>,
}

impl AccessToken {
    /// Reads the claims of a token that this org signed.
    pub(crate) fn from_claims(jws: &Jws<'_>) -> Option<Self> {
        let scopes = jws.claims.get("scp")?.as_array()?.iter();
        let bound_to = jws.claims.get("cnf").and_then(|cnf| cnf.get("jkt")).and_then(|jkt| jkt.as_str());
        Some(Self {
            client: jws.claim("cid")?.to_owned(),
            scopes: scopes.map(|scope| scope.as_str().map(str::to_owned)).collect::<Option<_>>()?,
            expires: Seconds(jws.time("exp")?),
            bound_to: bound_to.map(str::to_owned),
        })
    }

    /// Returns true if the token has expired.
    pub(crate) fn is_expired(&self, now: Seconds) -> bool {
        self.expires <= now
    }

    /// Returns true if a scope of the token that is still granted allows an operation.
    pub(crate) fn allows(&self, scope: Scope, is_granted: impl Fn(&str) -> bool) -> bool {
        self.scopes.iter().any(|granted| scope.is_covered_by(granted) && is_granted(granted))
    }
}
