//! A mock that is being served.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::builder::{Builder, Limits, StartError};
use super::listener::accept;
use crate::api::MockOrg;
use crate::org::clock::ClockEnd;

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

    /// Serves an org at this address.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub(super) async fn serve(org: MockOrg, address: SocketAddr, limits: Limits) -> Result<Self, StartError> {
        let cannot = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, org.clone(), limits, stopped));
        Ok(Self { url: format!("http://{address}"), address, org, stop, accepting })
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
