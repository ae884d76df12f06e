//! Ends a run early: whoever holds it can say why, and no further request of a
//! flow leaves. What the run has to put back is still put back.

use std::sync::{Arc, OnceLock};

/// A switch that is off until somebody gives a reason.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<OnceLock<String>>);

impl Stop {
    /// Stops; the first reason stays.
    pub fn because(&self, reason: impl Into<String>) {
        let _ = self.0.set(reason.into());
    }

    /// Why it was stopped, if it was.
    pub fn reason(&self) -> Option<String> {
        self.0.get().cloned()
    }
}
