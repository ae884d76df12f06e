//! Flows, contract, guide and snapshots: those built into the binary, or
//! folders and files that the user names in their place.

use std::path::{Component, Path, PathBuf};

use crate::error::RunError;

/// Every fixture by its path under `fixtures/`.
static EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A text and the name under which the user knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextFile {
    pub(crate) name: String,
    pub(crate) text: String,
    /// The folder it lies in, where it is a file on disk.
    pub(crate) folder: Option<PathBuf>,
}

/// A built-in file by its path under `fixtures/`.
pub(crate) fn embedded(path: &str) -> Option<TextFile> {
    let (name, text) = EMBEDDED.iter().find(|(name, _)| *name == path)?;
    Some(TextFile { name: (*name).to_owned(), text: (*text).to_owned(), folder: None })
}

/// The built-in files of a folder, by name.
pub(crate) fn embedded_folder(folder: &str) -> Vec<TextFile> {
    EMBEDDED
        .iter()
        .filter(|(name, _)| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
        .map(|(name, text)| TextFile { name: (*name).to_owned(), text: (*text).to_owned(), folder: None })
        .collect()
}

/// Reads one file that the user named.
pub(crate) fn read(path: &Path) -> Result<TextFile, RunError> {
    let octets = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    let name = path.display().to_string();
    let text = String::from_utf8(octets).map_err(|error| {
        let whole = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + whole.iter().filter(|octet| **octet == b'\n').count();
        RunError::file(&name, line, "this is not UTF-8; save the file as UTF-8")
    })?;
    Ok(TextFile { name, text, folder: path.parent().map(Path::to_owned) })
}

/// Reads the files of a folder whose names end in one of `endings`, by name.
pub(crate) fn read_folder(path: &Path, endings: &[&str]) -> Result<Vec<TextFile>, RunError> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
        let file = entry.map_err(|error| unreadable(path, &error))?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !file.is_dir() && endings.iter().any(|ending| name.ends_with(ending)) {
            paths.push(file);
        }
    }
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// Follows a relative reference from one file to another.
pub(crate) fn follow(from: &TextFile, reference: &str) -> Result<TextFile, RunError> {
    if reference.contains("://") {
        return Err(RunError::Usage(format!(
            "{}: the source description `{reference}` is remote; the runner reads local files only",
            from.name
        )));
    }
    if let Some(folder) = &from.folder {
        let path = folder.join(reference);
        if path.is_file() {
            return read(&path);
        }
    }
    // A user's own flows may lean on the built-in contract.
    let place = normal(&Path::new("flows").join(reference));
    embedded(&place).ok_or_else(|| RunError::Unreadable {
        path: reference.to_owned(),
        reason: format!(
            "no such file beside {} and none built in; built in are ../contract/openapi.json, ../contract/resource-owner.openapi.json and ../contract/clock.openapi.json",
            from.name
        ),
    })
}

fn normal(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    parts.join("/")
}

fn unreadable(path: &Path, error: &std::io::Error) -> RunError {
    RunError::Unreadable { path: path.display().to_string(), reason: error.to_string() }
}
