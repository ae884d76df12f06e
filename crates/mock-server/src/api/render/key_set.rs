//! Key sets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::org::signing::SigningKey;

/// The key set of a connection: wrapped for a caller with a credential (OpenAPI), plain without one (guide-o2o).
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum ConnectionKeySet {
    Wrapped { jwks: ConnectionKeys },
    Plain(ConnectionKeys),
}

/// The keys of a connection.
#[derive(Serialize)]
pub(crate) struct ConnectionKeys {
    keys: Vec<ConnectionKey>,
}

/// The order and `alg` are those of the document's example. The numbers are encoded as RFC 7518 requires, unlike
/// in that example.
#[derive(Serialize)]
struct ConnectionKey {
    kid: String,
    kty: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    e: String,
    n: String,
}

impl ConnectionKeys {
    pub(crate) fn new<'k>(keys: impl Iterator<Item = &'k SigningKey>) -> Self {
        let keys = keys.map(|key| ConnectionKey {
            kid: key.id.to_string(),
            kty: "RSA",
            alg: "RSA",
            usage: "sig",
            e: URL_SAFE_NO_PAD.encode(&key.exponent),
            n: URL_SAFE_NO_PAD.encode(&key.modulus),
        });
        Self { keys: keys.collect() }
    }
}

/// The keys of access tokens, in the recorded order.
#[derive(Serialize)]
pub(crate) struct TokenKeys {
    keys: [TokenKey; 1],
}

#[derive(Serialize)]
struct TokenKey {
    kty: &'static str,
    alg: &'static str,
    kid: String,
    #[serde(rename = "use")]
    usage: &'static str,
    e: String,
    n: String,
}

impl TokenKeys {
    pub(crate) fn new(key: &SigningKey) -> Self {
        let key = TokenKey {
            kty: "RSA",
            alg: "RS256",
            kid: key.id.to_string(),
            usage: "sig",
            e: URL_SAFE_NO_PAD.encode(&key.exponent),
            n: URL_SAFE_NO_PAD.encode(&key.modulus),
        };
        Self { keys: [key] }
    }
}
