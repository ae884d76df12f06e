//! Provisioning connections: set, activate, deactivate, and their signing keys.

use std::sync::Arc;

use super::attempt::Attempt;
use super::signing::{KeyHolder, PublicKey};
use super::state::{Body, Org, read, unknown_app};
use crate::rules::app::App;
use crate::rules::behaviour as rule;
use crate::rules::body::check_nothing_ignored;
use crate::rules::catalogue::AppKind;
use crate::rules::connection::{AppFacts, Connection};
use crate::rules::consent::Consent;
use crate::rules::error::OktaError;
use crate::rules::identifier::{AppId, State};

impl Org {
    /// POST connections/default.
    ///
    /// # Errors
    /// E0000007, E0000003, then as [`Connection::set`].
    pub(crate) fn set_connection(
        &mut self,
        id: &str,
        body: &Body<'_>,
        activate: bool,
    ) -> Result<(AppId, &App), OktaError> {
        let (id, _) = self.app(id)?;
        let attempt = Consent { state: self.random.state(&id), started: self.clock.now(), granted: false };
        let strict = self.strict;
        let refuses_credential = self.third_party.at(&id).refuses_credential;
        self.change_connection(id, |app| {
            let body = read(body)?;
            let Some(facts) = app.connection_facts() else {
                body.mark_read(&["profile", "baseUrl"]);
                return Ok(unsupported());
            };
            let facts = AppFacts { refuses_credential, ..facts };
            let next = app.connection.set(facts, body, activate, attempt)?;
            if strict {
                check_nothing_ignored(body)?;
            }
            Ok(next)
        })
    }

    /// POST connections/default/lifecycle/activate.
    ///
    /// # Errors
    /// E0000007, then as [`Connection::activated`].
    pub(crate) fn activate_connection(&mut self, id: &str) -> Result<(), OktaError> {
        let (id, _) = self.app(id)?;
        let refuses_credential = self.third_party.at(&id).refuses_credential;
        self.change_connection(id, |app| match app.connection_facts() {
            Some(facts) => app.connection.activated(AppFacts { refuses_credential, ..facts }),
            None => Ok(unsupported()),
        })
        .map(drop)
    }

    /// POST connections/default/lifecycle/deactivate.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn deactivate_connection(&mut self, id: &str) -> Result<(), OktaError> {
        let (id, _) = self.app(id)?;
        self.change_connection(id, |app| Ok(app.connection.deactivated())).map(drop)
    }

    /// Replaces a connection with the one that a rule returns, and updates the index of open attempts.
    fn change_connection(
        &mut self,
        id: AppId,
        rule: impl FnOnce(&App) -> Result<Connection, OktaError>,
    ) -> Result<(AppId, &App), OktaError> {
        let app = self.apps.get_mut(&id).map(Arc::make_mut).ok_or_else(|| unknown_app(id.as_str()))?;
        let next = rule(app)?;
        let before = app.connection.consent().map(|consent| consent.state);
        let after = next.consent().map(|consent| consent.state);
        app.connection = next;
        self.change_attempt(id, before, after);
        Ok((id, self.app(id.as_str())?.1))
    }

    /// Replaces the open attempt of an app in the index.
    pub(super) fn change_attempt(&mut self, id: AppId, before: Option<State>, after: Option<State>) {
        if before != after {
            before.map(|state| self.attempts.remove(&state));
            after.map(|state| self.attempts.insert(state, Attempt::new(id)));
        }
    }

    /// Returns the holder of the connection's signing key, and the key if it was already generated.
    ///
    /// # Errors
    /// E0000007 for apps other than okta_org2org.
    pub(crate) fn connection_key(
        &self,
        id: &str,
    ) -> Result<(AppId, KeyHolder, Option<&PublicKey>), OktaError> {
        let (id, app) = self.app(id)?;
        if app.kind() != Some(AppKind::Org2Org) {
            return Err(OktaError::not_found(&rule::CONNECTION_JWKS_OTHER_APP, id.as_str(), "AppInstance"));
        }
        rule::CONNECTION_JWKS_FORM.apply();
        let holder = app.key_holder();
        let key = self.keys.get(&id).and_then(|keys| keys.get(holder));
        Ok((id, holder, key))
    }

    /// Stores a generated key.
    pub(crate) fn store_key(&mut self, id: AppId, holder: KeyHolder, key: PublicKey) {
        if self.apps.contains_key(&id) {
            self.keys.entry(id).or_default().insert(holder, key);
        }
    }
}

impl App {
    /// Returns the holder of the key that signs for the app's connection.
    fn key_holder(&self) -> KeyHolder {
        use crate::rules::connection::{Credential, RotationMode};
        match &self.connection {
            Connection::Set {
                credential: Credential::ServiceApp { rotation_mode: Some(RotationMode::Auto), .. },
                ..
            } => KeyHolder::Connection,
            _ => KeyHolder::App(self.signing_key),
        }
    }
}

/// Returns the connection of an app without provisioning, which never changes.
fn unsupported() -> Connection {
    rule::CONNECTION_UNSUPPORTED.apply();
    Connection::NeverSet
}
