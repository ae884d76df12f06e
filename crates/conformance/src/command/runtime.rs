//! The runtime of a command.

use crate::error::RunError;

/// Runs a future on its own small runtime.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, RunError>>) -> Result<T, RunError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| RunError::Internal(format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(future);
    // Do not wait for a thread that still reads from the terminal.
    runtime.shutdown_background();
    outcome
}
