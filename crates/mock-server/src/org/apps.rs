//! Apps: create, list, replace, delete, activate, deactivate.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde_json::Value;

use super::random::Random;
use super::state::{Body, Org, mark_unchanged, read};
use crate::rules::app::{App, AppStatus, NewIds, SigningKeys};
use crate::rules::behaviour as rule;
use crate::rules::body::Object;
use crate::rules::catalogue::AppKind;
use crate::rules::consent::Consent;
use crate::rules::error::OktaError;
use crate::rules::identifier::{AppId, KeyId, OktaId};
use crate::rules::listing::ListRequest;

/// The source of the ids of a new app of an org.
struct OrgIds<'o> {
    random: &'o mut Random,
    apps: &'o BTreeMap<AppId, Arc<App>>,
    /// The id that a state document chose.
    chosen: Option<AppId>,
    org_key: KeyId,
}

impl NewIds for OrgIds<'_> {
    fn app(&mut self, kind: AppKind, label: &str) -> AppId {
        // A state document may have brought the id that would be next.
        self.chosen.unwrap_or_else(|| {
            loop {
                let id = self.random.app_id(kind.definition().name, label);
                if !self.apps.contains_key(&id) {
                    break id;
                }
            }
        })
    }

    fn signing_keys(&mut self, app: &AppId) -> SigningKeys {
        SigningKeys { own: self.random.app_key(app), org: self.org_key }
    }

    fn client_key(&mut self, app: &AppId, description: &str) -> OktaId {
        self.random.new_id(*b"pks", "client key", &[app.as_str(), description])
    }

    fn client_secret(&mut self, app: &AppId) -> OktaId {
        self.random.new_id(*b"ocs", "client secret", &[app.as_str()])
    }
}

/// A page of a list of apps. It shares the apps as they are now; later changes do not affect it.
pub(crate) struct Page {
    /// The apps, by id.
    pub(crate) apps: Vec<(AppId, Arc<App>)>,
    /// True if there are more apps.
    pub(crate) has_more: bool,
}

impl Org {
    /// POST /apps.
    ///
    /// # Errors
    /// E0000003 and E0000001 as [`App::create`]; E0000001 if the org is full.
    pub(crate) fn create_app(&mut self, body: &Body<'_>, activate: bool) -> Result<(AppId, &App), OktaError> {
        let body = read(body)?;
        let (id, app) = self.new_app(None, body, activate)?;
        self.check_nothing_ignored(body)?;
        self.check_app_limit()?;
        self.insert_app(id, app);
        self.app(id.as_str()).map(|(id, app)| (id, &**app))
    }

    /// Returns an app with this id or a new one. It is not yet an app of the org.
    pub(super) fn new_app(
        &mut self,
        id: Option<AppId>,
        body: &Object<'_>,
        activate: bool,
    ) -> Result<(AppId, App), OktaError> {
        let now = self.clock.now();
        App::create(body, activate, &mut self.new_ids(id), now)
    }

    /// Returns the source of the ids of a new app, whose own id may be chosen.
    pub(super) fn new_ids(&mut self, chosen: Option<AppId>) -> impl NewIds {
        let org_key = self.identity.signing_key;
        OrgIds { random: &mut self.random, apps: &self.apps, chosen, org_key }
    }

    /// Stores a new or a changed app.
    pub(super) fn insert_app(&mut self, id: AppId, app: App) {
        if app.client.is_some() {
            self.client_ids.insert(id);
        }
        self.apps.insert(id, Arc::new(app));
    }

    /// Removes an app, with its consent attempt.
    pub(super) fn remove_app(&mut self, id: AppId) {
        let Some(app) = self.apps.remove(&id) else { return };
        if let Some(consent) = app.connection.consent() {
            self.attempts.remove(&consent.state);
        }
        self.client_ids.remove(&id);
        self.third_party.retain(|app| *app != id);
    }

    /// Checks that the org has room for another app.
    pub(super) fn check_app_limit(&self) -> Result<(), OktaError> {
        if self.apps.len() < self.app_limit {
            return Ok(());
        }
        let cause = "Cannot create application instance. Maximum number of instances has been reached.";
        Err(OktaError::validation(&rule::APP_LIMIT, "generalSettings", cause))
    }

    /// Puts an app into the state that a document describes. `check` may refuse the rest of the document.
    ///
    /// # Errors
    /// E0000007, then as [`App::described`].
    pub(crate) fn describe_app(
        &mut self,
        id: &str,
        members: &Object<'_>,
        check: impl FnOnce(&Object<'_>) -> Result<(), OktaError>,
    ) -> Result<(AppId, Arc<App>), OktaError> {
        let (id, app) = self.app(id)?;
        // A refused call does not change the ids to come.
        let mut random = self.random.clone();
        let attempt = || Consent { state: random.state(&id), started: self.clock.now(), granted: false };
        let mut next = app.described(members, attempt).map_err(|(_, error)| error)?;
        check(members)?;
        let state_of = |app: &App| app.connection.consent().map(|consent| consent.state);
        let (before, after) = (state_of(app), state_of(&next));
        if after != before && after.is_some_and(|state| self.attempts.contains_key(&state)) {
            let cause = "state: The open attempt of another app has this state";
            return Err(OktaError::validation(&rule::CONTROL_STATE, "state", cause));
        }
        self.change_attempt(id, before, after);
        self.random = random;
        self.assign_client_ids(id, &mut next);
        let next = Arc::new(next);
        self.apps.insert(id, next.clone());
        Ok((id, next))
    }

    /// GET /apps.
    #[must_use]
    pub(crate) fn list(&self, request: &ListRequest) -> Page {
        let start = request.after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut selected =
            self.apps.range((start, Bound::Unbounded)).filter(|(id, app)| request.selects(id, app));
        let page = selected.by_ref().take(request.limit);
        let apps: Vec<_> = page.map(|(id, app)| (*id, app.clone())).collect();
        Page { has_more: selected.next().is_some(), apps }
    }

    /// PUT /apps/{appId}. `as_read` returns the app as a GET answers it.
    ///
    /// # Errors
    /// E0000007, then as [`App::replaced`].
    pub(crate) fn replace_app(
        &mut self,
        id: &str,
        body: &Body<'_>,
        as_read: impl FnOnce(AppId, &App) -> Value,
    ) -> Result<(AppId, &App), OktaError> {
        let (id, app) = self.app(id)?;
        let body = read(body)?;
        let mut next = app.replaced(body, self.clock.now())?;
        mark_unchanged(body, || as_read(id, app));
        self.check_nothing_ignored(body)?;
        self.assign_client_ids(id, &mut next);
        let app = self.app_mut(&id)?;
        *app = next;
        Ok((id, app))
    }

    /// DELETE /apps/{appId}.
    ///
    /// # Errors
    /// E0000007; E0000056 while the app is active.
    pub(crate) fn delete_app(&mut self, id: &str) -> Result<(), OktaError> {
        let (id, app) = self.app(id)?;
        app.check_deletable()?;
        self.remove_app(id);
        Ok(())
    }

    /// POST /apps/{appId}/lifecycle/activate and deactivate.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn set_app_status(&mut self, id: &str, status: AppStatus) -> Result<(), OktaError> {
        rule::APP_LIFECYCLE_EMPTY_OBJECT.apply();
        let (id, _) = self.app(id)?;
        let now = self.clock.now();
        let app = self.app_mut(&id)?;
        if app.status != status {
            app.status = status;
            app.last_updated = now;
        }
        Ok(())
    }
}
