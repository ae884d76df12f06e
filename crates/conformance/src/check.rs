//! The description of a check. Every finding names its check by id; `--skip-check` and files of known
//! deviations use the same ids.

use std::hash::{Hash, Hasher};

/// One question, asked of every exchange that it applies to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Check {
    /// The stable id, `{judgement}.{subject}.{aspect}`.
    pub id: &'static str,
    /// The requirement.
    pub sentence: &'static str,
    /// The source of the requirement.
    pub source: &'static str,
}

impl Check {
    /// The judgement of the check, by its word.
    pub(crate) fn layer(&self) -> &'static str {
        self.id.split('.').next().unwrap_or_default()
    }

    /// False for the one entry of the table that only counts left-out findings.
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

/// Not a check: the entry that counts the findings left out at a step.
pub(crate) static MORE: Check = Check {
    id: "documented.more",
    sentence: "Not a check: counts the findings of a step that were left out.",
    source: "this runner",
};
