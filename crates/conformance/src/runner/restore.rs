//! Restores the org: at the end of a run, and with `restore`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;

use super::builder::Builder;
use super::run_plan::RunPlan;
use super::target::{self, Target};
use super::waits::{WaitSender, telling};
use crate::error::RunError;
use crate::restore::{Restored, check_same_org, restore};
use crate::setting::Setting;
use crate::transport::{Stop, Writes};
use crate::undo::{self, Journal, UndoFile};
use crate::waiting::Waiting;

/// The time in which a request that got no answer may still take effect.
const SETTLING: Duration = Duration::from_secs(6);

/// Restores the org from the undo file alone, regardless of the stop and the rules of the flows.
pub(super) async fn restore_org(target: &Target, journal: &Journal, stop: &Stop) -> Restored {
    if !stop.org_is_changed() && journal.finish().is_ok() {
        // Nothing was changed, even if the org stopped answering.
        return Restored::default();
    }
    let mut file = journal.state();
    let writes = Writes::Armed(Arc::new(super::arming::restoring(&file)));
    let transport = target.transport.with_writes(writes).without_stop();
    let mut restored = restore(&transport, &file).await;
    if let Some(lost) = transport.unsettled_since().filter(|_| !restored.is_given_up) {
        tokio::time::sleep_until((lost + SETTLING).into()).await;
        file.strike(&restored.gone);
        restored = restored.after(restore(&transport, &file).await);
    }
    // If this write fails, the next restore finds the deleted apps gone again.
    let _ = journal.strike(&restored.gone);
    if restored.worth_a_retry() || journal.finish().is_err() {
        restored.file = Some(journal.path().display().to_string());
    }
    stop.note_changed(!restored.left.is_empty());
    restored
}

/// Restores an org from the undo file of a run that was killed. `armed` is the host given with
/// `--allow-writes`; `on_event` receives the target before the first request.
pub(crate) async fn restore_by(
    builder: Builder,
    path: &Path,
    armed: Option<&str>,
    on_event: &mut (dyn FnMut(&RestoreEvent) + Send),
) -> Result<Restored, RunError> {
    let shown = path.display().to_string();
    // Lock the file before reading it: a run that ends in between would change it.
    let Some(lock) = undo::hold(path)? else { return Err(locked_error(path)) };
    undo::check_private(path, &lock)?;
    let file_handle = lock.try_clone().map_err(|error| RunError::io(shown.clone(), error))?;
    let mut file = UndoFile::read_open(path, file_handle)?;
    let plan = builder.for_org(&file.target, &shown)?;
    let url = plan.0.target.as_ref().ok_or_else(no_target)?;
    check_trusted(url, &file, &shown, armed)?;
    on_event(&RestoreEvent::Target(file.target.clone()));
    let (waits, mut waits_received) = unbounded_channel();
    let restored = restore_target(url, &plan.0, &mut file, path, waits);
    telling(restored, &mut waits_received, &mut |wait| on_event(&RestoreEvent::Waiting(wait))).await
}

/// An event while an org is restored.
#[derive(Debug)]
pub(crate) enum RestoreEvent {
    /// The target of the requests.
    Target(String),
    /// A wait.
    Waiting(Waiting),
}

async fn restore_target(
    url: &reqwest::Url,
    plan: &RunPlan,
    file: &mut UndoFile,
    path: &Path,
    waits: WaitSender,
) -> Result<Restored, RunError> {
    let shown = path.display().to_string();
    let target = Target::reach(url, plan, waits).await?;
    check_same_org(&target.transport, file).await.map_err(|reason| {
        RunError::target(format!(
            "{shown}: nothing was changed: {reason}; if its apps were deleted, delete the file"
        ))
    })?;
    let writes = Writes::Armed(Arc::new(super::arming::restoring(file)));
    let mut restored = restore(&target.transport.with_writes(writes).without_stop(), file).await;
    if restored.worth_a_retry() {
        file.strike(&restored.gone);
        // If this write fails, the next restore finds the deleted apps gone again.
        let _ = undo::write(path, file);
        restored.file = Some(shown);
    } else if let Err(error) = undo::remove(path) {
        return Err(RunError::usage(format!(
            "everything is restored, but {shown} cannot be deleted ({error}); delete it by hand"
        )));
    }
    Ok(restored)
}

fn locked_error(path: &Path) -> RunError {
    let by = match undo::holder(path) {
        Some(process) => format!("process {process}"),
        None => "another process".to_owned(),
    };
    RunError::usage(format!(
        "{}: {by} still uses this file: the run that wrote it, which restores the org itself, or another `restore`; wait for it, or stop it first",
        path.display()
    ))
}

/// Accepts a file that this installation wrote. For any other file the user must confirm the host that the
/// credential is sent to.
fn check_trusted(
    url: &reqwest::Url,
    file: &UndoFile,
    shown: &str,
    armed: Option<&str>,
) -> Result<(), RunError> {
    if let Some(host) = armed {
        return target::armed(url, host);
    }
    if undo::Seal::of_this_user().is_some_and(|seal| seal.fits(file)) {
        return Ok(());
    }
    let host = url.host_str().unwrap_or_default();
    Err(RunError::usage(format!(
        "{shown} was not written by this installation, or was changed, so nothing was sent to its target {}; if that is your org and the file is correct, allow writes to it",
        file.target
    ))
    .solved_by([Setting::AllowWrites(host.to_owned())]))
}

/// The kind of target that was detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RestoreTarget {
    Mock,
    Org,
    ArmedOrg,
}

pub(super) fn no_target() -> RunError {
    RunError::Internal("there is no target".to_owned())
}
