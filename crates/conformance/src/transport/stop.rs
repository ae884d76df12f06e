//! Ends a run early: whoever holds it can say why, and no further request of a
//! flow leaves. What the run has to put back is still put back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::watch;
use tokio::time::sleep;

/// Work on an answer that takes longer once the run is stopped is given up.
const OVERDUE: Duration = Duration::from_millis(400);

/// A switch that is off until somebody gives a reason.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    reason: Arc<watch::Sender<Option<String>>>,
    changed: Arc<AtomicBool>,
    /// Whether the run is over, and nothing is left but to write its reports.
    over: Arc<watch::Sender<bool>>,
    work: Arc<Work>,
}

/// How many pieces of work on answers were begun, and how many came to their end.
#[derive(Debug, Default)]
struct Work {
    begun: AtomicUsize,
    ended: AtomicUsize,
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

    /// Notes that the run is over, and everything that can be put back is.
    pub(crate) fn note_over(&self) {
        self.over.send_replace(true);
    }

    /// Waits until the run is over.
    pub(crate) async fn over(&self) {
        // The sender lives as long as this: it is a part of it.
        let _ = self.over.subscribe().wait_for(|over| *over).await;
    }

    /// Does work on an answer that may take long, so that timers, signals and other flows go on.
    pub(crate) fn work<T>(&self, work: impl FnOnce() -> T) -> T {
        self.work.begun.fetch_add(1, Ordering::SeqCst);
        // Where there is but one thread, nothing else could go on.
        let can_leave =
            Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
        let done = if can_leave { tokio::task::block_in_place(work) } else { work() };
        self.work.ended.fetch_add(1, Ordering::SeqCst);
        done
    }

    /// Waits until it is stopped, and one and the same piece of work goes on for longer than anybody waits.
    pub(crate) async fn overdue(&self) {
        self.stopped().await;
        loop {
            let before = self.work.begun.load(Ordering::SeqCst);
            sleep(OVERDUE).await;
            let begun = self.work.begun.load(Ordering::SeqCst);
            if before == begun && begun > self.work.ended.load(Ordering::SeqCst) {
                return;
            }
        }
    }

    /// Waits for a time, or until it is stopped.
    pub(crate) async fn sleep(&self, time: Duration) {
        tokio::select! {
            _ = self.stopped() => {}
            () = sleep(time) => {}
        }
    }

    /// Waits until it is stopped, and so much longer; gives the reason.
    pub(crate) async fn stopped_for(&self, grace: Duration) -> String {
        let reason = self.stopped().await;
        sleep(grace).await;
        reason
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

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn work_that_does_not_end_is_overdue_once_the_run_is_stopped() {
        let stop = Stop::default();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let working = stop.clone();
        let work = tokio::spawn(async move { working.work(|| ended.recv().is_ok()) });
        stop.because("stopped");
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), stop.overdue()).await;
        assert!(waited.is_ok(), "a blocked thread holds nobody up");
        assert!(end.send(()).is_ok());
        assert_eq!(work.await.ok(), Some(true));
    }
}
