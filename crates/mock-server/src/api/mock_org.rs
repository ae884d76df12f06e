//! An org with its lock, shared by requests and embedders.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;

use super::edge::OrgService;
use super::settings::Settings;
use crate::org::Org;
use crate::org::clock::ClockEnd;
use crate::rules::identifier::AppId;

/// An org and its settings. Clones share the same org.
#[derive(Clone)]
pub struct MockOrg(Arc<Shared>);

struct Shared {
    org: Mutex<Org>,
    /// The initial org, for a reset.
    initial: Org,
    settings: Settings,
}

/// An app of an org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct App {
    id: AppId,
    name: &'static str,
}

impl App {
    /// Returns the id, such as `0oagoogle00000000001`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// Returns the app name, such as `google`.
    #[must_use]
    pub const fn name(&self) -> &str {
        self.name
    }
}

impl MockOrg {
    pub(crate) fn new(initial: Org, settings: Settings) -> Self {
        Self(Arc::new(Shared { org: Mutex::new(initial.clone()), initial, settings }))
    }

    /// Returns the apps of the org, ordered by id.
    #[must_use]
    pub fn apps(&self) -> Vec<App> {
        let org = self.lock();
        org.apps().map(|(id, app)| App { id: *id, name: app.kind.definition().name }).collect()
    }

    /// Advances the org's clock by whole seconds. Timestamps, expiries and the rate limit follow.
    ///
    /// # Errors
    /// If the clock would pass its end.
    pub fn advance_clock(&self, time: Duration) -> Result<(), ClockEnd> {
        self.lock().clock.advance(time.as_secs())
    }

    /// Resets the org to its initial state: apps, clock, and the ids to come.
    pub fn reset(&self) {
        *self.lock() = self.0.initial.clone();
    }

    /// Returns the org as a router, to combine with other routes and layers.
    pub fn router(&self) -> Router {
        Router::new().fallback_service(self.service())
    }

    /// Returns the org as a service, as listeners serve it.
    pub(crate) fn service(&self) -> OrgService {
        OrgService::new(self.clone())
    }

    /// Locks the org. Do not await while holding the lock.
    ///
    /// A lock poisoned by a panic is taken anyway: each call on the org is all or nothing.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Org> {
        self.0.org.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }
}

impl fmt::Debug for MockOrg {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MockOrg").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
