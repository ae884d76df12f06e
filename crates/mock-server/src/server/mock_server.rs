//! A running mock server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::builder::{Builder, Limits, StartError};
use super::ports::{OpenPort, ServerPorts};
use super::tls::ServerTls;
use crate::api::{Endpoint, MockOrg, NamedOrg, NewOrg, Orgs, Origin, Port as _, Ports as _, Refused};
use crate::org::clock::ClockEnd;

/// A running mock server. Dropping it stops it immediately; [`MockServer::shutdown`] lets open requests
/// finish.
#[derive(Debug)]
pub struct MockServer {
    org: MockOrg,
    orgs: Arc<Orgs>,
    port: OpenPort,
    ports: ServerPorts,
}

impl MockServer {
    /// Returns a builder. By default, the mock listens on a free port of 127.0.0.1 and has the guide's org.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Serves an org at this address.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub(super) fn serve(
        org: MockOrg,
        address: SocketAddr,
        limits: Limits,
        tls: Option<ServerTls>,
    ) -> Result<Self, StartError> {
        let ports = ServerPorts::new(address.ip(), limits, tls);
        let orgs = Orgs::new(org.clone(), Some(Box::new(ports.clone())));
        let endpoint = Endpoint { org: org.clone(), orgs: orgs.clone(), scheme: ports.scheme() };
        let port = ports.serve(address, endpoint).map_err(|source| StartError::Listen { address, source })?;
        orgs.set_default_url(port.url());
        Ok(Self { org, orgs, port, ports })
    }

    /// Returns the URL of the org, without a trailing slash, as a client on this machine reaches it.
    #[must_use]
    pub fn url(&self) -> &str {
        self.port.url()
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Returns the certificate of the CA that the mock made for https, as PEM text.
    #[must_use]
    pub fn ca_certificate(&self) -> Option<&str> {
        self.ports.ca()
    }

    /// Returns the served org.
    #[must_use]
    pub const fn org(&self) -> &MockOrg {
        &self.org
    }

    /// Advances the org's clock; see [`MockOrg::advance_clock`].
    ///
    /// # Errors
    /// If the clock would pass its end.
    pub fn advance_clock(&self, time: Duration) -> Result<(), ClockEnd> {
        self.org.advance_clock(time)
    }

    /// Resets the org to its initial state; see [`MockOrg::reset`].
    pub fn reset(&self) {
        self.org.reset();
    }

    /// Adds an org, with a port of its own unless [`NewOrg::without_port`] says otherwise. The server's own
    /// port serves it too, by host name.
    ///
    /// # Errors
    /// If the name is invalid or taken, the initial state cannot be loaded, or no port can be opened.
    pub fn add_org(&self, org: NewOrg) -> Result<NamedOrg, Refused> {
        Ok(self.orgs.add(org, &self.origin())?)
    }

    /// Drops an org and closes its port.
    ///
    /// # Errors
    /// If there is no such org, or it is the one that the server started with.
    pub fn remove_org(&self, name: &str) -> Result<(), Refused> {
        Ok(self.orgs.remove(name)?)
    }

    /// Returns all orgs, ordered by name. The one that the server started with is named `default`.
    #[must_use]
    pub fn orgs(&self) -> Vec<NamedOrg> {
        self.orgs.all(&self.origin())
    }

    fn origin(&self) -> Origin {
        Origin::of_listener(self.ports.scheme(), self.port.reachable())
    }

    /// Stops accepting connections and waits for open requests, up to the shutdown timeout.
    pub async fn shutdown(self) {
        self.ports.close().await;
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        // The port of the default org closes with the server.
        self.orgs.remove_named();
    }
}
