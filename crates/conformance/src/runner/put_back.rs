//! Putting back: at the end of a run, and by an undo file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;

use super::builder::Builder;
use super::run::{RunPlan, telling};
use super::target::{self, Target};
use crate::error::RunError;
use crate::restore::{Restored, check_same_org, restore};
use crate::setting::Setting;
use crate::transport::{Stop, Writes};
use crate::undo::{self, Journal, UndoFile};
use crate::waiting::Waiting;

/// So long after the last answer a request that broke off may still be carried out.
const SETTLING: Duration = Duration::from_secs(6);

/// Puts the org back; without the stop and the rules of the flows, by the undo file alone.
pub(super) async fn put_back(target: &Target, journal: &Journal, stop: &Stop) -> Restored {
    if !stop.org_is_changed() && journal.finish().is_ok() {
        // The org is as it was, however little it answers now.
        return Restored::default();
    }
    let mut file = journal.state();
    let writes = Writes::Armed(Arc::new(super::arming::restoring(&file)));
    let transport = target.transport.with_writes(writes).without_stop();
    let mut restored = restore(&transport, &file).await;
    if transport.is_unsettled() && !restored.is_given_up {
        // What a flow asked for and got no answer to may happen after all.
        tokio::time::sleep(SETTLING).await;
        file.strike(&restored.gone);
        restored = restored.after(restore(&transport, &file).await);
    }
    // Were this lost, apps that are gone are found to be gone once more.
    let _ = journal.strike(&restored.gone);
    if restored.worth_a_retry() || journal.finish().is_err() {
        restored.file = Some(journal.path().display().to_string());
    }
    stop.note_changed(!restored.left.is_empty());
    restored
}

/// Puts an org back by the undo file of a run that was killed. `armed` is the host that the user typed;
/// `tell` hears where the requests go before the first of them leaves.
pub(crate) async fn restore_by(
    builder: Builder,
    path: &Path,
    armed: Option<&str>,
    tell: &mut (dyn FnMut(&RestoreEvent) + Send),
) -> Result<Restored, RunError> {
    let shown = path.display().to_string();
    // Held before it is read: a run that ends in between would have changed it.
    let Some(held) = undo::hold(path)? else { return Err(still_held(path)) };
    undo::check_private(path, &held)?;
    let again = held.try_clone().map_err(|error| RunError::io(shown.clone(), error))?;
    let mut file = UndoFile::read_open(path, again)?;
    let plan = builder.for_org(&file.target, &shown)?;
    let url = plan.0.target.as_ref().ok_or_else(no_target)?;
    check_trusted(url, &file, &shown, armed)?;
    tell(&RestoreEvent::Target(file.target.clone()));
    let (waits, mut told) = unbounded_channel();
    let restored = restore_target(url, &plan.0, &mut file, path, waits);
    telling(restored, &mut told, &mut |wait| tell(&RestoreEvent::Waiting(wait))).await
}

/// What is told while an org is restored.
#[derive(Debug)]
pub(crate) enum RestoreEvent {
    /// Where the requests go.
    Target(String),
    /// What is waited for.
    Waiting(Waiting),
}

async fn restore_target(
    url: &reqwest::Url,
    plan: &RunPlan,
    file: &mut UndoFile,
    path: &Path,
    waits: target::WaitSender,
) -> Result<Restored, RunError> {
    let shown = path.display().to_string();
    let target = Target::reach(url, plan, waits).await?;
    check_same_org(&target.transport, file).await.map_err(|reason| {
        RunError::target(format!(
            "{shown}: nothing was changed: {reason}; if its apps were deleted, remove the file by hand"
        ))
    })?;
    let writes = Writes::Armed(Arc::new(super::arming::restoring(file)));
    let mut restored = restore(&target.transport.with_writes(writes).without_stop(), file).await;
    if restored.worth_a_retry() {
        file.strike(&restored.gone);
        // Were this lost, apps that are gone are found to be gone once more.
        let _ = undo::write(path, file);
        restored.file = Some(shown);
    } else if let Err(error) = undo::remove(path) {
        return Err(RunError::usage(format!(
            "everything is put back, but {shown} cannot be removed ({error}); remove it by hand"
        )));
    }
    Ok(restored)
}

fn still_held(path: &Path) -> RunError {
    let by = match undo::holder(path) {
        Some(process) => format!("process {process}"),
        None => "another process".to_owned(),
    };
    RunError::usage(format!(
        "{}: {by} still holds it: the run that wrote it, which puts everything back itself, or another `restore`; wait for it, or end it first",
        path.display()
    ))
}

/// A file that this installation wrote says itself where the credential goes. Of any other one, the user
/// says it.
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
        "{shown} was not written by this installation, or was changed, so nothing was sent to its target {}; if that is your org and the file is right, allow writes to it",
        file.target
    ))
    .solved_by([Setting::AllowWrites(host.to_owned())]))
}

/// What a target turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RestoreTarget {
    Mock,
    Org,
    ArmedOrg,
}

pub(super) fn no_target() -> RunError {
    RunError::Internal("there is no target".to_owned())
}
