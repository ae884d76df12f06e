//! Flows, contract, guide and snapshots: built into the binary, or read from folders and files that the user
//! names. Every file that the runner reads is opened here.

use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use crate::error::RunError;

/// All fixtures by their path under `fixtures/`.
static EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A text and its name as shown to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextFile {
    pub(crate) name: String,
    pub(crate) text: String,
    /// The folder of a file on disk.
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

/// A value that is parsed from built-in files once per process: a test suite may build hundreds of runners.
pub(crate) struct ParsedOnce<T>(OnceLock<T>);

impl<T: Clone> ParsedOnce<T> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The value, which the first call parses. After an error the next call parses again.
    pub(crate) fn get(&self, parse: impl FnOnce() -> Result<T, RunError>) -> Result<T, RunError> {
        match self.0.get() {
            Some(value) => Ok(value.clone()),
            None => parse().map(|value| self.0.get_or_init(|| value).clone()),
        }
    }
}

/// Maximum size of a file in bytes; Okta's published OpenAPI document has 4 MiB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Maximum number of files in a folder of flows or snapshots.
const MAX_FILES: usize = 10_000;

/// Opens a file for reading. Only regular files are accepted: a device may never end, and a FIFO blocks until
/// somebody writes.
pub(crate) fn open(path: &Path) -> Result<File, RunError> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    // Without this flag, opening a FIFO blocks before its kind can be checked.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, non_blocking());
    let file = options.open(path).map_err(|error| unreadable(path, error))?;
    let kind = file.metadata().map_err(|error| unreadable(path, error))?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    Err(not_a_file(path, if kind.is_dir() { "a folder" } else { "a device, a pipe or a socket" }))
}

#[cfg(unix)]
fn non_blocking() -> i32 {
    // The bits are those of `open(2)`, which are an `int`.
    (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits().cast_signed()
}

fn not_a_file(path: &Path, kind: &str) -> RunError {
    RunError::unreadable(path.display().to_string(), format!("it is {kind}; use a regular file"))
}

/// Reads one file that the user named.
pub(crate) fn read(path: &Path) -> Result<TextFile, RunError> {
    text(path, open(path)?)
}

/// Reads an open file.
pub(crate) fn text(path: &Path, file: File) -> Result<TextFile, RunError> {
    let mut bytes = Vec::new();
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(path, error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(RunError::unreadable(
            path.display().to_string(),
            format!("it is larger than {} MiB; use a smaller file", MAX_BYTES / 1024 / 1024),
        ));
    }
    let name = path.display().to_string();
    let text = String::from_utf8(bytes).map_err(|error| {
        let whole = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + whole.iter().filter(|byte| **byte == b'\n').count();
        RunError::file(&name, line, "invalid UTF-8; save the file as UTF-8")
    })?;
    Ok(TextFile { name, text, folder: path.parent().map(Path::to_owned) })
}

/// Reads the files of a folder whose names end in one of `endings`, sorted by name.
pub(crate) fn read_folder(path: &Path, endings: &[&str]) -> Result<Vec<TextFile>, RunError> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(path, error))? {
        let file = entry.map_err(|error| unreadable(path, error))?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !file.is_dir() && endings.iter().any(|ending| name.ends_with(ending)) {
            paths.push(file);
        }
        if paths.len() > MAX_FILES {
            return Err(RunError::unreadable(
                path.display().to_string(),
                format!("it contains more than {MAX_FILES} such files; use a smaller folder"),
            ));
        }
    }
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// Follows a relative reference from one file to another.
pub(crate) fn follow(from: &TextFile, reference: &str) -> Result<TextFile, RunError> {
    if reference.contains("://") {
        return Err(RunError::usage(format!(
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
    // A user's own flows may use the built-in contract.
    let place = normal(&Path::new("flows").join(reference));
    embedded(&place).ok_or_else(|| RunError::unreadable(reference.to_owned(), format!(
            "no such file next to {}, and none built in; the built-in ones are ../contract/openapi.json and ../contract/control.openapi.json",
            from.name
        )))
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

fn unreadable(path: &Path, error: std::io::Error) -> RunError {
    RunError::io(path.display().to_string(), error)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_regular_files_of_a_bounded_size_are_read() {
        let folder = std::env::temp_dir().join(format!("okta-conformance-bundle-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let (pipe, large) = (folder.join("pipe"), folder.join("large"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        File::create(&large).unwrap().set_len(MAX_BYTES + 1).unwrap();
        for (path, expected) in [
            (Path::new("/dev/zero"), "a device"),
            (&pipe, "a pipe"),
            (&folder, "a folder"),
            (&large, "larger than 64 MiB"),
            (&folder.join("absent"), "No such file"),
        ] {
            let message = read(path).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains(&path.display().to_string()), "{message}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
