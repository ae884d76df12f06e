//! Stops a run early: any holder can give a reason, and no further request of a flow is sent. The restore
//! still runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::watch;
use tokio::time::sleep;

/// Maximum time for work on an answer once the run is stopped.
const OVERDUE: Duration = Duration::from_millis(400);

/// A switch that is set by giving a reason.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    reason: Arc<watch::Sender<Option<String>>>,
    changed: Arc<AtomicBool>,
    /// True once the run is over and only its reports are left to write.
    over: Arc<watch::Sender<bool>>,
    work: Arc<Work>,
}

/// The numbers of started and finished pieces of work on answers.
#[derive(Debug, Default)]
struct Work {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Stop {
    /// Stops the run; the first reason is kept.
    pub fn because(&self, reason: impl Into<String>) {
        self.reason.send_if_modified(|current| match current {
            Some(_) => false,
            None => {
                *current = Some(reason.into());
                true
            }
        });
    }

    /// The reason that it was stopped, if it was.
    pub fn reason(&self) -> Option<String> {
        self.reason.borrow().clone()
    }

    /// True if the org is known to differ from the state that was found; exiting at once would leave it so.
    pub(crate) fn org_is_changed(&self) -> bool {
        self.changed.load(Ordering::Relaxed)
    }

    pub(crate) fn note_changed(&self, changed: bool) {
        self.changed.store(changed, Ordering::Relaxed);
    }

    /// Records that the run is over, including the restore.
    pub(crate) fn note_over(&self) {
        self.over.send_replace(true);
    }

    /// Waits until the run is over.
    pub(crate) async fn over(&self) {
        // The sender lives as long as `self`, which owns it.
        let _ = self.over.subscribe().wait_for(|over| *over).await;
    }

    /// Runs long work on an answer without blocking timers, signals and other flows.
    pub(crate) fn work<T>(&self, work: impl FnOnce() -> T) -> T {
        self.work.begun.fetch_add(1, Ordering::SeqCst);
        // With only one thread, nothing else could run.
        let can_leave =
            Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
        let done = if can_leave { tokio::task::block_in_place(work) } else { work() };
        self.work.ended.fetch_add(1, Ordering::SeqCst);
        done
    }

    /// Waits until the run is stopped and one piece of work takes longer than allowed.
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

    /// Waits for a time, or until the run is stopped.
    pub(crate) async fn sleep(&self, time: Duration) {
        tokio::select! {
            _ = self.stopped() => {}
            () = sleep(time) => {}
        }
    }

    /// Waits until the run is stopped, then for the grace period; returns the reason.
    pub(crate) async fn stopped_for(&self, grace: Duration) -> String {
        let reason = self.stopped().await;
        sleep(grace).await;
        reason
    }

    /// Waits until the run is stopped, and returns the reason.
    pub(crate) async fn stopped(&self) -> String {
        let mut changes = self.reason.subscribe();
        loop {
            if let Some(reason) = self.reason() {
                return reason;
            }
            // The sender lives as long as `self`, which owns it.
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
    async fn the_first_reason_is_kept_and_wakes_waiters() {
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
    async fn endless_work_is_overdue_once_the_run_is_stopped() {
        let stop = Stop::default();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let working = stop.clone();
        let work = tokio::spawn(async move { working.work(|| ended.recv().is_ok()) });
        stop.because("stopped");
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), stop.overdue()).await;
        assert!(waited.is_ok(), "a blocked thread does not block the others");
        assert!(end.send(()).is_ok());
        assert_eq!(work.await.ok(), Some(true));
    }
}
