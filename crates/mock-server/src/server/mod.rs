//! Listeners, limits and shutdown; the builder that embedders use.

mod wire;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::http::{self, OrgService, Settings, SharedOrg};
use crate::org::load::{self, LoadError};
use crate::org::{Org, OrgSettings};

use wire::{Turn, Wire};

/// With what an org begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Load {
    /// The small ready org of the guide: one app of each of its six kinds.
    #[default]
    Guide,
    /// Nothing.
    Empty,
    /// The apps of a described org, as JSON.
    Document(String),
}

/// Why a mock does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The operating system has no random octets.
    #[error("the operating system gives no random numbers: {0}")]
    Random(String),
    /// The described org cannot be loaded.
    #[error("cannot load the described org: {0}")]
    Load(#[from] LoadError),
}

/// What limits a listener, so that no client can exhaust it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many connections are served at once; more wait to be accepted.
    pub connections: usize,
    /// How long the head of a request may take, and an idle connection stay open.
    pub head_timeout: Duration,
    /// How long a client may take nothing of its answer.
    pub write_timeout: Duration,
    /// How large the head of a request may be, in octets.
    pub head_size: usize,
    /// How long answers under way may take once the server stops.
    pub shutdown_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            head_size: http::HEAD_LIMIT,
            shutdown_timeout: Duration::from_secs(3),
        }
    }
}

/// Builds a mock org with a listener of its own.
#[derive(Debug)]
pub struct Builder {
    address: SocketAddr,
    load: Load,
    org: OrgSettings,
    settings: Settings,
    limits: Limits,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            load: Load::default(),
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

    /// Begins with this org.
    #[must_use]
    pub fn load(mut self, load: Load) -> Self {
        self.load = load;
        self
    }

    /// How the org behaves: its seed, clock and limits.
    #[must_use]
    pub fn org(mut self, org: OrgSettings) -> Self {
        self.org = org;
        self
    }

    /// How the org is served: its tokens, consent and control plane.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// What limits the listener.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The org alone, to be served by [`http::service`] in a way of one's own.
    ///
    /// # Errors
    /// When the org cannot be loaded.
    pub fn build_org(self) -> Result<SharedOrg, StartError> {
        let mut org = Org::new(&self.org).map_err(|error| StartError::Random(error.to_string()))?;
        match &self.load {
            Load::Guide => load::load(&mut org, load::GUIDE)?,
            Load::Empty => {}
            Load::Document(document) => load::load(&mut org, document)?,
        }
        Ok(SharedOrg::new(org, self.settings))
    }

    /// Listens and serves. The mock answers once this returns.
    ///
    /// # Errors
    /// When the org cannot be loaded or the address not listened on.
    pub async fn start(self) -> Result<MockServer, StartError> {
        let (address, limits) = (self.address, self.limits);
        let org = self.build_org()?;
        serve(http::service(org.clone()), org, address, limits).await
    }
}

/// A mock org that is being served. Dropping it stops it at once; [`MockServer::shutdown`] lets
/// answers under way finish.
#[derive(Debug)]
pub struct MockServer {
    url: String,
    address: SocketAddr,
    org: SharedOrg,
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
    pub const fn org(&self) -> &SharedOrg {
        &self.org
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

async fn serve(
    service: OrgService,
    org: SharedOrg,
    address: SocketAddr,
    limits: Limits,
) -> Result<MockServer, StartError> {
    let cannot = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let (stop, stopped) = watch::channel(false);
    let accepting = tokio::spawn(accept(listener, service, org.clone(), limits, stopped));
    Ok(MockServer { url: format!("http://{address}"), address, org, stop, accepting })
}

/// Accepts connections until the server stops, then waits for those that are open.
async fn accept(
    listener: TcpListener,
    service: OrgService,
    org: SharedOrg,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) {
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
        let connection = open.watch(connection(stream, service.clone(), org.clone(), limits));
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

fn connection(stream: TcpStream, service: OrgService, org: SharedOrg, limits: Limits) -> Connection {
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
