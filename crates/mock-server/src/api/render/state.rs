//! The state of an org as a document, in the form of an org file. It holds no secret.

use std::sync::Arc;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::Timestamp;
use super::app::serialize_stored;
use super::feature::{InboundCapabilities, UserCapabilities};
use crate::org::{Identity, Org};
use crate::rules::app::{App, AppKey, AppSource, Recorded};
use crate::rules::connection::{Connection, Credential, RotationMode, Status};
use crate::rules::feature::{FeatureName, InboundProvisioning, UserProvisioning};
use crate::rules::identifier::{AppId, OktaId};
use crate::rules::identity_provider::IdentityProvider;
use crate::rules::oauth::client::{ClientKey, ClientSecret, OauthClient, RoleAssignment};
use crate::rules::oauth::grant::{Actor, Grant};

/// The state of an org. Apps are shared with it, so that rendering needs no lock.
pub(crate) struct StateDocument {
    identity: Identity,
    apps: Vec<(AppId, Arc<App>)>,
    identity_providers: Vec<(OktaId, Arc<IdentityProvider>)>,
}

impl StateDocument {
    pub(crate) fn new(org: &Org) -> Self {
        let identity_providers = org.identity_providers();
        Self { identity: *org.identity(), apps: org.shared_apps().collect(), identity_providers }
    }

    /// Returns the apps, ordered by id.
    pub(super) fn apps(&self) -> &[(AppId, Arc<App>)] {
        &self.apps
    }

    /// Returns the identity providers by their ids.
    pub(super) fn identity_providers_by_id(&self) -> Value {
        let providers = self.identity_providers_json().into_iter();
        let by_id = providers.filter_map(|provider| Some((provider["id"].as_str()?.to_owned(), provider)));
        Value::Object(by_id.collect())
    }

    /// Returns the identity providers, without secrets.
    fn identity_providers_json(&self) -> Vec<Value> {
        let object = |(id, provider): &(OktaId, Arc<IdentityProvider>)| {
            json!({
                "id": id.as_str(),
                "issuerMode": provider.issuer_mode,
                "name": provider.name,
                "status": if provider.is_active { "ACTIVE" } else { "INACTIVE" },
                "created": Timestamp(provider.created),
                "lastUpdated": Timestamp(provider.last_updated),
                "protocol": provider.protocol_without_secret(),
                "policy": provider.policy,
                "type": provider.kind.as_str(),
            })
        };
        self.identity_providers.iter().map(object).collect()
    }

    /// Returns the ids that the org has from its start.
    pub(super) fn identity_json(&self) -> Value {
        let Identity { id, policies, signing_key, administrator, created } = self.identity;
        json!({
            "id": id.as_str(),
            "profileEnrollmentPolicy": policies.profile_enrollment.as_str(),
            "accessPolicy": policies.access.as_str(),
            "signingKey": signing_key.to_string(),
            "administrator": administrator.as_str(),
            "created": Timestamp(created),
        })
    }
}

impl Serialize for StateDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("org", &self.identity_json())?;
        let apps: Vec<_> = self.apps.iter().map(|(id, app)| StoredApp { id, app }).collect();
        members.serialize_entry("apps", &apps)?;
        if !self.identity_providers.is_empty() {
            members.serialize_entry("identityProviders", &self.identity_providers_json())?;
        }
        members.end()
    }
}

/// An app of a state document.
pub(crate) struct StoredApp<'a> {
    pub(crate) id: &'a AppId,
    pub(crate) app: &'a App,
}

impl Serialize for StoredApp<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        let definition = match &self.app.source {
            AppSource::Catalogue(kind) => kind.definition(),
            AppSource::Recorded(recorded) => {
                members.serialize_entry("recorded", &current(self.app, recorded))?;
                return members.end();
            }
        };
        serialize_stored(self.app, definition, self.id, &mut members)?;
        if let Connection::Set { credential, status } = &self.app.connection {
            members.serialize_entry("connection", &connection(credential, *status))?;
        }
        if let Some(client) = &self.app.client {
            members.serialize_entry("client", &client_state(client))?;
        }
        if !self.app.keys.generated().is_empty() {
            let key = |key: &AppKey| json!({"kid": key.id.to_string(), "created": Timestamp(key.created), "expiresAt": Timestamp(key.expires)});
            let keys: Vec<_> = self.app.signing_keys().iter().map(key).collect();
            members.serialize_entry("signingKeys", &keys)?;
        }
        let features = features(self.app);
        if features.as_object().is_some_and(|features| !features.is_empty()) {
            members.serialize_entry("features", &features)?;
        }
        members.end()
    }
}

/// The recorded object, with what may have changed since.
fn current(app: &App, recorded: &Recorded) -> Map<String, Value> {
    let mut object = recorded.object.clone();
    object["label"] = (*app.label).into();
    object["status"] = app.status.as_str().into();
    object["lastUpdated"] = json!(Timestamp(app.last_updated));
    object
}

fn connection(credential: &Credential, status: Status) -> Value {
    let mut members = json!({"status": status.as_str()});
    match credential {
        Credential::Token { base_url, .. } => {
            if let Some(base_url) = base_url {
                members["baseUrl"] = (**base_url).into();
            }
            members["profile"] = json!({"authScheme": "TOKEN"});
        }
        Credential::ServiceApp { client_id, rotation_mode } => {
            members["profile"] = json!({"authScheme": "OAUTH2", "clientId": client_id});
            if let Some(mode) = rotation_mode.map(RotationMode::as_str) {
                members["profile"]["signing"] = json!({"rotationMode": mode});
            }
        }
        Credential::Consent(consent) => {
            members["profile"] = json!({"authScheme": "OAUTH2"});
            members["consented"] = consent.granted.into();
            let started = Timestamp(consent.started);
            members["authorize"] = json!({"state": consent.state.to_string(), "started": started});
        }
    }
    members
}

/// Returns what a client has beside its settings.
fn client_state(client: &OauthClient) -> Value {
    let grant = |grant: &Grant| {
        let mut members =
            json!({"id": grant.id.as_str(), "scopeId": grant.scope, "created": Timestamp(grant.created)});
        if let Actor::Client(client) = grant.created_by {
            members["createdBy"] = client.as_str().into();
        }
        members
    };
    let role =
        |role: &RoleAssignment| json!({"type": role.role.as_str(), "created": Timestamp(role.created)});
    let key = |key: &ClientKey| {
        let (created, updated) = (Timestamp(key.created), Timestamp(key.last_updated));
        json!({"id": key.id.as_str(), "created": created, "lastUpdated": updated})
    };
    let secret = |secret: &ClientSecret| {
        let (created, updated) = (Timestamp(secret.created), Timestamp(secret.last_updated));
        let status = secret.status.as_str();
        json!({"id": secret.id.as_str(), "status": status, "created": created, "lastUpdated": updated})
    };
    json!({
        "grants": client.grants.iter().map(grant).collect::<Vec<_>>(),
        "roles": client.roles.iter().map(role).collect::<Vec<_>>(),
        "keys": client.registered_keys().iter().map(key).collect::<Vec<_>>(),
        "secrets": client.secrets.iter().map(secret).collect::<Vec<_>>(),
    })
}

/// Returns the features that differ from their defaults, as a PUT sets them.
fn features(app: &App) -> Value {
    let mut members = json!({});
    let user = app.features.user;
    if user != UserProvisioning::default() {
        members[FeatureName::UserProvisioning.as_str()] = json!(UserCapabilities::from(user));
    }
    if let Some(inbound) =
        app.features.inbound.as_deref().filter(|inbound| **inbound != InboundProvisioning::default())
    {
        members[FeatureName::InboundProvisioning.as_str()] = json!(InboundCapabilities::from(inbound));
    }
    members
}
