//! The org over HTTP: extract, call the org, render.
//!
//! [`service`] builds what ships; the tests drive the very same.

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

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use secrecy::SecretString;

use crate::org::Org;

pub use edge::OrgService;
pub(crate) use edge::unreadable_answer;

/// The largest body that is read.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The largest head that is taken, in octets.
pub const HEAD_LIMIT: usize = 64 * 1024;

/// How the third-party app answers a person who comes with the authorize link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
pub struct Settings {
    /// The API tokens that are administrators'. With no token of either kind, every well-formed
    /// credential is one.
    pub api_tokens: Vec<SecretString>,
    /// The OAuth 2.0 access tokens that are administrators'.
    pub access_tokens: Vec<SecretString>,
    /// How the third-party app answers.
    pub consent: ConsentMode,
    /// Whether what a real org does not have is served under `/_mock`.
    pub control_plane: bool,
    /// Hosts that are served besides addresses and private names, while no token is declared; `*`
    /// allows any. The control plane is served at these alone, whatever is declared.
    pub allowed_hosts: Vec<String>,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
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

/// An org and how it is served, shared by all requests.
#[derive(Clone, Debug)]
pub struct SharedOrg(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    org: Mutex<Org>,
    settings: Settings,
}

impl SharedOrg {
    /// Shares an org.
    #[must_use]
    pub fn new(org: Org, settings: Settings) -> Self {
        Self(Arc::new(Shared { org: Mutex::new(org), settings }))
    }

    /// The org, behind its one lock. Nothing may be awaited while it is held.
    ///
    /// A lock that a panic left behind is taken all the same: every call on the org is whole.
    pub fn lock(&self) -> MutexGuard<'_, Org> {
        self.0.org.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }
}

/// The service of an org: what listeners serve.
pub fn service(org: SharedOrg) -> OrgService {
    OrgService::new(org)
}

/// The same service as a router, to be put among routes and under layers of one's own.
pub fn router(org: SharedOrg) -> Router {
    Router::new().fallback_service(service(org))
}
