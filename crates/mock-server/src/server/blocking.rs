//! A mock for tests that are not asynchronous.

use std::time::Duration;

use tokio::runtime::Runtime;

use super::builder::{Builder, StartError};
use super::mock_server::MockServer;
use crate::api::{LoggedRequest, MissingRequests, MockOrg, RequestFilter};

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
    /// Present until it is dropped.
    mock: Option<MockServer>,
    runtime: Option<Runtime>,
    url: String,
    org: MockOrg,
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
        let mock = runtime.block_on(self.start())?;
        let (url, org) = (mock.url().to_owned(), mock.org().clone());
        Ok(BlockingMockServer { mock: Some(mock), runtime: Some(runtime), url, org })
    }
}

impl BlockingMockServer {
    /// Returns the org's URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the served org.
    #[must_use]
    pub const fn org(&self) -> &MockOrg {
        &self.org
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
            Some(runtime) => runtime.block_on(self.org.wait_for_requests(filter, count, timeout)),
            // Only while it is dropped.
            None => Ok(Vec::new()),
        }
    }
}

impl Drop for BlockingMockServer {
    fn drop(&mut self) {
        drop(self.mock.take());
        if let Some(runtime) = self.runtime.take() {
            // Does not wait, so that a mock can also be dropped in an asynchronous test.
            runtime.shutdown_background();
        }
    }
}
