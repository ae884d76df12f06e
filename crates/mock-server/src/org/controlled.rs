//! An org with the parts that only the control plane has: the request log, faults and checkpoints.

use std::collections::BTreeMap;

use super::faults::Faults;
use super::request_log::{LogLimits, RequestLog};
use super::state::Org;

/// Bounds of what the control plane keeps of an org.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ControlLimits {
    /// Bounds of the request log.
    pub(crate) log: LogLimits,
    /// Maximum number of checkpoints.
    pub(crate) checkpoints: usize,
    /// Maximum number of faults.
    pub(crate) faults: usize,
}

impl Default for ControlLimits {
    fn default() -> Self {
        Self { log: LogLimits::default(), checkpoints: 100, faults: 1_000 }
    }
}

/// Everything that is behind the lock of a mock org.
pub(crate) struct ControlledOrg {
    /// The org itself.
    pub(crate) org: Org,
    /// The requests that it received.
    pub(crate) log: RequestLog,
    /// The answers that it gives on purpose.
    pub(crate) faults: Faults,
    /// The org at its start. Apps that did not change are shared with it.
    initial: Org,
    checkpoints: BTreeMap<String, Org>,
    max_checkpoints: usize,
}

impl ControlledOrg {
    /// Creates an org in its initial state.
    pub(crate) fn new(initial: Org, limits: ControlLimits) -> Self {
        Self {
            org: initial.clone(),
            log: RequestLog::new(limits.log),
            faults: Faults::new(limits.faults),
            initial,
            checkpoints: BTreeMap::new(),
            max_checkpoints: limits.checkpoints,
        }
    }

    /// Resets the org to its initial state, and removes faults and log entries. Checkpoints stay.
    pub(crate) fn reset(&mut self) {
        self.org = self.initial.clone();
        self.faults.clear();
        self.log.clear();
    }

    /// Returns the org at its start.
    pub(crate) const fn initial(&self) -> &Org {
        &self.initial
    }

    /// Keeps the state of the org under a name. Returns false if there are too many.
    pub(crate) fn keep_checkpoint(&mut self, name: &str) -> bool {
        if self.checkpoints.len() >= self.max_checkpoints && !self.checkpoints.contains_key(name) {
            return false;
        }
        self.checkpoints.insert(name.to_owned(), self.org.clone());
        true
    }

    /// Returns the state that is kept under a name.
    pub(crate) fn checkpoint(&self, name: &str) -> Option<&Org> {
        self.checkpoints.get(name)
    }

    /// Restores the state that is kept under a name. Returns false if there is none.
    pub(crate) fn restore_checkpoint(&mut self, name: &str) -> bool {
        match self.checkpoints.get(name) {
            Some(kept) => {
                self.org = kept.clone();
                true
            }
            None => false,
        }
    }

    /// Removes a checkpoint. Returns false if there is none.
    pub(crate) fn remove_checkpoint(&mut self, name: &str) -> bool {
        self.checkpoints.remove(name).is_some()
    }

    /// Returns the names of the checkpoints, in alphabetical order.
    pub(crate) fn checkpoints(&self) -> impl Iterator<Item = &str> {
        self.checkpoints.keys().map(String::as_str)
    }
}
