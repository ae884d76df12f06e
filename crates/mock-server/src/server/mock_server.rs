//! A running mock server.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::builder::{Builder, Limits, StartError};
use super::listener::accept;
use crate::api::MockOrg;
use crate::org::clock::ClockEnd;

/// A running mock server. Dropping it stops it immediately; [`MockServer::shutdown`] lets open requests
/// finish.
#[derive(Debug)]
pub struct MockServer {
    url: String,
    address: SocketAddr,
    org: MockOrg,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
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
    pub(super) async fn serve(org: MockOrg, address: SocketAddr, limits: Limits) -> Result<Self, StartError> {
        let cannot = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, org.clone(), limits, stopped));
        Ok(Self { url: format!("http://{address}"), address, org, stop, accepting })
    }

    /// Returns the org's URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
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

    /// Stops accepting connections and waits for open requests, up to the shutdown timeout.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        // The task ends by itself. A panic in it was already reported.
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
