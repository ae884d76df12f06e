//! Secrets of a client.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::client_key::LifecycleLinks;
use super::{AppUrl, Timestamp};
use crate::org::random::Random;
use crate::rules::oauth::client::ClientSecret;

/// A secret at `credentials/secrets`.
pub(crate) struct ClientSecretObject<'a> {
    secret: &'a ClientSecret,
    text: SecretString,
    app_url: AppUrl<'a>,
}

impl<'a> ClientSecretObject<'a> {
    pub(crate) fn new(secret: &'a ClientSecret, random: &Random, app_url: AppUrl<'a>) -> Self {
        Self { secret, text: random.secret(&secret.id), app_url }
    }
}

impl Serialize for ClientSecretObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { secret, text, app_url } = self;
        let text = text.expose_secret();
        let hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16]);
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("id", secret.id.as_str())?;
        members.serialize_entry("status", secret.status.as_str())?;
        members.serialize_entry("client_secret", text)?;
        members.serialize_entry("secret_hash", &hash)?;
        members.serialize_entry("created", &Timestamp(secret.created))?;
        members.serialize_entry("lastUpdated", &Timestamp(secret.last_updated))?;
        let path = format!("/credentials/secrets/{}", secret.id);
        let links = LifecycleLinks { path: &path, status: secret.status, app_url: *app_url };
        members.serialize_entry("_links", &links)?;
        members.end()
    }
}
