//! The result of a restore.

use crate::exchange::RequestRecord;
use crate::undo::CreatedApp;

/// The result of a restore.
#[derive(Debug, Clone, Default)]
pub struct Restored {
    /// The apps that were restored; verified by reading.
    pub reverted: Vec<String>,
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
