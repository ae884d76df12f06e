//! OAuth 2.0 clients: their grants, admin roles, keys and secrets.

use std::sync::Arc;

use super::state::{Body, Org, read};
use crate::rules::app::{App, AppStatus};
use crate::rules::behaviour as rule;
use crate::rules::body::Members;
use crate::rules::error::OktaError;
use crate::rules::identifier::AppId;
use crate::rules::oauth::Role;
use crate::rules::oauth::client::{
    ClientKey, ClientSecret, KeySource, KeyStatus, OauthClient, PRIVATE_KEY_JWT, RoleAssignment, check_set,
};
use crate::rules::oauth::grant::{Actor, Grant, GrantRequest};

/// An app that is a client.
pub(crate) struct ClientApp {
    /// The client id, which is the app's id.
    pub(crate) id: AppId,
    /// The app.
    pub(crate) app: Arc<App>,
    /// The client.
    pub(crate) client: Arc<OauthClient>,
}

impl Org {
    /// Returns the client with this id.
    ///
    /// # Errors
    /// E0000007 `(OAuth2AppInstance)` (recorded).
    pub(crate) fn client(&self, id: &str) -> Result<ClientApp, OktaError> {
        let found = self.app(id).ok().and_then(|(id, app)| Some((id, app, app.client.as_ref()?)));
        let (id, app, client) =
            found.ok_or_else(|| OktaError::not_found(&rule::CLIENT_UNKNOWN, id, "OAuth2AppInstance"))?;
        Ok(ClientApp { id, app: app.clone(), client: client.clone() })
    }

    /// Returns true if the org has a client, which may have tokens.
    pub(crate) fn has_clients(&self) -> bool {
        !self.client_ids.is_empty()
    }

    /// Returns all clients, by id.
    pub(crate) fn clients(&self) -> impl Iterator<Item = ClientApp> {
        self.client_ids.iter().filter_map(|id| self.client(id.as_str()).ok())
    }

    /// Returns the client of a token request or an access token. An inactive app is no client (inferred).
    pub(crate) fn active_client(&self, id: &str) -> Option<ClientApp> {
        self.client(id).ok().filter(|client| client.app.status == AppStatus::Active)
    }

    /// Returns the client of an app.
    ///
    /// # Errors
    /// E0000007 for an unknown app; E0000001 for an app that is no client.
    pub(crate) fn client_of(&self, app_id: &str) -> Result<ClientApp, OktaError> {
        let (id, app) = self.app(app_id)?;
        match &app.client {
            Some(client) => Ok(ClientApp { id, app: app.clone(), client: client.clone() }),
            None => Err(OktaError::invalid(&rule::CLIENT_OF_OTHER_APP, "appId")),
        }
    }

    fn change_client<T>(
        &mut self,
        id: &AppId,
        change: impl FnOnce(&mut OauthClient) -> T,
    ) -> Result<T, OktaError> {
        let app = self.app_mut(id)?;
        match &mut app.client {
            Some(client) => Ok(change(Arc::make_mut(client))),
            None => Err(OktaError::invalid(&rule::CLIENT_OF_OTHER_APP, "appId")),
        }
    }

    /// POST /oauth2/v1/clients. Returns the id of the new client.
    ///
    /// # Errors
    /// As [`App::registered`]; E0000001 if the org is full.
    pub(crate) fn register_client(&mut self, body: &Body<'_>) -> Result<AppId, OktaError> {
        let body = read(body)?;
        let now = self.clock.now();
        let (id, app) = App::registered(body, &mut self.new_ids(None), now)?;
        self.check_nothing_ignored(body)?;
        self.check_app_limit()?;
        self.insert_app(id, app);
        Ok(id)
    }

    /// PUT /oauth2/v1/clients/{clientId}. Returns the id of the client.
    ///
    /// # Errors
    /// E0000007, then as [`App::registered_again`].
    pub(crate) fn replace_client(&mut self, id: &str, body: &Body<'_>) -> Result<AppId, OktaError> {
        let client = self.client(id)?;
        let body = read(body)?;
        let mut next = client.app.registered_again(body, self.clock.now())?;
        self.check_nothing_ignored(body)?;
        self.assign_client_ids(client.id, &mut next);
        self.insert_app(client.id, next);
        Ok(client.id)
    }

    /// DELETE /oauth2/v1/clients/{clientId}. Unlike an app, an active client can be deleted.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn delete_client(&mut self, id: &str) -> Result<(), OktaError> {
        let client = self.client(id)?;
        self.remove_app(client.id);
        Ok(())
    }

    /// Gives ids to the new keys and grants of a client.
    pub(super) fn assign_client_ids(&mut self, id: AppId, app: &mut App) {
        if let Some(client) = app.client.as_mut().map(Arc::make_mut) {
            let random = &mut self.random;
            let mut next =
                |prefix, purpose, subject: &str| random.new_id(prefix, purpose, &[id.as_str(), subject]);
            client.assign_key_ids(|key| next(*b"pks", "client key", key));
            client.assign_grant_ids(|scope| next(*b"oag", "grant", scope));
        }
    }

    /// POST grants. A scope that is already granted stays as it is (inferred).
    ///
    /// # Errors
    /// E0000007, then as [`GrantRequest::read`].
    pub(crate) fn grant_scope(
        &mut self,
        app_id: &str,
        body: &Body<'_>,
        created_by: Actor,
        is_issuer: impl Fn(&str) -> bool,
    ) -> Result<(ClientApp, Grant), OktaError> {
        let client = self.client_of(app_id)?;
        let body = read(body)?;
        let request = GrantRequest::read(body, is_issuer)?;
        self.check_nothing_ignored(body)?;
        if let Some(grant) = client.client.grants.iter().find(|grant| *grant.scope == *request.scope) {
            let grant = grant.clone();
            return Ok((client, grant));
        }
        let id = self.random.new_id(*b"oag", "grant", &[client.id.as_str(), request.scope]);
        let grant = Grant { id, scope: request.scope.into(), created: self.clock.now(), created_by };
        self.change_client(&client.id, |client| client.grants.push(grant.clone()))?;
        Ok((client, grant))
    }

    /// Returns a grant.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn grant(&self, app_id: &str, grant_id: &str) -> Result<(ClientApp, Grant), OktaError> {
        let client = self.client_of(app_id)?;
        let found = client.client.grants.iter().find(|grant| grant.id.as_str() == grant_id).cloned();
        let grant = found
            .ok_or_else(|| OktaError::not_found(&rule::GRANT_UNKNOWN, grant_id, "OAuth2ScopeConsentGrant"))?;
        Ok((client, grant))
    }

    /// DELETE grants/{grantId}.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn revoke_grant(&mut self, app_id: &str, grant_id: &str) -> Result<(), OktaError> {
        let (client, grant) = self.grant(app_id, grant_id)?;
        self.change_client(&client.id, |client| client.grants.retain(|other| other.id != grant.id))
    }

    /// POST roles.
    ///
    /// # Errors
    /// E0000007; E0000001 for an unknown role, or one that the client has.
    pub(crate) fn assign_role(
        &mut self,
        client_id: &str,
        body: &Body<'_>,
    ) -> Result<(AppId, RoleAssignment), OktaError> {
        let client = self.client(client_id)?;
        let body = read(body)?;
        let kind = Members::from(body).text("type")?;
        let kind = kind.ok_or_else(|| OktaError::blank(&rule::ROLE_TYPE, "type"))?;
        let role = Role::parse(kind).ok_or_else(|| OktaError::invalid(&rule::ROLE_TYPE, "type"))?;
        self.check_nothing_ignored(body)?;
        if client.client.roles.iter().any(|assignment| assignment.role == role) {
            return Err(OktaError::new(&rule::ROLE_ASSIGNED, crate::rules::error::ErrorCode::RoleAssigned));
        }
        let assignment = RoleAssignment { role, created: self.clock.now() };
        self.change_client(&client.id, |client| client.roles.push(assignment))?;
        Ok((client.id, assignment))
    }

    /// Returns a role of a client.
    ///
    /// # Errors
    /// E0000007 `(RoleAssignment)` (recorded).
    pub(crate) fn role(&self, client_id: &str, id: &str) -> Result<(AppId, RoleAssignment), OktaError> {
        let client = self.client(client_id)?;
        let found = client.client.roles.iter().find(|assignment| assignment.role.id() == id);
        let found = found.ok_or_else(|| OktaError::not_found(&rule::ROLE_UNKNOWN, id, "RoleAssignment"))?;
        Ok((client.id, *found))
    }

    /// DELETE roles/{roleAssignmentId}.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn unassign_role(&mut self, client_id: &str, id: &str) -> Result<(), OktaError> {
        let (client, assignment) = self.role(client_id, id)?;
        self.change_client(&client, |client| client.roles.retain(|other| other.role != assignment.role))
    }

    /// POST credentials/jwks.
    ///
    /// # Errors
    /// E0000007, E0000001.
    pub(crate) fn add_client_key(
        &mut self,
        app_id: &str,
        body: &Body<'_>,
    ) -> Result<(AppId, ClientKey), OktaError> {
        let client = self.client_of(app_id)?;
        let body = read(body)?;
        let key = ClientKey::read(Members::from(body), self.clock.now())?;
        let mut next = (*client.client).clone();
        let mut keys = match &next.keys {
            KeySource::Registered(keys) => keys.clone(),
            KeySource::None => Vec::new(),
            KeySource::Uri(_) => return Err(OktaError::invalid(&rule::CLIENT_KEYS_AND_URI, "jwks_uri")),
        };
        keys.push(key);
        check_set(&keys)?;
        self.check_nothing_ignored(body)?;
        next.keys = KeySource::Registered(keys);
        let mut app = (*client.app).clone();
        app.client = Some(Arc::new(next));
        self.assign_client_ids(client.id, &mut app);
        let added = app.client.as_ref().and_then(|client| client.registered_keys().last().cloned());
        self.insert_app(client.id, app);
        added.map(|key| (client.id, key)).ok_or_else(|| unknown_key(""))
    }

    /// Returns a key of a client.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn client_key(&self, app_id: &str, key_id: &str) -> Result<(AppId, ClientKey), OktaError> {
        let client = self.client_of(app_id)?;
        let found = client.client.registered_keys().iter().find(|key| key.id.as_str() == key_id);
        let found = found.cloned().ok_or_else(|| unknown_key(key_id))?;
        Ok((client.id, found))
    }

    /// POST credentials/jwks/{keyId}/lifecycle.
    ///
    /// # Errors
    /// E0000007; E0000001 for the only active key of a client that signs (OpenAPI).
    pub(crate) fn set_client_key_status(
        &mut self,
        app_id: &str,
        key_id: &str,
        status: KeyStatus,
    ) -> Result<(AppId, ClientKey), OktaError> {
        let client = self.client_of(app_id)?;
        let (id, mut key) = self.client_key(app_id, key_id)?;
        let others = client.client.registered_keys().iter().filter(|other| other.id != key.id);
        let signs = client.client.authentication == PRIVATE_KEY_JWT;
        if status == KeyStatus::Inactive
            && signs
            && others.clone().all(|key| key.status == KeyStatus::Inactive)
        {
            let cause = "Can't deactivate the only active JSON Web Key when the value for `token_endpoint_auth_method` is `private_key_jwt`.";
            return Err(OktaError::validation(&rule::CLIENT_KEY_ONLY, "JsonWebKey", cause));
        }
        if key.status != status {
            (key.status, key.last_updated) = (status, self.clock.now());
        }
        let changed = key.clone();
        self.change_client(&id, |client| {
            let keys = client.registered_keys_mut().iter_mut();
            keys.filter(|other| other.id == changed.id).for_each(|other| *other = changed.clone());
        })?;
        Ok((id, key))
    }

    /// DELETE credentials/jwks/{keyId}.
    ///
    /// # Errors
    /// E0000007; E0000001 for an active key (OpenAPI ErrorDeleteActiveJsonWebKey).
    pub(crate) fn delete_client_key(&mut self, app_id: &str, key_id: &str) -> Result<(), OktaError> {
        let (id, key) = self.client_key(app_id, key_id)?;
        if key.status == KeyStatus::Active {
            let cause = "You can't delete an active JSON Web Key. Deactivate the key before deleting it.";
            return Err(OktaError::validation(&rule::CLIENT_KEY_ACTIVE, "JsonWebKey", cause));
        }
        self.change_client(&id, |client| {
            if let KeySource::Registered(keys) = &mut client.keys {
                keys.retain(|other| other.id != key.id);
            }
        })
    }

    /// POST credentials/secrets.
    ///
    /// # Errors
    /// E0000007; E0000001 if the client has two secrets, or authenticates otherwise.
    pub(crate) fn add_client_secret(&mut self, app_id: &str) -> Result<(AppId, ClientSecret), OktaError> {
        let client = self.client_of(app_id)?;
        if !client.client.has_secret() {
            return Err(OktaError::invalid(&rule::CLIENT_SECRET_METHOD, "token_endpoint_auth_method"));
        }
        if client.client.secrets.len() >= MAX_SECRETS {
            let cause = "You've reached the maximum number of client secrets per client.";
            return Err(OktaError::validation(&rule::CLIENT_SECRET_LIMIT, "client_secret", cause));
        }
        let now = self.clock.now();
        let id = self.random.new_id(*b"ocs", "client secret", &[client.id.as_str()]);
        let secret = ClientSecret { id, status: KeyStatus::Active, created: now, last_updated: now };
        self.change_client(&client.id, |client| client.secrets.push(secret))?;
        Ok((client.id, secret))
    }

    /// Returns a secret of a client.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn client_secret(&self, app_id: &str, id: &str) -> Result<(AppId, ClientSecret), OktaError> {
        let client = self.client_of(app_id)?;
        let found = client.client.secrets.iter().find(|secret| secret.id.as_str() == id).copied();
        let found = found
            .ok_or_else(|| OktaError::not_found(&rule::CLIENT_SECRET_UNKNOWN, id, "OAuth2ClientSecret"))?;
        Ok((client.id, found))
    }

    /// POST credentials/secrets/{secretId}/lifecycle.
    ///
    /// # Errors
    /// E0000007; E0000001 for the only active secret.
    pub(crate) fn set_client_secret_status(
        &mut self,
        app_id: &str,
        id: &str,
        status: KeyStatus,
    ) -> Result<(AppId, ClientSecret), OktaError> {
        let (app, mut secret) = self.client_secret(app_id, id)?;
        let client = self.client_of(app_id)?;
        let mut others = client.client.secrets.iter().filter(|other| other.id != secret.id);
        if status == KeyStatus::Inactive && others.all(|other| other.status == KeyStatus::Inactive) {
            let cause = "You can't deactivate the only active client secret.";
            return Err(OktaError::validation(&rule::CLIENT_SECRET_ONLY, "client_secret", cause));
        }
        if secret.status != status {
            (secret.status, secret.last_updated) = (status, self.clock.now());
        }
        self.change_client(&app, |client| {
            client.secrets.iter_mut().filter(|other| other.id == secret.id).for_each(|other| *other = secret);
        })?;
        Ok((app, secret))
    }

    /// DELETE credentials/secrets/{secretId}.
    ///
    /// # Errors
    /// E0000007; E0000001 for an active secret.
    pub(crate) fn delete_client_secret(&mut self, app_id: &str, id: &str) -> Result<(), OktaError> {
        let (app, secret) = self.client_secret(app_id, id)?;
        if secret.status == KeyStatus::Active {
            let cause = "You can't delete an active client secret. Deactivate the secret before deleting it.";
            return Err(OktaError::validation(&rule::CLIENT_SECRET_ACTIVE, "client_secret", cause));
        }
        self.change_client(&app, |client| client.secrets.retain(|other| other.id != secret.id))
    }
}

/// Maximum number of secrets of a client (docs).
const MAX_SECRETS: usize = 2;

fn unknown_key(id: &str) -> OktaError {
    OktaError::not_found(&rule::CLIENT_KEY_UNKNOWN, id, "OAuth2ClientJsonWebKey")
}
