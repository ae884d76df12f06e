//! The org over HTTP: extract, call the org, render.
//!
//! [`MockOrg::service`] is what ships; the tests drive the very same.

mod answer;
mod apps;
mod authentication;
mod body;
mod browser;
mod call;
mod connections;
mod consent;
mod control;
mod edge;
mod features;
mod header_set;
mod host;
mod leftover;
mod operation;
mod origin;
mod refusal;
mod render;
mod third_party;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use secrecy::SecretString;

use crate::org::Org;
use crate::org::clock::ClockEnd;
use crate::rules::identifier::AppId;

pub(crate) use edge::{OrgService, unreadable_answer};

/// The largest body that is read.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// The largest head that is taken, in octets.
pub(crate) const HEAD_LIMIT: usize = 64 * 1024;

/// How the third-party app answers a person who comes with the authorize link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsentMode {
    /// Asks whoever wants HTML; takes others through as if they had allowed.
    #[default]
    AskBrowsers,
    /// Asks everybody.
    Ask,
    /// Allows without asking.
    Grant,
    /// Denies without asking.
    Deny,
}

/// How the org is served.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The API tokens that are administrators'. With no token of either kind, every well-formed
    /// credential is one.
    pub(crate) api_tokens: Vec<SecretString>,
    /// The OAuth 2.0 access tokens that are administrators'.
    pub(crate) access_tokens: Vec<SecretString>,
    /// How the third-party app answers.
    pub(crate) consent: ConsentMode,
    /// Whether what a real org does not have is served under `/_mock`.
    pub(crate) control_plane: bool,
    /// Hosts that are served besides addresses and private names, while no token is declared; `*`
    /// allows any. The control plane is served at these alone, whatever is declared.
    pub(crate) allowed_hosts: Vec<String>,
    /// How long a body may take to arrive.
    pub(crate) body_timeout: Duration,
}

impl Settings {
    fn declares_tokens(&self) -> bool {
        !self.api_tokens.is_empty() || !self.access_tokens.is_empty()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_tokens: Vec::new(),
            access_tokens: Vec::new(),
            consent: ConsentMode::default(),
            control_plane: true,
            allowed_hosts: Vec::new(),
            body_timeout: Duration::from_secs(10),
        }
    }
}

/// An org, and how it is served. Clones are the same org.
#[derive(Clone)]
pub struct MockOrg(Arc<Shared>);

struct Shared {
    org: Mutex<Org>,
    /// The org as it began.
    beginning: Org,
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
    pub(crate) fn new(beginning: Org, settings: Settings) -> Self {
        Self(Arc::new(Shared { org: Mutex::new(beginning.clone()), beginning, settings }))
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
        *self.lock() = self.0.beginning.clone();
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

    fn settings(&self) -> &Settings {
        &self.0.settings
    }
}

impl fmt::Debug for MockOrg {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MockOrg").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
