//! Restores an org from an undo file: sends only what differs, verifies it, and reports what a person has to
//! do.

mod app;
mod calls;
mod created;
mod kinds;
mod plan;
mod planned_calls;

pub(crate) use app::{disable, read as read_app};
pub(crate) use calls::{CallError, OrgClient};
pub(crate) use planned_calls::{PlannedCall, disabling, reading, removing, restoring};

use std::time::Duration;

use serde_json::Value;

use crate::exchange::RequestRecord;
use crate::transport::Transport;
use crate::undo::{CreatedApp, FoundApp, UndoFile};

/// Pauses between attempts while the network fails.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// The result of a restore.
#[derive(Debug, Clone, Default)]
pub struct Restored {
    /// The apps that were restored; verified by reading.
    pub put_back: Vec<String>,
    /// The apps of the run that were removed.
    pub removed: Vec<String>,
    /// The changes that were not restored.
    pub left: Vec<Leftover>,
    /// The undo file, if it is still needed.
    pub file: Option<String>,
    /// True if the org stopped answering.
    pub(crate) is_given_up: bool,
    /// The created apps that are gone and need no further search.
    pub(crate) gone: Vec<CreatedApp>,
}

/// Something that a person has to restore.
#[derive(Debug, Clone)]
pub struct Leftover {
    /// A description, with the reason.
    pub what: String,
    /// The calls that restore it, in order.
    pub calls: Vec<RequestRecord>,
    /// True if another attempt may help; only a person can restore a replaced credential.
    pub retry: bool,
}

impl Restored {
    /// Combines the results of two restores in a row.
    pub(crate) fn after(self, later: Self) -> Self {
        let mut removed = self.removed;
        removed.extend(later.removed.into_iter().filter(|app| !removed.contains(app)).collect::<Vec<_>>());
        let gone = self.gone.into_iter().chain(later.gone).collect();
        Self { removed, gone, ..later }
    }

    /// True if another restore from the undo file may help.
    pub(crate) fn worth_a_retry(&self) -> bool {
        self.left.iter().any(|left| left.retry)
    }
}

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
            Ok(left) if left.is_empty() => restored.put_back.push(shown),
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

/// Retries for about ten seconds while the network fails, then gives up for all remaining apps, which would
/// each take as long.
#[derive(Default)]
struct NetworkRetry {
    given_up: Option<String>,
}

impl NetworkRetry {
    async fn with<T, F>(&mut self, mut attempt: impl FnMut() -> F) -> Result<T, String>
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

/// The calls that restore the whole found state, for an app whose state cannot be read.
fn by_hand(calls: &OrgClient<'_>, app: &FoundApp) -> Vec<RequestRecord> {
    plan::all(app).iter().filter_map(|step| calls.record(step)).collect()
}

/// The leftover of a replaced credential, which no org returns and so cannot be restored.
fn replaced(calls: &OrgClient<'_>, app: &FoundApp) -> Leftover {
    let scheme = app.connection.profile.get("authScheme").cloned().unwrap_or_default();
    let mut profile = app.connection.profile.as_object().cloned().unwrap_or_default();
    let kind = kinds::AppKind::of(&app.app);
    profile.extend(kind.iter().flat_map(|kind| kind.secrets(&scheme)));
    if scheme.as_str() == Some("TOKEN") {
        profile.entry("token").or_insert_with(|| kinds::words_for("token").into());
    }
    let mut body = serde_json::Map::new();
    if !app.connection.base_url.is_null() {
        body.insert("baseUrl".to_owned(), app.connection.base_url.clone());
    }
    body.insert("profile".to_owned(), profile.into());
    let has_address = kind.is_some_and(|kind| kind.needs_address());
    if has_address && app.connection.base_url.is_null() {
        return Leftover {
            retry: false,
            what: format!(
                "{} {}: its connection had never been set, and no call removes a connection; it was disabled instead",
                app.app, app.id
            ),
            calls: Vec::new(),
        };
    }
    let path = format!("/api/v1/apps/{}/connections/default", app.id);
    let call = plan::RestoreRequest::post(path, Some(body.into()));
    // It is not defined whether a connection stays enabled when it is set, so all later calls are listed.
    let mut set = app.clone();
    set.connection.status = "DISABLED".to_owned();
    set.features.iter_mut().flatten().for_each(|feature| feature.capabilities = Value::Null);
    let after = plan::between(app, &set);
    let consent = match scheme.as_str() {
        Some("OAUTH2") if app.connection.profile.get("clientId").is_none() && !after.is_empty() => {
            "; after the first call, open the `authorize` link of its answer, consent, and POST the URL that is returned"
        }
        _ => "",
    };
    Leftover {
        retry: false,
        what: format!(
            "{} {}: the credential of its connection was replaced, as allowed by --allow-credential-change; if the connection had another address before, keep it disabled until it is set again{consent}",
            app.app, app.id
        ),
        calls: std::iter::once(&call).chain(&after).filter_map(|step| calls.record(step)).collect(),
    }
}
