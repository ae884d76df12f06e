//! Provisioning connections: set, activate, deactivate, and their signing keys.

use std::sync::Arc;

use super::attempt::Attempt;
use super::state::{Body, Org, read, unknown_app};
use crate::rules::app::App;
use crate::rules::behaviour as rule;
use crate::rules::body::check_nothing_ignored;
use crate::rules::catalogue::AppKind;
use crate::rules::connection::{
    AppFacts, Connection, Credential, TargetToken, Verification, current_period, published_periods,
};
use crate::rules::consent::Consent;
use crate::rules::error::OktaError;
use crate::rules::identifier::{AppId, KeyId, State};

/// What the activation of a connection asks the target org.
pub(crate) struct TargetQuestion {
    /// The app.
    pub(crate) app: AppId,
    /// The URL of the target.
    pub(crate) base_url: String,
    /// The credential to be verified.
    pub(crate) credential: TargetCredential,
}

/// The credential of a connection to an org.
pub(crate) enum TargetCredential {
    /// An API token of the target.
    Token(TargetToken),
    /// A client of the target, and the key that signs for it.
    ServiceApp {
        /// The client id.
        client_id: Box<str>,
        /// The id of the key.
        key: KeyId,
    },
}

impl Org {
    /// POST connections/default. `answer` is what the target says of the credential, if it was asked.
    ///
    /// # Errors
    /// E0000007, E0000003, then as [`Connection::set`].
    pub(crate) fn set_connection(
        &mut self,
        id: &str,
        body: &Body<'_>,
        activate: bool,
        answer: Option<&Result<(), String>>,
    ) -> Result<(AppId, &App), OktaError> {
        let (id, _) = self.app(id)?;
        let attempt = Consent { state: self.random.state(&id), started: self.clock.now(), granted: false };
        let strict = self.strict;
        let verification = self.verification(&id, answer);
        self.change_connection(id, |app| {
            let body = read(body)?;
            let Some(facts) = app.connection_facts() else {
                body.mark_read(&["profile", "baseUrl"]);
                return Ok(unsupported());
            };
            let facts = AppFacts { verification, ..facts };
            let next = app.connection.set(facts, body, activate, attempt)?;
            if strict {
                check_nothing_ignored(body)?;
            }
            Ok(next)
        })
    }

    /// POST connections/default/lifecycle/activate. `answer` is as in [`Org::set_connection`].
    ///
    /// # Errors
    /// E0000007, then as [`Connection::activated`].
    pub(crate) fn activate_connection(
        &mut self,
        id: &str,
        answer: Option<&Result<(), String>>,
    ) -> Result<(), OktaError> {
        let (id, _) = self.app(id)?;
        let verification = self.verification(&id, answer);
        self.change_connection(id, |app| match app.connection_facts() {
            Some(facts) => app.connection.activated(AppFacts { verification, ..facts }),
            None => Ok(unsupported()),
        })
        .map(drop)
    }

    fn verification<'a>(&self, id: &AppId, answer: Option<&'a Result<(), String>>) -> Verification<'a> {
        match (self.third_party.at(id).refuses_credential, answer) {
            (true, _) => Verification::Refused,
            (false, None) => Verification::NotAsked,
            (false, Some(Ok(()))) => Verification::Accepted,
            (false, Some(Err(reason))) => Verification::RefusedByOrg(reason),
        }
    }

    /// Returns what activating a connection has to ask its target, if the target is an org: with the body of a
    /// request that sets it, or as it is. A request that will be refused asks nothing.
    pub(crate) fn question_to_target(&self, id: &str, body: Option<&Body<'_>>) -> Option<TargetQuestion> {
        let (id, app) = self.app(id).ok()?;
        let facts = app.connection_facts().filter(|facts| facts.is_active)?;
        if app.kind() != Some(AppKind::Org2Org) || self.third_party.at(&id).refuses_credential {
            return None;
        }
        let next = match body {
            None if app.connection.is_enabled() => return None,
            None => app.connection.clone(),
            Some(body) => {
                let state = State([0; 16]);
                let attempt = Consent { state, started: self.clock.now(), granted: false };
                app.connection.set(facts, body.as_ref().ok()?, false, attempt).ok()?
            }
        };
        let credential = match next.credential()? {
            Credential::Token { base_url, token } => {
                let base_url = base_url.as_deref().or(facts.base_url)?.to_owned();
                return Some(TargetQuestion {
                    app: id,
                    base_url,
                    credential: TargetCredential::Token(token.clone()?),
                });
            }
            Credential::ServiceApp { client_id, .. } => {
                let key = match next.rotates_automatically() {
                    true => self.random.connection_key(&id, current_period(app.created, self.clock.now())),
                    false => app.signing_key,
                };
                TargetCredential::ServiceApp { client_id: client_id.clone(), key }
            }
            Credential::Consent(_) => return None,
        };
        Some(TargetQuestion { app: id, base_url: facts.base_url?.to_owned(), credential })
    }

    /// Publishes the key of a connection while it is verified: the connection may not be set yet.
    pub(crate) fn begin_verification(&mut self, id: AppId, key: KeyId) {
        self.verifying.push((id, key));
    }

    /// Ends what [`Org::begin_verification`] began.
    pub(crate) fn end_verification(&mut self, id: AppId, key: KeyId) {
        if let Some(index) = self.verifying.iter().position(|entry| *entry == (id, key)) {
            self.verifying.swap_remove(index);
        }
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

    /// Returns the ids of the keys that the connection's key set publishes, the one in use first. MANUAL and no
    /// mode: the app's signing key. AUTO: the connection's own key, which the org rotates (OpenAPI, guide-o2o).
    ///
    /// # Errors
    /// E0000007 for apps other than okta_org2org.
    pub(crate) fn connection_keys(&self, id: &str) -> Result<Vec<KeyId>, OktaError> {
        let (id, app) = self.app(id)?;
        if app.kind() != Some(AppKind::Org2Org) {
            return Err(OktaError::not_found(&rule::CONNECTION_JWKS_OTHER_APP, id.as_str(), "AppInstance"));
        }
        rule::CONNECTION_JWKS_FORM.apply();
        let mut keys = match app.connection.rotates_automatically() {
            false => vec![app.signing_key],
            true => {
                let periods = published_periods(app.created, self.clock.now());
                periods.into_iter().map(|period| self.random.connection_key(&id, period)).collect()
            }
        };
        for (app, key) in &self.verifying {
            if *app == id && !keys.contains(key) {
                keys.push(*key);
            }
        }
        Ok(keys)
    }
}

/// Returns the connection of an app without provisioning, which never changes.
fn unsupported() -> Connection {
    rule::CONNECTION_UNSUPPORTED.apply();
    Connection::NeverSet
}
