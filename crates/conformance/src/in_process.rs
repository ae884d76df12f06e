//! Starts a mock in this process. Only this module knows the mock; the rest of the runner uses its URL.

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
            .map_err(|error| RunError::Internal(format!("the in-process mock failed to start: {error}")))
    }

    pub(crate) fn url(&self) -> &str {
        self.0.url()
    }

    pub(crate) async fn stop(self) {
        self.0.shutdown().await;
    }
}
