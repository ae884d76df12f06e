//! The undo file: what was found, and what was created.

use std::fs::File;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bundle;
use crate::error::RunError;

/// The form of the file; another one is refused.
const FORMAT: u32 = 1;

/// What has to be put back, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object as a run writes it")]
pub(crate) struct UndoFile {
    pub(crate) format: u32,
    /// `okta-conformance`, for a person who finds the file.
    pub(crate) tool: String,
    pub(crate) version: String,
    /// The org's origin.
    pub(crate) target: String,
    /// The run that wrote it, as its `User-Agent` says.
    pub(crate) run: String,
    /// When the run began: seconds since the epoch by the org's own clock, where it told.
    pub(crate) started: i64,
    /// The apps that the user named, as they were found.
    pub(crate) apps: Vec<FoundApp>,
    /// The apps that the run created, or was about to.
    pub(crate) created: Vec<CreatedApp>,
    /// The process of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process: Option<u32>,
    /// Shows that this installation wrote the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mac: Option<String>,
}

/// An app as it was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoundApp {
    /// Its name, such as `google`.
    pub(crate) app: String,
    pub(crate) id: String,
    /// The app's own `created`: two orgs do not share an id and this.
    pub(crate) created: String,
    /// `ACTIVE` or `INACTIVE`.
    pub(crate) status: String,
    pub(crate) connection: FoundConnection,
    /// The features with their capabilities; none where the org did not show
    /// them, as while the connection is not enabled.
    pub(crate) features: Option<Vec<FoundFeature>>,
    /// Whether the run began to store another credential.
    #[serde(default)]
    pub(crate) credential_replaced: bool,
}

/// A provisioning connection, as far as an org shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoundConnection {
    pub(crate) status: String,
    pub(crate) profile: Value,
    #[serde(rename = "baseUrl")]
    pub(crate) base_url: Value,
}

/// A feature and its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoundFeature {
    pub(crate) name: String,
    pub(crate) capabilities: Value,
}

/// An app that this run made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatedApp {
    pub(crate) name: String,
    pub(crate) label: String,
    /// Its id, once the org had answered.
    pub(crate) id: Option<String>,
    /// When it was asked for, by this machine's clock: seconds since the epoch.
    #[serde(default)]
    pub(crate) asked: u64,
}

/// The clocks of an org's servers may differ by so many seconds.
const SKEW: i64 = 60;
/// An org that was asked for an app so many seconds ago, and lists none, has made none.
const SHOWN_AFTER: u64 = 600;

impl CreatedApp {
    /// Whether an app may be this one, of a run that began then: of its kind, and not older.
    pub(crate) fn may_be(&self, seen: &Value, started: i64) -> bool {
        let text = |name: &str| seen.get(name).and_then(Value::as_str);
        let created = text("created").and_then(|text| text.parse::<jiff::Timestamp>().ok());
        text("name") == Some(self.name.as_str())
            && created.is_some_and(|created| created.as_second() >= started - SKEW)
    }

    /// Whether an app says that it is this one: by the mark of the run and by the label, to which a flow
    /// may have added something.
    pub(crate) fn is_told_by(&self, seen: &Value, mark: &str) -> bool {
        let text = |pointer: &str| seen.pointer(pointer).and_then(Value::as_str);
        let labelled = text("/label").is_some_and(|label| label.starts_with(&self.label));
        text("/settings/notes/admin") == Some(mark) && labelled && !self.label.is_empty()
    }

    /// Whether an app that an org does not list may come to be listed yet.
    pub(crate) fn may_be_shown_yet(&self) -> bool {
        seconds_now().saturating_sub(self.asked) < SHOWN_AFTER
    }
}

/// Refuses a file that others can read or change, or that belongs to somebody else.
#[cfg(unix)]
pub(crate) fn check_private(path: &Path, file: &File) -> Result<(), RunError> {
    use std::os::unix::fs::MetadataExt as _;
    let shown = path.display().to_string();
    let known = file.metadata();
    let known = known.map_err(|error| RunError::io(shown.clone(), error))?;
    if known.uid() != rustix::process::geteuid().as_raw() {
        return Err(RunError::usage(format!(
            "{shown} belongs to another user, who may have written anything into it; nothing was sent"
        )));
    }
    match known.mode() & 0o777 {
        mode if mode & 0o077 != 0 => Err(RunError::usage(format!(
            "{shown} is open to other users (mode {mode:04o}), who may have changed it; nothing was sent; look at it, and if it is right, `chmod 600` it"
        ))),
        _ => Ok(()),
    }
}

/// Who may read a file is not looked at on this system.
#[cfg(not(unix))]
pub(crate) fn check_private(_: &Path, _: &File) -> Result<(), RunError> {
    Ok(())
}

/// By this machine's clock, since the epoch.
pub(crate) fn seconds_now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// Whether a text may be an app's id: it is put into paths, where it has to stand as it is
/// (RFC 3986, 2.3) and be no step up or aside (5.2.4).
pub(crate) fn is_id(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    !matches!(text, "" | "." | "..") && text.bytes().all(unreserved)
}

impl UndoFile {
    pub(crate) fn new(target: String, run: String, started: i64) -> Self {
        Self {
            format: FORMAT,
            tool: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            target,
            run,
            started,
            apps: Vec::new(),
            created: Vec::new(),
            process: Some(std::process::id()),
            mac: None,
        }
    }

    /// Strikes created apps of which nothing is left.
    pub(crate) fn strike(&mut self, gone: &[CreatedApp]) {
        self.created.retain(|app| !gone.contains(app));
    }

    /// Reads a file that a run left.
    pub(crate) fn read(path: &Path) -> Result<Self, RunError> {
        Self::read_open(path, bundle::open(path)?)
    }

    /// Reads a file that is open.
    pub(crate) fn read_open(path: &Path, file: File) -> Result<Self, RunError> {
        let shown = path.display().to_string();
        let text = bundle::text(path, file)?.text;
        let file: Self =
            serde_json::from_str(&text).map_err(|error| RunError::json(&shown, error, "an undo file"))?;
        let line = |member: &str| 1 + text[..text.find(member).unwrap_or(0)].matches('\n').count();
        if file.tool != env!("CARGO_PKG_NAME") || file.format != FORMAT {
            let reason = format!(
                "this is not an undo file of okta-conformance in format {FORMAT}; use version {} to restore it",
                file.version
            );
            return Err(RunError::file(&shown, line("\"format\""), reason));
        }
        let ids = file.apps.iter().map(|app| &app.id);
        let ids = ids.chain(file.created.iter().filter_map(|app| app.id.as_ref()));
        for id in ids {
            if !is_id(id) {
                let reason = format!("`{id}` is not an app's id");
                return Err(RunError::file(&shown, line(id), reason));
            }
        }
        Ok(file)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
