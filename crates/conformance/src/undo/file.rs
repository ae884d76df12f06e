//! The undo file: the state that was found and the apps that were created.

use std::fs::File;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bundle;
use crate::error::RunError;

/// The version of the file format; others are rejected.
const FORMAT: u32 = 1;

/// The state to restore, and the org it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object written by a run")]
pub(crate) struct UndoFile {
    pub(crate) format: u32,
    /// `okta-conformance`, to identify the file.
    pub(crate) tool: String,
    pub(crate) version: String,
    /// The org's origin.
    pub(crate) target: String,
    /// The id of the run that wrote it, as in its `User-Agent`.
    pub(crate) run: String,
    /// The start of the run: seconds since the epoch by the org's clock, if the org sent one.
    pub(crate) started: i64,
    /// The apps that the user named, in the state that was found.
    pub(crate) apps: Vec<FoundApp>,
    /// The apps that the run created, or was about to create.
    pub(crate) created: Vec<CreatedApp>,
    /// The process id of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process: Option<u32>,
    /// Proof that this installation wrote the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mac: Option<String>,
}

/// An app in the state that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoundApp {
    /// The app name, such as `google`.
    pub(crate) app: String,
    pub(crate) id: String,
    /// The app's own `created`: no two orgs share both an id and this.
    pub(crate) created: String,
    /// `ACTIVE` or `INACTIVE`.
    pub(crate) status: String,
    pub(crate) connection: FoundConnection,
    /// The features with their capabilities; `None` if the org did not show them, for example while the
    /// connection is not enabled.
    pub(crate) features: Option<Vec<FoundFeature>>,
    /// True once the run began to store another credential.
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

/// An app that this run created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatedApp {
    pub(crate) name: String,
    pub(crate) label: String,
    /// The app's id, once the org has answered.
    pub(crate) id: Option<String>,
    /// The time of the create request by this machine's clock: seconds since the epoch.
    #[serde(default)]
    pub(crate) asked: u64,
}

/// The maximum difference between the clocks of an org's servers, in seconds.
const SKEW: i64 = 60;
/// Seconds after a create request in which the org may be carrying it out.
const CREATED_AFTER: u64 = 20;
/// Seconds after a create request; an app that is not listed by then was not created.
const SHOWN_AFTER: u64 = 600;

impl CreatedApp {
    /// True if an app of the org may be this one: of the same kind, and not older than the run.
    pub(crate) fn may_be(&self, seen: &Value, started: i64) -> bool {
        let text = |name: &str| seen.get(name).and_then(Value::as_str);
        let created = text("created").and_then(|text| text.parse::<jiff::Timestamp>().ok());
        text("name") == Some(self.name.as_str())
            && created.is_some_and(|created| created.as_second() >= started - SKEW)
    }

    /// True if an app identifies itself as this one: by the note of the run and by its label, which a flow
    /// may have extended.
    pub(crate) fn is_told_by(&self, seen: &Value, mark: &str) -> bool {
        let text = |pointer: &str| seen.pointer(pointer).and_then(Value::as_str);
        let labelled = text("/label").is_some_and(|label| label.starts_with(&self.label));
        text("/settings/notes/admin") == Some(mark) && labelled && !self.label.is_empty()
    }

    /// True if an app that the org does not list may still appear.
    pub(crate) fn may_be_shown_yet(&self) -> bool {
        self.age() < SHOWN_AFTER
    }

    /// True if the org may still be creating the app, so that another search is worth a pause.
    pub(crate) fn may_be_created_yet(&self) -> bool {
        self.age() < CREATED_AFTER
    }

    /// Seconds since the create request.
    fn age(&self) -> u64 {
        seconds_now().saturating_sub(self.asked)
    }
}

/// Rejects a file that others can read or change, or that belongs to another user.
#[cfg(unix)]
pub(crate) fn check_private(path: &Path, file: &File) -> Result<(), RunError> {
    use std::os::unix::fs::MetadataExt as _;
    let shown = path.display().to_string();
    let known = file.metadata();
    let known = known.map_err(|error| RunError::io(shown.clone(), error))?;
    if known.uid() != rustix::process::geteuid().as_raw() {
        return Err(RunError::usage(format!(
            "{shown} belongs to another user and cannot be trusted; nothing was sent"
        )));
    }
    match known.mode() & 0o777 {
        mode if mode & 0o077 != 0 => Err(RunError::usage(format!(
            "{shown} is open to other users (mode {mode:04o}), who may have changed it; nothing was sent; check the file, then run `chmod 600` on it"
        ))),
        _ => Ok(()),
    }
}

/// File permissions are not checked on this system.
#[cfg(not(unix))]
pub(crate) fn check_private(_: &Path, _: &File) -> Result<(), RunError> {
    Ok(())
}

/// Seconds since the epoch, by this machine's clock.
pub(crate) fn seconds_now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// True if a text can be an app's id. Ids become path segments, so they must need no encoding (RFC 3986, 2.3)
/// and must not be `.` or `..` (5.2.4).
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

    /// Removes created apps that are gone.
    pub(crate) fn strike(&mut self, gone: &[CreatedApp]) {
        self.created.retain(|app| !gone.contains(app));
    }

    /// Reads an undo file.
    pub(crate) fn read(path: &Path) -> Result<Self, RunError> {
        Self::read_open(path, bundle::open(path)?)
    }

    /// Reads an open undo file.
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
                let reason = format!("`{id}` is not an app id");
                return Err(RunError::file(&shown, line(id), reason));
            }
        }
        Ok(file)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
