//! Retries while the network fails.

use std::time::Duration;

use super::calls::CallError;

/// Pauses between attempts while the network fails.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// Retries for about ten seconds while the network fails, then gives up for all remaining apps, which would
/// each take as long.
#[derive(Default)]
pub(super) struct NetworkRetry {
    /// The reason for giving up, once the network has failed for too long.
    pub(super) given_up: Option<String>,
}

impl NetworkRetry {
    /// Makes attempts until one gets an answer.
    pub(super) async fn with<T, F>(&mut self, mut attempt: impl FnMut() -> F) -> Result<T, String>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        if let Some(reason) = &self.given_up {
            return Err(format!("not tried again: {reason}"));
        }
        let mut pauses = PAUSES.iter();
        loop {
            match (attempt().await, pauses.next()) {
                (Ok(value), _) => return Ok(value),
                (Err(CallError::Network(_)), Some(pause)) => tokio::time::sleep(*pause).await,
                (Err(CallError::Network(reason)), None) => {
                    self.given_up = Some(reason.clone());
                    return Err(reason);
                }
                (Err(CallError::Answer(reason)), _) => return Err(reason),
            }
        }
    }
}
