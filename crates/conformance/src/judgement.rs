//! What a judgement says of a step: findings, and the verdict of one layer.

use crate::check::{Check, MORE};
use crate::shortened::shortened;
use crate::verdict::Verdict;

/// One of the three independent judgements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Layer {
    /// What the guide documents, as the criteria of the step.
    Documented,
    /// The OpenAPI document.
    Contract,
    /// The accepted exchange.
    Snapshot,
}

impl Layer {
    /// All three, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Documented, Self::Contract, Self::Snapshot];

    /// The word in reports and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Contract => "contract",
            Self::Snapshot => "snapshot",
        }
    }
}

/// One difference: the place, what was expected there, and what came.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Finding {
    /// The check that made it.
    pub check: &'static Check,
    /// The place in the answer.
    pub place: String,
    /// What was expected there.
    pub expected: String,
    /// What came.
    pub actual: String,
}

/// What one layer says about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// The verdict of this layer alone.
    pub verdict: Verdict,
    /// Why it was skipped or could not be judged.
    pub reason: Option<String>,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// A readable difference, line by line, where there is one.
    pub diff: Option<String>,
    /// Findings that were accepted beforehand, and do not count.
    pub accepted: Vec<Accepted>,
    /// Whether its findings decide about the step (`--fail-on`).
    pub decides: bool,
}

/// A finding that a file of known deviations accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The finding.
    pub finding: Finding,
    /// Why it is accepted.
    pub reason: String,
}

/// More findings of one layer at one step say nothing more to a person.
const MOST_FINDINGS: usize = 100;

/// The first findings, and how many more there are.
fn bounded(mut findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() > MOST_FINDINGS {
        let more = findings.len() - MOST_FINDINGS;
        findings.truncate(MOST_FINDINGS);
        findings.push(Finding {
            check: &MORE,
            place: "(more)".to_owned(),
            expected: "nothing else to report".to_owned(),
            actual: format!("{more} more findings of this step, which are left out"),
        });
    }
    findings
}

impl Judgement {
    pub(crate) fn of(findings: Vec<Finding>) -> Self {
        let findings = bounded(findings);
        let verdict = match findings.is_empty() {
            true => Verdict::Conforms,
            false => Verdict::Deviates,
        };
        Self { verdict, reason: None, findings, diff: None, accepted: Vec::new(), decides: true }
    }

    pub(crate) fn without(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: Some(reason.into()),
            findings: Vec::new(),
            diff: None,
            accepted: Vec::new(),
            decides: true,
        }
    }

    pub(crate) fn unjudged(reason: impl Into<String>) -> Self {
        Self::without(Verdict::Unjudged, reason)
    }
}

/// More of what was expected or came says nothing more to a person; the exchange has it whole.
const LONGEST_TEXT: usize = 1_000;

/// Where a check puts its findings.
pub(crate) struct Findings<'a> {
    check: &'static Check,
    all: &'a mut Vec<Finding>,
}

impl<'a> Findings<'a> {
    /// Of this check, put after those that are there already.
    pub(crate) fn new(check: &'static Check, all: &'a mut Vec<Finding>) -> Self {
        Self { check, all }
    }

    /// Adds a difference.
    pub(crate) fn add(
        &mut self,
        place: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        let cut = |text: String| shortened(&text, LONGEST_TEXT).into_owned();
        let (place, expected, actual) = (place.into(), cut(expected.into()), cut(actual.into()));
        self.all.push(Finding { check: self.check, place, expected, actual });
    }

    /// Whether the check has a finding at this place already.
    pub(crate) fn has(&self, place: &str) -> bool {
        self.all.iter().any(|finding| finding.check == self.check && finding.place == place)
    }
}
