//! Listeners, limits and shutdown; the builder that embedders use.

mod wire;

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use secrecy::SecretString;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::http::{self, ConsentMode, MockOrg, OrgService, Settings};
use crate::org::clock::{Clock, ClockEnd, LAST_TIME};
use crate::org::load::{Load, LoadError};
use crate::org::{Org, OrgSettings};

use wire::{Turn, Wire};

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
    /// The operating system has no random octets.
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[source] Box<dyn Error + Send + Sync>),
    /// The described org cannot be loaded.
    #[error("cannot load the described org: {0}")]
    Load(#[from] LoadError),
    /// The clock cannot be set to this time.
    #[error("the clock can be set to a time from 1970-01-01T00:00:00Z to {LAST_TIME}")]
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
    /// How large the head of a request may be, in octets.
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
            head_size: http::HEAD_LIMIT,
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
        serve(self.build()?, address, limits).await
    }
}

/// A mock org that is being served. Dropping it stops it at once; [`MockServer::shutdown`] lets
/// answers under way finish.
#[derive(Debug)]
pub struct MockServer {
    url: String,
    address: SocketAddr,
    org: MockOrg,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl MockServer {
    /// Builds a mock; without more it listens on a free port of 127.0.0.1 and holds the guide's org.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The org's URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address that is listened on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The org that is served.
    #[must_use]
    pub const fn org(&self) -> &MockOrg {
        &self.org
    }

    /// Moves the org's clock forward; see [`MockOrg::advance_clock`].
    ///
    /// # Errors
    /// When the clock would pass its end.
    pub fn advance_clock(&self, time: Duration) -> Result<(), ClockEnd> {
        self.org.advance_clock(time)
    }

    /// Puts the org back to what it began with; see [`MockOrg::reset`].
    pub fn reset(&self) {
        self.org.reset();
    }

    /// Stops: no new connections, and answers under way have the limits' time to finish.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        // The task ends by itself; a panic in it has been reported where it happened.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        if !*self.stop.borrow() {
            self.accepting.abort();
        }
    }
}

async fn serve(org: MockOrg, address: SocketAddr, limits: Limits) -> Result<MockServer, StartError> {
    let cannot = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let (stop, stopped) = watch::channel(false);
    let accepting = tokio::spawn(accept(listener, org.clone(), limits, stopped));
    Ok(MockServer { url: format!("http://{address}"), address, org, stop, accepting })
}

/// Accepts connections until the server stops, then waits for those that are open.
async fn accept(listener: TcpListener, org: MockOrg, limits: Limits, mut stopped: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let open = GracefulShutdown::new();
    loop {
        if places.available_permits() == 0 {
            tracing::warn!(
                connections = limits.connections,
                "all places are taken: new clients wait until a connection ends"
            );
        }
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = stop_wanted(&mut stopped) => break,
        };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, or a client that went away: neither ends the server.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
            () = stop_wanted(&mut stopped) => break,
        };
        let connection = open.watch(connection(stream, org.clone(), limits));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown_timeout, open.shutdown()).await.is_err() {
        tracing::warn!("stopped with connections still open");
    }
}

/// Ends when the server is to stop, or whoever could say so is gone.
async fn stop_wanted(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

type Connection = hyper::server::conn::http1::Connection<TokioIo<Wire<TcpStream>>, Connected>;

fn connection(stream: TcpStream, org: MockOrg, limits: Limits) -> Connection {
    let service = org.service();
    // Small answers leave at once.
    let _ = stream.set_nodelay(true);
    let turn = Turn::of_client();
    let wire = Wire::new(stream, org, limits, turn.clone());
    hyper::server::conn::http1::Builder::new()
        .max_buf_size(limits.head_size)
        .serve_connection(TokioIo::new(wire), Connected { service, turn })
}

/// The service of one connection.
struct Connected {
    service: OrgService,
    turn: Turn,
}

impl hyper::service::Service<::http::Request<Incoming>> for Connected {
    type Response = <OrgService as tower::Service<::http::Request<Incoming>>>::Response;
    type Error = Infallible;
    type Future = <OrgService as tower::Service<::http::Request<Incoming>>>::Future;

    fn call(&self, request: ::http::Request<Incoming>) -> Self::Future {
        self.turn.to_org();
        tower::Service::call(&mut self.service.clone(), request)
    }
}
