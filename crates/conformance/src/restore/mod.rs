//! Puts an org back as it was found, by an undo file: sends only what differs,
//! reads it back, and says what is left for a person to do.

mod app;
mod calls;
mod created;
mod kinds;
mod plan;
mod planned_calls;

pub(crate) use app::{disable, read as read_app};
pub(crate) use calls::{CallError, OrgClient};
pub(crate) use planned_calls::{PlannedCall, disabling, putting_back, reading, removing};

use std::time::Duration;

use serde_json::Value;

use crate::exchange::RequestRecord;
use crate::transport::Transport;
use crate::undo::{CreatedApp, FoundApp, UndoFile};

/// Pauses between attempts while the network is gone.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// How putting back ended.
#[derive(Debug, Clone, Default)]
pub struct Restored {
    /// The apps that are as they were found, read back.
    pub put_back: Vec<String>,
    /// The apps of the run that are gone.
    pub removed: Vec<String>,
    /// What could not be put back.
    pub left: Vec<Leftover>,
    /// The undo file, where it is still needed.
    pub file: Option<String>,
    /// Whether the org stopped answering.
    pub(crate) is_given_up: bool,
    /// The created apps of which nothing is left: nobody looks for them again.
    pub(crate) gone: Vec<CreatedApp>,
}

/// Something that a person has to put back.
#[derive(Debug, Clone)]
pub struct Leftover {
    /// What it is, and why it is left.
    pub what: String,
    /// The calls that put it back, in order.
    pub calls: Vec<RequestRecord>,
    /// Whether trying again may help; a credential that was replaced is for a person alone.
    pub retry: bool,
}

impl Restored {
    /// What holds once everything was put back a second time.
    pub(crate) fn after(self, later: Self) -> Self {
        let mut removed = self.removed;
        removed.extend(later.removed.into_iter().filter(|app| !removed.contains(app)).collect::<Vec<_>>());
        let gone = self.gone.into_iter().chain(later.gone).collect();
        Self { removed, gone, ..later }
    }

    /// Whether the undo file can still do something.
    pub(crate) fn worth_a_retry(&self) -> bool {
        self.left.iter().any(|left| left.retry)
    }
}

/// Makes sure that the file is of this org: its apps are those that it tells of. Somebody may have
/// deleted one in the meantime, but not all.
pub(crate) async fn check_same_org(transport: &Transport, file: &UndoFile) -> Result<(), String> {
    let calls = OrgClient { transport };
    let mut patience = NetworkRetry::default();
    let mut unread = None;
    let mut known = false;
    for found in &file.apps {
        match patience.with(|| app::read(&calls, &found.app, &found.id)).await {
            Ok(seen) if seen.created == found.created => known = true,
            Ok(seen) => {
                return Err(format!(
                    "this is the undo file of another org: the app {} was created {}, that of the file {}",
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

/// Puts everything back that the file tells of.
pub(crate) async fn restore(transport: &Transport, file: &UndoFile) -> Restored {
    let calls = OrgClient { transport };
    let mut restored = Restored::default();
    let mut patience = NetworkRetry::default();
    for app in &file.apps {
        let shown = format!("{} {}", app.app, app.id);
        match patience.with(|| app::put_back(&calls, app)).await {
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
        match patience.with(|| created::remove(&calls, app, file)).await {
            Ok(created::Removal::NeverMade) => {}
            Ok(created::Removal::Gone(id)) => {
                restored.removed.push(format!("{} {id}", app.name));
                restored.gone.push(app.clone());
            }
            Ok(created::Removal::Left(left)) => restored.left.push(left),
            Err(reason) => restored.left.push(created::unreached(&calls, app, &reason)),
        }
    }
    restored.is_given_up = patience.given_up.is_some();
    restored
}

/// Tries again while the network is gone, for about ten seconds. Then it is given up: each further app
/// would cost as much, and whoever waits wants to know.
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
            return Err(format!("not tried any more: {reason}"));
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

/// Everything that was found, as calls: for an app whose state cannot be read.
fn by_hand(calls: &OrgClient<'_>, app: &FoundApp) -> Vec<RequestRecord> {
    plan::all(app).iter().filter_map(|step| calls.record(step)).collect()
}

/// No org tells a credential, so a replaced one cannot be put back.
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
    let has_address = kind.is_some_and(|kind| kind.has_to_be_told_an_address());
    if has_address && app.connection.base_url.is_null() {
        return Leftover {
            retry: false,
            what: format!(
                "{} {}: its connection had never been set, and no call takes a connection away; it is disabled",
                app.app, app.id
            ),
            calls: Vec::new(),
        };
    }
    let path = format!("/api/v1/apps/{}/connections/default", app.id);
    let call = plan::RestoreRequest::post(path, Some(body.into()));
    // Whether a connection that is set stays enabled is not settled: all that follows is told.
    let mut set = app.clone();
    set.connection.status = "DISABLED".to_owned();
    set.features.iter_mut().flatten().for_each(|feature| feature.capabilities = Value::Null);
    let after = plan::between(app, &set);
    let consent = match scheme.as_str() {
        Some("OAUTH2") if app.connection.profile.get("clientId").is_none() && !after.is_empty() => {
            "; after the first call a person consents at the link `authorize` that it answers, and POSTs the URL that comes back"
        }
        _ => "",
    };
    Leftover {
        retry: false,
        what: format!(
            "{} {}: the credential of its connection was replaced, as allowed by --allow-credential-change; where it led elsewhere before, it belongs disabled until it is set again{consent}",
            app.app, app.id
        ),
        calls: std::iter::once(&call).chain(&after).filter_map(|step| calls.record(step)).collect(),
    }
}
