//! An org with its lock: what requests and embedders share.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;

use super::edge::OrgService;
use super::settings::Settings;
use crate::org::Org;
use crate::org::clock::ClockEnd;
use crate::rules::identifier::AppId;

/// An org, and how it is served. Clones are the same org.
#[derive(Clone)]
pub struct MockOrg(Arc<Shared>);

struct Shared {
    org: Mutex<Org>,
    /// The org as it began.
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
    /// Its id, such as `0oagoogle00000000001`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// The name of its kind, such as `google`.
    #[must_use]
    pub const fn name(&self) -> &str {
        self.name
    }
}

impl MockOrg {
    pub(crate) fn new(initial: Org, settings: Settings) -> Self {
        Self(Arc::new(Shared { org: Mutex::new(initial.clone()), initial, settings }))
    }

    /// The apps of the org, by id.
    #[must_use]
    pub fn apps(&self) -> Vec<App> {
        let org = self.lock();
        org.apps().map(|(id, app)| App { id: *id, name: app.kind.definition().name }).collect()
    }

    /// Moves the org's clock forward, by whole seconds: timestamps, expiries and the rate limit follow.
    ///
    /// # Errors
    /// When the clock would pass its end.
    pub fn advance_clock(&self, time: Duration) -> Result<(), ClockEnd> {
        self.lock().clock.advance(time.as_secs())
    }

    /// Puts the org back to what it began with: apps, clock, and the ids that are to come.
    pub fn reset(&self) {
        *self.lock() = self.0.initial.clone();
    }

    /// The org as a router, to be put among routes and under layers of one's own.
    pub fn router(&self) -> Router {
        Router::new().fallback_service(self.service())
    }

    /// The org as a service: what listeners serve.
    pub(crate) fn service(&self) -> OrgService {
        OrgService::new(self.clone())
    }

    /// The org, behind its one lock. Nothing may be awaited while it is held.
    ///
    /// A lock that a panic left behind is taken all the same: every call on the org is whole.
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
