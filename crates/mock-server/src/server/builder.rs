//! The builder: what a mock is, and why it does not start.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use super::mock_server::MockServer;
use crate::api::{self, ConsentMode, MockOrg, Settings};
use crate::org::clock::{Clock, MAX_TIME_TEXT};
use crate::org::load::{Load, LoadError};
use crate::org::{Org, OrgSettings};

/// Why a mock does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    #[non_exhaustive]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The operating system has no random bytes.
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[source] Box<dyn Error + Send + Sync>),
    /// The described org cannot be loaded.
    #[error("cannot load the described org: {0}")]
    Load(#[from] LoadError),
    /// The clock cannot be set to this time.
    #[error("the clock can be set to a time from 1970-01-01T00:00:00Z to {MAX_TIME_TEXT}")]
    Clock,
}

/// What limits a mock, so that no client can exhaust it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many connections are served at once; more wait to be accepted.
    pub connections: usize,
    /// How long the head of a request may take, and an idle connection stay open.
    pub head_timeout: Duration,
    /// How long the body of a request may take.
    pub body_timeout: Duration,
    /// How long a client may take nothing of its answer.
    pub write_timeout: Duration,
    /// How large the head of a request may be, in bytes.
    pub head_size: usize,
    /// How long answers under way may take once the server stops.
    pub shutdown_timeout: Duration,
    /// How many apps the org can hold.
    pub apps: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            head_size: api::HEAD_LIMIT,
            shutdown_timeout: Duration::from_secs(3),
            apps: 250_000,
        }
    }
}

/// Builds a mock org.
#[derive(Debug)]
pub struct Builder {
    address: SocketAddr,
    load: Load,
    frozen_at: Option<SystemTime>,
    org: OrgSettings,
    settings: Settings,
    limits: Limits,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            load: Load::default(),
            frozen_at: None,
            org: OrgSettings::default(),
            settings: Settings::default(),
            limits: Limits::default(),
        }
    }
}

impl Builder {
    /// Listens on this address; port 0, the default, picks a free one.
    #[must_use]
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Begins with this org; the default is [`Load::Guide`].
    #[must_use]
    pub fn load(mut self, load: Load) -> Self {
        self.load = load;
        self
    }

    /// Repeats every id, key and code of an earlier mock with the same seed. By default they are random.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.org.seed = Some(seed);
        self
    }

    /// Freezes the clock at this time, by whole seconds. By default it is the system's.
    #[must_use]
    pub const fn frozen_clock(mut self, time: SystemTime) -> Self {
        self.frozen_at = Some(time);
        self
    }

    /// Answers 429 beyond so many requests a minute. By default a limit is shown but not enforced.
    #[must_use]
    pub const fn rate_limit(mut self, requests: u32) -> Self {
        self.org.rate_limit = Some(requests);
        self
    }

    /// Refuses requests with members or query parameters that the mock takes no notice of.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.org.strict = true;
        self
    }

    /// Sets how the third-party app answers the authorize link.
    #[must_use]
    pub const fn consent(mut self, consent: ConsentMode) -> Self {
        self.settings.consent = consent;
        self
    }

    /// Declares an API token (SSWS) of an administrator. While no token of either kind is declared, every
    /// well-formed credential is an administrator's.
    #[must_use]
    pub fn api_token(mut self, token: impl Into<SecretString>) -> Self {
        self.settings.api_tokens.push(token.into());
        self
    }

    /// Declares an OAuth 2.0 access token (Bearer) of an administrator.
    #[must_use]
    pub fn access_token(mut self, token: impl Into<SecretString>) -> Self {
        self.settings.access_tokens.push(token.into());
        self
    }

    /// Serves this host besides addresses and private names; `*` allows any.
    #[must_use]
    pub fn allowed_host(mut self, host: impl Into<String>) -> Self {
        self.settings.allowed_hosts.push(host.into());
        self
    }

    /// Serves nothing under `/_mock`.
    #[must_use]
    pub const fn without_control_plane(mut self) -> Self {
        self.settings.control_plane = false;
        self
    }

    /// Sets what limits the mock.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Builds the org alone, without a listener.
    ///
    /// # Errors
    /// When the org cannot be loaded, or its clock not be set.
    pub fn build(self) -> Result<MockOrg, StartError> {
        let Self { load, frozen_at, mut org, mut settings, limits, .. } = self;
        if let Some(time) = frozen_at {
            org.clock = Clock::frozen_at(time).ok_or(StartError::Clock)?;
        }
        org.app_limit = limits.apps;
        settings.body_timeout = limits.body_timeout;
        let mut org = Org::new(&org).map_err(|error| StartError::Random(Box::new(error)))?;
        load.into_org(&mut org)?;
        Ok(MockOrg::new(org, settings))
    }

    /// Listens and serves. The mock answers once this returns.
    ///
    /// # Errors
    /// When the org cannot be built or the address not be listened on.
    pub async fn start(self) -> Result<MockServer, StartError> {
        let (address, limits) = (self.address, self.limits);
        MockServer::serve(self.build()?, address, limits).await
    }
}
