//! Profiles: named sets of snapshots of an org's own answers.

use std::path::{Path, PathBuf};

use crate::error::RunError;
use crate::nearest::nearest;

/// File name endings of accepted and pending snapshots.
pub(super) const ACCEPTED: &str = ".snap";
pub(super) const PENDING: &str = ".snap.new";

/// The folder of a profile with accepted snapshots.
pub(super) fn accepted(profiles: &Path, name: &str) -> Result<PathBuf, RunError> {
    let folder = folder(profiles, name)?;
    let has = |ending: &str| files(&folder).iter().any(|file| file.ends_with(ending));
    if has(ACCEPTED) {
        return Ok(folder);
    }
    let known = names(profiles);
    let hint = match (has(PENDING), nearest(name, known.iter().map(String::as_str))) {
        (true, _) => {
            format!("none of its snapshots is accepted; run `okta-conformance accept --profile {name}`")
        }
        (false, Some(near)) => format!("did you mean `{near}`?"),
        (false, None) => format!("record one with `okta-conformance record --profile {name}`"),
    };
    Err(RunError::Selection(format!("{}: no profile with accepted snapshots; {hint}", folder.display())))
}

/// The folder of a profile; a name is a single word, not a path.
pub(super) fn folder(profiles: &Path, name: &str) -> Result<PathBuf, RunError> {
    let plain = |each: char| each.is_ascii_alphanumeric() || matches!(each, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err(RunError::usage(format!(
            "--profile {name}: a profile name may contain letters, digits, `-`, `_` and `.`"
        )));
    }
    Ok(profiles.join(name))
}

/// The names of the files of a folder, sorted.
pub(super) fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn names(profiles: &Path) -> Vec<String> {
    files(profiles).into_iter().filter(|name| profiles.join(name).is_dir()).collect()
}
