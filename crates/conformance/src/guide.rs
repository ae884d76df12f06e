//! The steps of the guide that flows refer to by `x-guide`.

use serde::{Deserialize, Serialize};

use crate::bundle;
use crate::error::RunError;

/// The guide: its title, where it stands, its steps in own words.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Guide {
    /// The guide's title.
    #[serde(default)]
    pub guide: String,
    /// The version of this list of its steps; the guide itself has none.
    #[serde(default)]
    pub version: String,
    /// Where to read it.
    #[serde(default)]
    pub url: String,
    /// Its steps, in order.
    #[serde(default)]
    pub steps: Vec<GuideStep>,
}

/// One step of the guide.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct GuideStep {
    /// The name that flows use.
    pub id: String,
    /// The section of the guide.
    #[serde(default)]
    pub section: String,
    /// What the step says, in own words.
    #[serde(default)]
    pub summary: String,
}

impl Guide {
    /// The built-in guide; empty where none is built in.
    pub(crate) fn embedded() -> Result<Self, RunError> {
        let Some(file) = bundle::embedded("guide.json") else {
            return Ok(Self::default());
        };
        serde_json::from_str(&file.text).map_err(|error| RunError::json(&file.name, error, "a guide"))
    }

    /// Its title, and the version of the list of its steps.
    pub(crate) fn title(&self) -> String {
        format!("{}, steps {}", self.guide, self.version)
    }

    /// The step of that name.
    pub fn step(&self, id: &str) -> Option<&GuideStep> {
        self.steps.iter().find(|step| step.id == id)
    }
}
