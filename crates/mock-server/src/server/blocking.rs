//! A mock for tests that are not asynchronous.

use std::time::Duration;

use tokio::runtime::Runtime;

use super::builder::{Builder, StartError};
use super::mock_server::MockServer;
use crate::api::{LoggedRequest, MissingRequests, MockOrg, NamedOrg, NewOrg, Refused, RequestFilter};

/// A running mock server with a thread of its own. Dropping it stops it.
///
/// ```
/// use okta_mock_server::MockServer;
///
/// let mock = MockServer::builder().start_blocking()?;
/// let url = mock.url();
/// # let _ = url;
/// # Ok::<(), okta_mock_server::StartError>(())
/// ```
#[derive(Debug)]
pub struct BlockingMockServer {
    server: MockServer,
    /// Present until it is dropped.
    runtime: Option<Runtime>,
}

impl Builder {
    /// Builds the org and starts to serve it on a thread of its own. The mock accepts requests when this
    /// returns.
    ///
    /// # Errors
    /// If the org cannot be built, the address cannot be listened on, or no thread can be started.
    pub fn start_blocking(self) -> Result<BlockingMockServer, StartError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(StartError::Thread)?;
        let server = runtime.block_on(self.start())?;
        Ok(BlockingMockServer { server, runtime: Some(runtime) })
    }
}

impl BlockingMockServer {
    /// Returns the org's URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Returns the certificate of the CA that the mock made for https, as PEM text.
    #[must_use]
    pub fn ca_certificate(&self) -> Option<&str> {
        self.server.ca_certificate()
    }

    /// Returns the served org.
    #[must_use]
    pub const fn org(&self) -> &MockOrg {
        self.server.org()
    }

    /// Adds an org; see [`MockServer::add_org`].
    ///
    /// # Errors
    /// If the name is invalid or taken, the initial state cannot be loaded, or no port can be opened.
    pub fn add_org(&self, org: NewOrg) -> Result<NamedOrg, Refused> {
        self.server.add_org(org)
    }

    /// Drops an org and closes its port; see [`MockServer::remove_org`].
    ///
    /// # Errors
    /// If there is no such org, or it is the one that the server started with.
    pub fn remove_org(&self, name: &str) -> Result<(), Refused> {
        self.server.remove_org(name)
    }

    /// Returns all orgs, ordered by name; see [`MockServer::orgs`].
    #[must_use]
    pub fn orgs(&self) -> Vec<NamedOrg> {
        self.server.orgs()
    }

    /// Waits until this many requests match; see [`MockOrg::wait_for_requests`].
    ///
    /// # Errors
    /// If they did not arrive in time.
    pub fn wait_for_requests(
        &self,
        filter: &RequestFilter,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<LoggedRequest>, MissingRequests> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(self.org().wait_for_requests(filter, count, timeout)),
            // Only while it is dropped.
            None => Ok(Vec::new()),
        }
    }
}

impl Drop for BlockingMockServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Does not wait, so that a mock can also be dropped in an asynchronous test.
            runtime.shutdown_background();
        }
    }
}
