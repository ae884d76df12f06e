//! Starts a mock in this process. This is the only place that knows the mock;
//! from here on it is a URL like any other.

use okta_mock_server::{Load, MockServer};

use crate::error::RunError;

/// A mock that lives as long as the run.
pub(crate) struct InProcess(MockServer);

impl InProcess {
    /// Starts an empty org on a free port of this machine.
    pub(crate) async fn start() -> Result<Self, RunError> {
        MockServer::builder()
            .load(Load::Empty)
            .start()
            .await
            .map(Self)
            .map_err(|error| RunError::Internal(format!("the in-process mock does not start: {error}")))
    }

    pub(crate) fn url(&self) -> &str {
        self.0.url()
    }

    pub(crate) async fn stop(self) {
        self.0.shutdown().await;
    }
}
