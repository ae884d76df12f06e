//! Signed tokens in the compact form (RFC 7515, 7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::key::VerifyingKey;
use crate::rules::body::parse_object;

/// A signed token whose signature was not yet checked.
#[derive(Debug)]
pub(crate) struct Jws<'t> {
    header: Map<String, Value>,
    /// The claims.
    pub(crate) claims: Map<String, Value>,
    signed: &'t str,
    signature: Vec<u8>,
}

impl<'t> Jws<'t> {
    /// Parses a token: three parts in base64url, of which the first two are JSON objects without duplicate
    /// names. A token with a `crit` header has extensions that nobody here understands (RFC 7515, 4.1.11).
    pub(crate) fn parse(token: &'t str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header = object(header)?;
        let jws = Self {
            header,
            claims: object(claims)?,
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        };
        (!jws.header.contains_key("crit")).then_some(jws)
    }

    /// Returns a text member of the header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// Returns the key that the header contains.
    pub(crate) fn header_key(&self) -> Option<&Map<String, Value>> {
        self.header.get("jwk")?.as_object()
    }

    /// Returns the algorithm of the header, if it is known.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::parse(self.header("alg")?)
    }

    /// Returns a text claim.
    pub(crate) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// Returns a claim that is a time, in seconds since the Unix epoch. Fractions are dropped (RFC 7519, 2:
    /// NumericDate).
    pub(crate) fn time(&self, name: &str) -> Option<i64> {
        let number = self.claims.get(name)?;
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and no such time is valid")]
        number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds.floor() as i64))
    }

    /// Returns true if this key made the signature.
    pub(crate) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        self.algorithm()
            .is_some_and(|algorithm| key.verifies(algorithm, self.signed.as_bytes(), &self.signature))
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    match Value::from(&parse_object(&bytes).ok()?) {
        Value::Object(members) => Some(members),
        _ => None,
    }
}
