//! The waits of a run, which are reported while they last.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::waiting::Waiting;

/// The sender of wait events.
pub(super) type WaitSender = UnboundedSender<Waiting>;

/// Runs a future, and reports each wait that begins meanwhile.
pub(super) async fn telling<T>(
    work: impl Future<Output = T>,
    waits_received: &mut UnboundedReceiver<Waiting>,
    on_wait: &mut (dyn FnMut(Waiting) + Send),
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            Some(wait) = waits_received.recv() => on_wait(wait),
            done = &mut work => return done,
        }
    }
}
