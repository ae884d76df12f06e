//! Ends a run early: whoever holds it can say why, and no further request of a
//! flow leaves. What the run has to put back is still put back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// A switch that is off until somebody gives a reason.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    reason: Arc<watch::Sender<Option<String>>>,
    changed: Arc<AtomicBool>,
}

impl Stop {
    /// Stops; the first reason stays.
    pub fn because(&self, reason: impl Into<String>) {
        self.reason.send_if_modified(|current| match current {
            Some(_) => false,
            None => {
                *current = Some(reason.into());
                true
            }
        });
    }

    /// Why it was stopped, if it was.
    pub fn reason(&self) -> Option<String> {
        self.reason.borrow().clone()
    }

    /// Whether the org is, as far as is known, other than it was found: who ends the run at once
    /// leaves it so.
    pub(crate) fn org_is_changed(&self) -> bool {
        self.changed.load(Ordering::Relaxed)
    }

    pub(crate) fn note_changed(&self, changed: bool) {
        self.changed.store(changed, Ordering::Relaxed);
    }

    /// Waits until it is stopped, and gives the reason.
    pub(crate) async fn stopped(&self) -> String {
        let mut changes = self.reason.subscribe();
        loop {
            if let Some(reason) = self.reason() {
                return reason;
            }
            // The sender lives as long as this: it is a part of it.
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stop;

    #[tokio::test]
    async fn the_first_reason_stays_and_wakes_who_waits() {
        let stop = Stop::default();
        assert_eq!(stop.reason(), None);
        let waiting = stop.clone();
        let waiter = tokio::spawn(async move { waiting.stopped().await });
        stop.because("one");
        stop.because("two");
        assert_eq!(waiter.await.ok().as_deref(), Some("one"));
        assert_eq!(stop.stopped().await, "one");
    }
}
