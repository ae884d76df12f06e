//! Signing keys of an app, with their certificates.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Timestamp;
use crate::org::signing::SigningKey;
use crate::rules::app::AppKey;

/// A signing key, in the recorded order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppKeyObject {
    kty: &'static str,
    created: Timestamp,
    last_updated: Timestamp,
    expires_at: Timestamp,
    kid: String,
    #[serde(rename = "use")]
    usage: &'static str,
    x5c: [String; 1],
    #[serde(rename = "x5t#S256")]
    thumbprint: String,
    e: String,
    n: String,
}

impl AppKeyObject {
    /// Creates the object of a key. The certificate is in DER.
    pub(crate) fn new(key: AppKey, signing: &SigningKey, certificate: &[u8]) -> Self {
        Self {
            kty: "RSA",
            created: Timestamp(key.created),
            last_updated: Timestamp(key.created),
            expires_at: Timestamp(key.expires),
            kid: key.id.to_string(),
            usage: "sig",
            x5c: [STANDARD.encode(certificate)],
            thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(certificate)),
            e: URL_SAFE_NO_PAD.encode(&signing.exponent),
            n: URL_SAFE_NO_PAD.encode(&signing.modulus),
        }
    }
}
