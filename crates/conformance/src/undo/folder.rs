//! The folder of undo files, and the files in it that killed runs left.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::UndoFile;
use crate::error::RunError;
use crate::setting::Setting;

/// The folder of undo files.
#[derive(Debug, Clone)]
pub(crate) struct UndoFolder(PathBuf);

const PREFIX: &str = "undo-";
const ENDING: &str = ".json";

impl UndoFolder {
    /// The folder that the user named, or the one for a program's state
    /// (XDG Base Directory Specification: `$XDG_STATE_HOME`, else `~/.local/state`).
    pub(crate) fn new(named: Option<PathBuf>) -> Result<Self, RunError> {
        let set = |name: &str| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
        let state = || {
            set("XDG_STATE_HOME")
                .map(PathBuf::from)
                .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".local/state")))
        };
        named.or_else(|| state().map(|state| state.join("okta-conformance"))).map(Self).ok_or_else(|| {
            RunError::usage("there is no home folder for the undo file; choose a folder")
                .solved_by([Setting::UndoFolder])
        })
    }

    /// Another file of this program's state.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The file of a run.
    pub(crate) fn file(&self, host: &str, run: &str) -> PathBuf {
        let host: String = host
            .chars()
            .map(|each| if each.is_ascii_alphanumeric() || each == '.' { each } else { '-' })
            .collect();
        self.0.join(format!("{PREFIX}{host}-{run}{ENDING}"))
    }
}

/// Undo files of other runs against the same org that hold one of these apps.
pub(crate) fn others(place: &UndoFolder, target: &str, apps: &[&str]) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(&place.0) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_undo_file(path))
        .filter(|path| {
            UndoFile::read(path).is_ok_and(|file| {
                file.target == target && file.apps.iter().any(|app| apps.contains(&app.id.as_str()))
            })
        })
        .collect();
    found.sort();
    found
}

fn is_undo_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(PREFIX) && name.ends_with(ENDING)
}
