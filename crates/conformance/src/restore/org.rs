//! Restores an org from an undo file.

use super::calls::OrgClient;
use super::credential::replaced;
use super::network_retry::NetworkRetry;
use super::result::{Leftover, Restored};
use super::{app, created, plan};
use crate::exchange::RequestRecord;
use crate::transport::Transport;
use crate::undo::{FoundApp, UndoFile};

/// Checks that the file belongs to this org: at least one of its apps must be the same. Some may have been
/// deleted in the meantime, but not all.
pub(crate) async fn check_same_org(transport: &Transport, file: &UndoFile) -> Result<(), String> {
    let calls = OrgClient { transport };
    let mut network_retry = NetworkRetry::default();
    let mut unread = None;
    let mut known = false;
    for found in &file.apps {
        match network_retry.with(|| app::read(&calls, &found.app, &found.id)).await {
            Ok(seen) if seen.created == found.created => known = true,
            Ok(seen) => {
                return Err(format!(
                    "this is the undo file of another org: the app {} was created at {}, in the file at {}",
                    found.id, seen.created, found.created
                ));
            }
            Err(reason) => drop(unread.get_or_insert(reason)),
        }
    }
    match unread {
        Some(reason) if !known => Err(reason),
        _ => Ok(()),
    }
}

/// Restores everything in the file.
pub(crate) async fn restore(transport: &Transport, file: &UndoFile) -> Restored {
    let calls = OrgClient { transport };
    let mut restored = Restored::default();
    let mut network_retry = NetworkRetry::default();
    for app in &file.apps {
        let shown = format!("{} {}", app.app, app.id);
        match network_retry.with(|| app::restore_app(&calls, app)).await {
            Ok(left) if left.is_empty() && app.credential_replaced => {}
            Ok(left) if left.is_empty() => restored.reverted.push(shown),
            Ok(left) => restored.left.extend(left),
            Err(reason) => restored.left.push(Leftover {
                retry: true,
                what: format!("{shown}: {reason}"),
                calls: match app.credential_replaced {
                    true => by_hand(&calls, &app::disabled(app)),
                    false => by_hand(&calls, app),
                },
            }),
        }
        if app.credential_replaced {
            restored.left.push(replaced(&calls, app));
        }
    }
    for app in &file.created {
        match network_retry.with(|| created::remove(&calls, app, file)).await {
            Ok(created::Removal::NeverMade) => {}
            Ok(created::Removal::Gone(id)) => {
                restored.removed.push(format!("{} {id}", app.name));
                restored.gone.push(app.clone());
            }
            Ok(created::Removal::Left(left)) => restored.left.push(left),
            Err(reason) => restored.left.push(created::unreached(&calls, app, &reason)),
        }
    }
    restored.is_given_up = network_retry.given_up.is_some();
    restored
}

/// The calls that restore the whole found state, for an app whose state cannot be read.
fn by_hand(calls: &OrgClient<'_>, app: &FoundApp) -> Vec<RequestRecord> {
    plan::all(app).iter().filter_map(|step| calls.record(step)).collect()
}
