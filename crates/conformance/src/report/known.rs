//! A file of known deviations, to be filled in: an entry for each group of findings.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::groups;
use crate::event::RunReport;
use crate::judge::wildcard::Fingerprint;

/// The file. Its reasons are empty, and a run refuses it until a person has filled them in.
pub(super) fn known_deviations(report: &RunReport) -> Value {
    let groups = groups::deciding(&report.flows);
    let mut seen = BTreeSet::new();
    let new = groups.iter().map(|group| &group.fingerprint).filter(|fingerprint| seen.insert(*fingerprint));
    json!({ "deviations": new.map(entry).collect::<Vec<_>>() })
}

fn entry(fingerprint: &Fingerprint) -> Value {
    let Fingerprint { check, place, expected, actual } = fingerprint;
    json!({"check": check, "pointer": place, "expected": expected, "actual": actual, "reason": ""})
}
