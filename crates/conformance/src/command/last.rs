//! Remembers the flow runs that did not conform in the last run, for `--last-failed`.

use std::path::PathBuf;

use crate::bundle;
use crate::error::RunError;
use crate::event::RunReport;
use crate::undo::UndoFolder;
use crate::verdict::Verdict;

const FILE: &str = "last-failed.json";

fn path() -> Option<PathBuf> {
    UndoFolder::new(None).ok().map(|place| place.beside(FILE))
}

/// The names of the flow runs with the verdict deviates or error.
pub(super) fn failed() -> Result<Vec<String>, RunError> {
    let file = path().filter(|path| path.exists()).map(|path| bundle::read(&path)).transpose()?;
    let names: Vec<String> = match file {
        Some(file) => serde_json::from_str(&file.text)
            .map_err(|error| RunError::json(&file.name, error, "a list of failed flow runs"))?,
        None => Vec::new(),
    };
    match names.is_empty() {
        true => Err(RunError::Selection("nothing failed in the last run; remove --last-failed".to_owned())),
        false => Ok(names),
    }
}

/// Stores the names; does nothing if there is no place for them.
pub(super) fn remember(report: &RunReport) {
    let bad = |verdict: Verdict| matches!(verdict, Verdict::Deviates | Verdict::Error);
    let mut names: Vec<String> =
        report.flows.iter().filter(|flow| bad(flow.verdict)).map(|flow| flow.name()).collect();
    names.sort();
    names.dedup();
    let Some(path) = path() else { return };
    if let Some(folder) = path.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    if let Ok(text) = serde_json::to_string(&names) {
        let _ = std::fs::write(path, text);
    }
}
