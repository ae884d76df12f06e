//! The builder of a mock, and the errors of starting it.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use url::Url;

use super::mock_server::MockServer;
use super::tls::{Tls, TlsError};
use crate::api::{self, MockOrg, NewOrg, Refused, Settings};
use crate::org::clock::{Clock, MAX_TIME_TEXT};
use crate::org::controlled::ControlLimits;
use crate::org::document::{Load, LoadError};
use crate::org::request_log::LogLimits;
use crate::org::signing::{NoKey, SigningKey};
use crate::org::third_party::ConsentMode;
use crate::org::{Org, OrgSettings};

/// The error of starting a mock.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The mock cannot listen on the address.
    #[error("cannot listen on {address}: {source}")]
    #[non_exhaustive]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The reason.
        source: io::Error,
    },
    /// The operating system has no random bytes.
    #[error("the operating system has no random numbers: {0}")]
    Random(#[source] Box<dyn Error + Send + Sync>),
    /// The org file cannot be loaded.
    #[error("cannot load the org file: {0}")]
    Load(#[from] LoadError),
    /// No thread can be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
    /// https cannot be set up.
    #[error("cannot serve https: {0}")]
    Tls(#[from] TlsError),
    /// An org cannot be added.
    #[error("org {name}: {source}")]
    #[non_exhaustive]
    Org {
        /// The name of the org.
        name: String,
        /// The reason.
        source: Refused,
    },
    /// A trusted origin is none.
    #[error("{origin} is no origin; {hint}")]
    #[non_exhaustive]
    TrustedOrigin {
        /// The text.
        origin: String,
        /// What to give instead.
        hint: &'static str,
    },
    /// The signing key is none.
    #[error("the signing key must be an RSA private key of 2048 bits or more in PEM form (PKCS #8)")]
    SigningKey,
    /// The clock cannot be set to this time.
    #[error("the time must be from 1970-01-01T00:00:00Z to {MAX_TIME_TEXT}")]
    Clock,
}

impl From<NoKey> for StartError {
    fn from(_: NoKey) -> Self {
        Self::SigningKey
    }
}

/// Limits of a mock, so that no client can exhaust it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Maximum number of concurrent connections; further clients wait.
    pub connections: usize,
    /// Maximum time to receive a request head, and for a connection to be idle.
    pub head_timeout: Duration,
    /// Maximum time to receive a request body.
    pub body_timeout: Duration,
    /// Maximum time that a client may stop reading its answer.
    pub write_timeout: Duration,
    /// Maximum size of a request head, in bytes.
    pub head_size: usize,
    /// Maximum time for open requests to finish during shutdown.
    pub shutdown_timeout: Duration,
    /// Maximum number of apps in the org.
    pub apps: usize,
    /// Maximum number of requests in the request log.
    pub log_entries: usize,
    /// Maximum size of the request log, in bytes.
    pub log_bytes: usize,
    /// Maximum number of orgs.
    pub orgs: usize,
    /// Maximum number of checkpoints of an org.
    pub checkpoints: usize,
    /// Maximum number of faults of an org.
    pub faults: usize,
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
            log_entries: LogLimits::default().entries,
            log_bytes: LogLimits::default().bytes,
            orgs: api::MAX_ORGS,
            checkpoints: ControlLimits::default().checkpoints,
            faults: ControlLimits::default().faults,
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
    named: Vec<NewOrg>,
    tls: Option<Tls>,
    signing_key: Option<SecretString>,
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
            named: Vec::new(),
            tls: None,
            signing_key: None,
        }
    }
}

impl Builder {
    /// Sets the address to listen on. The default port 0 picks a free one.
    #[must_use]
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Sets the initial org. The default is [`Load::Guide`].
    #[must_use]
    pub fn load(mut self, load: Load) -> Self {
        self.load = load;
        self
    }

    /// Adds another org to the server.
    #[must_use]
    pub fn org(mut self, org: NewOrg) -> Self {
        self.named.push(org);
        self
    }

    /// Serves https with HTTP/1.1 and HTTP/2, instead of http.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Sets a seed that makes ids, keys and codes reproducible. By default they are random.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.org.seed = Some(seed);
        self
    }

    /// Freezes the clock at this time, in whole seconds. The default is the system clock.
    #[must_use]
    pub const fn frozen_clock(mut self, time: SystemTime) -> Self {
        self.frozen_at = Some(time);
        self
    }

    /// Answers 429 after this many requests per minute. By default, a limit is shown but not enforced.
    #[must_use]
    pub const fn rate_limit(mut self, requests: u32) -> Self {
        self.org.rate_limit = Some(requests);
        self
    }

    /// Refuses requests with members or query parameters that the mock ignores.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.org.strict = true;
        self
    }

    /// Sets how the third-party app answers the authorize link.
    #[must_use]
    pub const fn consent(mut self, consent: ConsentMode) -> Self {
        self.org.consent = consent;
        self
    }

    /// Declares an API token (SSWS) of an administrator. If no token of either kind is declared, every
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

    /// Signs access tokens with this RSA private key, in PEM form (PKCS #8). Without it, the org generates one,
    /// which a seed repeats. Orgs that are added keep keys of their own.
    #[must_use]
    pub fn signing_key(mut self, pem: impl Into<SecretString>) -> Self {
        self.signing_key = Some(pem.into());
        self
    }

    /// Serves this host in addition to IP addresses and private names; `*` allows any.
    #[must_use]
    pub fn allowed_host(mut self, host: impl Into<String>) -> Self {
        self.settings.allowed_hosts.push(host.into());
        self
    }

    /// Trusts an origin, such as `https://app.example.com`: its pages may call the API (CORS).
    #[must_use]
    pub fn trusted_origin(mut self, origin: impl Into<String>) -> Self {
        self.settings.trusted_origins.push(origin.into());
        self
    }

    /// Sets the page to which a browser returns after a consent. It gets the parameter
    /// `continue_oauth_flow_url`. Without it, a page of the mock shows the URL.
    #[must_use]
    pub fn after_consent(mut self, page: Url) -> Self {
        self.settings.after_consent = Some(page);
        self
    }

    /// Disables the control plane under `/_mock`.
    #[must_use]
    pub const fn without_control_plane(mut self) -> Self {
        self.settings.control_plane = false;
        self
    }

    /// Sets the limits of the mock.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Builds the org without a listener, and without the other orgs of the server.
    ///
    /// # Errors
    /// If the org cannot be loaded, its clock cannot be set, or a trusted origin is none.
    pub fn build(self) -> Result<MockOrg, StartError> {
        let Self { load, frozen_at, mut org, mut settings, limits, signing_key, .. } = self;
        if let Some(time) = frozen_at {
            org.clock = Clock::frozen_at(time).ok_or(StartError::Clock)?;
        }
        org.app_limit = limits.apps;
        settings.body_timeout = limits.body_timeout;
        settings.control_limits = ControlLimits {
            log: LogLimits { entries: limits.log_entries, bytes: limits.log_bytes },
            checkpoints: limits.checkpoints,
            faults: limits.faults,
        };
        settings.max_orgs = limits.orgs;
        for origin in &mut settings.trusted_origins {
            let parsed = api::parse_origin(origin);
            *origin = parsed.map_err(|hint| StartError::TrustedOrigin { origin: origin.clone(), hint })?;
        }
        settings.new_org = org.clone();
        org.token_key = signing_key.map(|pem| SigningKey::from_pem(&pem)).transpose()?.map(Arc::new);
        let org = Org::new(&org).map_err(|error| StartError::Random(Box::new(error)))?;
        Ok(MockOrg::new(load.into_org(org)?, Arc::new(settings)))
    }

    /// Builds the org and starts to serve it. The mock accepts requests when this returns.
    ///
    /// # Errors
    /// If an org cannot be built, or the address cannot be listened on.
    // The runtime is needed, although nothing is awaited.
    #[allow(clippy::unused_async)]
    pub async fn start(mut self) -> Result<MockServer, StartError> {
        let (address, limits, named) = (self.address, self.limits, std::mem::take(&mut self.named));
        let tls = self.tls.take().map(|tls| tls.into_server(address.ip())).transpose()?;
        let server = MockServer::serve(self.build()?, address, limits, tls)?;
        for org in named {
            let name = org.name().to_owned();
            server.add_org(org).map_err(|source| StartError::Org { name, source })?;
        }
        Ok(server)
    }
}
