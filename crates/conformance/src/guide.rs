//! The steps of the guide that flows cite with `x-guide`.

use serde::{Deserialize, Serialize};

use crate::bundle;
use crate::error::RunError;

/// The guide: its title, its URL, and a summary of its steps.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Guide {
    /// The guide's title.
    #[serde(default)]
    pub guide: String,
    /// The version of this list of steps; the guide itself has none.
    #[serde(default)]
    pub version: String,
    /// The address of the guide.
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
    /// The id that flows cite.
    pub id: String,
    /// The section of the guide.
    #[serde(default)]
    pub section: String,
    /// A summary of the step.
    #[serde(default)]
    pub summary: String,
}

impl Guide {
    /// The built-in guide; empty if none is built in.
    pub(crate) fn embedded() -> Result<Self, RunError> {
        let Some(file) = bundle::embedded("guide.json") else {
            return Ok(Self::default());
        };
        serde_json::from_str(&file.text).map_err(|error| RunError::json(&file.name, error, "a guide"))
    }

    /// The title, and the version of the list of steps.
    pub(crate) fn title(&self) -> String {
        format!("{}, steps {}", self.guide, self.version)
    }

    /// The step with that id.
    pub fn step(&self, id: &str) -> Option<&GuideStep> {
        self.steps.iter().find(|step| step.id == id)
    }
}
