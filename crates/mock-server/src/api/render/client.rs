//! Clients, as dynamic registration shows them.

use secrecy::{ExposeSecret as _, SecretString};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::client_key::registered_keys;
use crate::org::ClientApp;
use crate::rules::oauth::client::KeySource;

/// The secret of a client in an answer.
pub(crate) enum Secret {
    /// Not shown, or the client has none.
    Hidden,
    /// Shown.
    Shown(SecretString),
}

/// A client, with the members and the order of the OpenAPI document's examples.
pub(crate) struct ClientObject<'a> {
    client: &'a ClientApp,
    secret: Secret,
}

impl<'a> ClientObject<'a> {
    pub(crate) const fn new(client: &'a ClientApp, secret: Secret) -> Self {
        Self { client, secret }
    }
}

impl Serialize for ClientObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ClientApp { id, app, client } = self.client;
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("client_id", id.as_str())?;
        if let Secret::Shown(secret) = &self.secret {
            members.serialize_entry("client_secret", secret.expose_secret())?;
        }
        members.serialize_entry("client_id_issued_at", &app.created.0)?;
        if client.has_secret() {
            members.serialize_entry("client_secret_expires_at", &0)?;
        }
        members.serialize_entry("client_name", &*app.label)?;
        members.serialize_entry("client_uri", &client.client_uri)?;
        members.serialize_entry("logo_uri", &client.logo_uri)?;
        members.serialize_entry("redirect_uris", &client.redirect_uris)?;
        if let Some(uris) = &client.post_logout_redirect_uris {
            members.serialize_entry("post_logout_redirect_uris", uris)?;
        }
        members.serialize_entry("response_types", &client.response_types)?;
        members.serialize_entry("grant_types", &client.grant_types)?;
        members.serialize_entry("token_endpoint_auth_method", client.authentication)?;
        members.serialize_entry("application_type", client.application_type)?;
        if let Some(uri) = &client.initiate_login_uri {
            members.serialize_entry("initiate_login_uri", uri)?;
        }
        match &client.keys {
            KeySource::None => {}
            KeySource::Registered(keys) => {
                members.serialize_entry("jwks", &json!({"keys": registered_keys(keys)}))?;
            }
            KeySource::Uri(uri) => members.serialize_entry("jwks_uri", uri)?,
        }
        members.end()
    }
}
