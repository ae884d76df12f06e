//! Tolerances: what the sources leave open, as data, each with its source. The
//! criteria of the flows carry those of the bodies; here are the statuses that
//! Okta's published document forgets to declare.

use serde::Deserialize;

use crate::bundle;
use crate::error::RunError;
use crate::judge::known::fits;

/// The tolerances of `fixtures/tolerances.json`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tolerances {
    #[serde(rename = "undeclaredStatuses")]
    undeclared: Vec<Undeclared>,
    findings: Vec<Tolerated>,
}

/// A finding by Okta's published document that recorded answers of real orgs give cause for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tolerated {
    /// The operationId, or `*`.
    operation: String,
    /// The place of the finding; `*` stands for any one token.
    pointer: String,
    /// The entry of docs/behaviour.md.
    #[serde(rename = "behaviour")]
    _behaviour: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Undeclared {
    /// The operationId, or `*`.
    operation: String,
    status: u16,
    source: String,
    why: String,
}

impl Tolerances {
    /// The built-in ones.
    pub(crate) fn embedded() -> Result<Self, RunError> {
        let Some(file) = bundle::embedded("tolerances.json") else { return Ok(Self::default()) };
        serde_json::from_str(&file.text).map_err(|error| RunError::json(&file.name, &error, "tolerances"))
    }

    /// Whether a finding is one that every real org gives cause for.
    pub(crate) fn tolerates(&self, operation: &str, place: &str) -> bool {
        self.findings.iter().any(|entry| {
            (entry.operation == "*" || entry.operation == operation) && fits(&entry.pointer, place)
        })
    }

    /// Why a status that a document does not declare is none the less right.
    pub(crate) fn undeclared_status(&self, operation: &str, status: u16) -> Option<String> {
        self.undeclared
            .iter()
            .find(|entry| entry.status == status && (entry.operation == "*" || entry.operation == operation))
            .map(|entry| format!("not declared, and tolerated: {} [{}]", entry.why, entry.source))
    }
}
