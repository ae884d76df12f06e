//! A file of known deviations, to be filled in: an entry for each check and place that deviates.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::groups;
use crate::event::RunReport;

/// The file. Its reasons are empty, and a run refuses it until a person has filled them in.
pub(super) fn known_deviations(report: &RunReport) -> Value {
    let groups = groups::deciding(&report.flows);
    let mut seen = BTreeSet::new();
    let entries: Vec<Value> = groups
        .iter()
        .filter(|group| seen.insert((group.finding.check.id, group.finding.place.as_str())))
        .map(|group| json!({"check": group.finding.check.id, "pointer": group.finding.place, "reason": ""}))
        .collect();
    json!({ "deviations": entries })
}
