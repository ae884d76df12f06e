//! What a check asks, and what it rests on. Every finding names the check that made it by its id, which
//! `--skip-check` and files of known deviations take.

use std::hash::{Hash, Hasher};

/// One thing that is checked of every exchange it applies to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Check {
    /// Its stable id, `{judgement}.{subject}.{aspect}`.
    pub id: &'static str,
    /// What it asks.
    pub sentence: &'static str,
    /// What it rests on.
    pub source: &'static str,
}

impl Check {
    /// The judgement that it belongs to, by its word.
    pub(crate) fn layer(&self) -> &'static str {
        self.id.split('.').next().unwrap_or_default()
    }

    /// Whether it asks anything: one entry of the table only counts what was left out.
    pub(crate) fn is_asked(&self) -> bool {
        *self != MORE
    }
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Check {}

impl Hash for Check {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// Not a check: it stands for the findings of a step that were left out.
pub(crate) static MORE: Check = Check {
    id: "documented.more",
    sentence: "Not a check: it counts the findings of a step that were left out.",
    source: "this runner",
};
