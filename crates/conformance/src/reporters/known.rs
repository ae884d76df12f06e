//! A file of known deviations to fill in: an entry for each group of findings.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::groups::{self, Group};
use crate::event::RunReport;
use crate::judge::wildcard::Fingerprint;
use crate::verdict::Verdict;

/// The file. Its reasons are empty; a run rejects it until a person has filled them in.
pub(super) fn known_deviations(report: &RunReport) -> Value {
    let groups = groups::deciding(&report.flows);
    let mut seen = BTreeSet::new();
    let new = groups.iter().filter(|group| seen.insert(&group.fingerprint));
    json!({ "deviations": new.map(entry).collect::<Vec<_>>() })
}

fn entry(group: &Group<'_>) -> Value {
    let Fingerprint { check, place, expected, actual } = &group.fingerprint;
    let flows: BTreeSet<&str> = group.steps.iter().map(|(flow, _)| flow.info.flow.as_str()).collect();
    json!({
        "check": check,
        "pointer": place,
        "expected": expected,
        "actual": actual,
        "seenIn": flows,
        "reason": "",
    })
}

/// True if a run without findings does not conform, because nothing was judged. Then no file is written.
pub(super) fn is_pointless(report: &RunReport) -> bool {
    report.summary.verdict != Verdict::Conforms && groups::deciding(&report.flows).is_empty()
}
