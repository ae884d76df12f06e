//! The open ports of a server.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::builder::Limits;
use super::connection::Serving;
use super::listener::accept;
use super::tls::ServerTls;
use crate::api::{Endpoint, OrgService, Port, Ports, Scheme};

/// Opens ports for the orgs of a server.
#[derive(Clone, Debug)]
pub(super) struct ServerPorts {
    ip: IpAddr,
    limits: Limits,
    /// Present if the ports serve https.
    tls: Option<ServerTls>,
    runtime: Handle,
    /// True once the server stops. Each accepting task is subscribed until it ends.
    stop: Arc<watch::Sender<bool>>,
}

/// An open port. Dropping it closes it; open connections finish the request that is under way.
#[derive(Debug)]
pub(super) struct OpenPort {
    address: SocketAddr,
    url: String,
    accepting: JoinHandle<()>,
}

impl ServerPorts {
    /// Ports that are opened later have this IP address.
    pub(super) fn new(ip: IpAddr, limits: Limits, tls: Option<ServerTls>) -> Self {
        Self { ip, limits, tls, runtime: Handle::current(), stop: Arc::new(watch::channel(false).0) }
    }

    /// Serves an endpoint at an address.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub(super) fn serve(&self, address: SocketAddr, endpoint: Endpoint) -> io::Result<OpenPort> {
        // Also called by threads that are not the runtime's.
        let _runtime = self.runtime.enter();
        let listener = listen(address)?;
        let address = listener.local_addr()?;
        let url = format!("{}://{}", endpoint.scheme.as_str(), reachable(address));
        let stopped = self.stop.subscribe();
        let serving = Serving {
            service: OrgService::new(endpoint),
            limits: self.limits,
            tls: self.tls.as_ref().map(ServerTls::acceptor),
        };
        let accepting = tokio::spawn(accept(listener, serving, stopped));
        Ok(OpenPort { address, url, accepting })
    }

    /// Closes all ports, and waits for open requests.
    pub(super) async fn close(&self) {
        self.stop.send_replace(true);
        self.stop.closed().await;
    }
}

impl ServerPorts {
    /// Returns the certificate of the CA that the mock made, as PEM text.
    pub(super) fn ca(&self) -> Option<&str> {
        self.tls.as_ref()?.ca()
    }
}

impl Ports for ServerPorts {
    fn open(&self, endpoint: Endpoint) -> io::Result<Arc<dyn Port>> {
        Ok(Arc::new(self.serve(SocketAddr::new(self.ip, 0), endpoint)?))
    }

    fn scheme(&self) -> Scheme {
        if self.tls.is_some() { Scheme::Https } else { Scheme::Http }
    }
}

impl OpenPort {
    /// Returns the address that it listens on.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its address, as a client on this machine reaches it.
    pub(super) fn reachable(&self) -> SocketAddr {
        reachable(self.address)
    }
}

impl Port for OpenPort {
    fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for OpenPort {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Listens as tokio does, without waiting.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Returns an address that a client on this machine can connect to.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
