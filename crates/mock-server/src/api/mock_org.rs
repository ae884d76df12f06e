//! An org with its lock, shared by requests and embedders.

use std::convert::Infallible;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::Response;
use tokio::sync::Notify;
use tower::Service as _;

use super::answer::full_body;
use super::edge::OrgService;
use super::endpoint::Endpoint;
use super::fault::ConnectionClosed;
use super::orgs::Orgs;
use super::origin::Scheme;
use super::settings::Settings;
use crate::org::Org;
use crate::org::clock::ClockEnd;
use crate::org::controlled::ControlledOrg;
use crate::org::document::Load;
use crate::org::random::seed_for;
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;
use crate::rules::identifier::AppId;

/// An org and its settings. Clones share the same org.
#[derive(Clone)]
pub struct MockOrg(Arc<Shared>);

struct Shared {
    org: Mutex<ControlledOrg>,
    /// Notified of each new entry in the request log.
    logged: Notify,
    started: Instant,
    settings: Arc<Settings>,
    /// Origins whose pages may call the API.
    trusted_origins: Vec<String>,
}

/// The locked org. It reads as the org itself; [`OrgGuard::controlled`] has the rest.
pub(crate) struct OrgGuard<'a>(MutexGuard<'a, ControlledOrg>);

impl OrgGuard<'_> {
    /// Returns the org with its request log, faults and checkpoints.
    pub(crate) fn controlled(&mut self) -> &mut ControlledOrg {
        &mut self.0
    }
}

impl Deref for OrgGuard<'_> {
    type Target = Org;

    fn deref(&self) -> &Org {
        &self.0.org
    }
}

impl DerefMut for OrgGuard<'_> {
    fn deref_mut(&mut self) -> &mut Org {
        &mut self.0.org
    }
}

/// An app of an org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    id: AppId,
    name: Box<str>,
}

impl App {
    /// Returns the id, such as `0oagoogle00000000001`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// Returns the app name, such as `google`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl MockOrg {
    pub(crate) fn new(initial: Org, settings: Arc<Settings>) -> Self {
        let trusted_origins = settings.trusted_origins.clone();
        Self::with_origins(initial, settings, trusted_origins)
    }

    fn with_origins(initial: Org, settings: Arc<Settings>, trusted_origins: Vec<String>) -> Self {
        let org = Mutex::new(ControlledOrg::new(initial, settings.control_limits));
        let (logged, started) = (Notify::new(), Instant::now());
        Self(Arc::new(Shared { org, logged, started, settings, trusted_origins }))
    }

    /// Creates another org of the process. If the process has a seed, its ids depend on the name, too.
    ///
    /// # Errors
    /// E0000001 if the initial state cannot be loaded.
    pub(super) fn sibling(&self, name: &str, load: Load, trusted: Vec<String>) -> Result<Self, OktaError> {
        let mut settings = self.settings().new_org.clone();
        settings.seed = settings.seed.map(|seed| seed_for(seed, name));
        let org = Org::new(&settings).map_err(|error| {
            OktaError::validation(&rule::CONTROL_ORG, "name", format!("name: no random numbers: {error}"))
        })?;
        let org = load
            .into_org(org)
            .map_err(|error| OktaError::validation(error.rule(), "load", error.to_string()))?;
        let trusted = [&self.settings().trusted_origins[..], &trusted].concat();
        Ok(Self::with_origins(org, self.0.settings.clone(), trusted))
    }

    /// Creates an org in the state of this one. It resets to that state; faults, checkpoints and the request
    /// log are not copied.
    pub(super) fn forked(&self, trusted: Vec<String>) -> Self {
        let org = self.lock().clone();
        let trusted = [self.trusted_origins(), &trusted].concat();
        Self::with_origins(org, self.0.settings.clone(), trusted)
    }

    /// Returns the apps of the org, ordered by id.
    #[must_use]
    pub fn apps(&self) -> Vec<App> {
        let org = self.lock();
        org.apps().map(|(id, app)| App { id: *id, name: app.name().into() }).collect()
    }

    /// Advances the org's clock by whole seconds. Timestamps, expiries and the rate limit follow.
    ///
    /// # Errors
    /// If the clock would pass its end.
    pub fn advance_clock(&self, time: Duration) -> Result<(), ClockEnd> {
        self.lock().clock.advance(time.as_secs())
    }

    /// Resets the org to its initial state: apps, clock, rate limit, and the ids to come. Faults and the
    /// request log are removed.
    pub fn reset(&self) {
        self.lock().controlled().reset();
    }

    /// Returns the org as a router, to combine with other routes and layers. Orgs that are added over the
    /// control plane are reached by host name.
    pub fn router(&self) -> Router {
        let orgs = Orgs::new(self.clone(), None);
        let service = OrgService::new(Endpoint { org: self.clone(), orgs, scheme: Scheme::Http });
        let service = tower::service_fn(move |request: Request| {
            let answer = service.clone().call(request);
            async move {
                Ok::<_, Infallible>(match answer.await {
                    Ok(answer) => answer.map(Body::new),
                    // A router cannot close the connection; an answer that breaks off does.
                    Err(ConnectionClosed) => Response::new(Body::new(full_body("-").truncated(0))),
                })
            }
        });
        Router::new().fallback_service(service)
    }

    /// Locks the org. Do not await while holding the lock.
    ///
    /// A lock poisoned by a panic is taken anyway: each call on the org is all or nothing.
    pub(crate) fn lock(&self) -> OrgGuard<'_> {
        OrgGuard(self.0.org.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns what is notified of each new entry in the request log.
    pub(super) fn logged(&self) -> &Notify {
        &self.0.logged
    }

    /// Returns how long the org has been there. Not the org's own clock, which tests move.
    pub(super) fn uptime(&self) -> Duration {
        self.0.started.elapsed()
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(super) fn trusted_origins(&self) -> &[String] {
        &self.0.trusted_origins
    }
}

impl fmt::Debug for MockOrg {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MockOrg").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
