//! The judgement of a step: findings and a verdict.

use crate::check::{Check, MORE};
use crate::shortened::shortened;
use crate::verdict::Verdict;

/// One of the three independent judgements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Layer {
    /// By the guide, as the criteria of the step.
    Documented,
    /// By the OpenAPI document.
    Contract,
    /// By the accepted exchange.
    Snapshot,
}

impl Layer {
    /// All three, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Documented, Self::Contract, Self::Snapshot];

    /// The word used in reports and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Contract => "contract",
            Self::Snapshot => "snapshot",
        }
    }
}

/// One difference: its place, the expected and the actual value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Finding {
    /// The check that found it.
    pub check: &'static Check,
    /// The place in the answer.
    pub place: String,
    /// The expected value.
    pub expected: String,
    /// The actual value.
    pub actual: String,
}

/// The judgement of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// The verdict of this judgement alone.
    pub verdict: Verdict,
    /// The reason that it was skipped or not made.
    pub reason: Option<String>,
    /// The deviations.
    pub findings: Vec<Finding>,
    /// A line-by-line difference, if there is one.
    pub diff: Option<String>,
    /// Findings that a file of known deviations accepts; they do not count.
    pub accepted: Vec<Accepted>,
    /// True if its findings decide about the step (`--fail-on`).
    pub decides: bool,
}

/// A finding that a file of known deviations accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The finding.
    pub finding: Finding,
    /// The reason that it is accepted.
    pub reason: String,
}

/// Maximum number of findings of one judgement at one step.
const MAX_FINDINGS: usize = 100;

/// Limits the findings, and adds the number of those left out.
fn bounded(mut findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() > MAX_FINDINGS {
        let more = findings.len() - MAX_FINDINGS;
        findings.truncate(MAX_FINDINGS);
        findings.push(Finding {
            check: &MORE,
            place: "(more)".to_owned(),
            expected: "nothing else to report".to_owned(),
            actual: format!("{more} more findings of this step were left out"),
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

/// Maximum length of an expected or actual value; the exchange has the full value.
const MAX_TEXT: usize = 1_000;

/// Collects the findings of a check.
pub(crate) struct Findings<'a> {
    check: &'static Check,
    all: &'a mut Vec<Finding>,
}

impl<'a> Findings<'a> {
    /// Collects findings of this check after the existing ones.
    pub(crate) fn new(check: &'static Check, all: &'a mut Vec<Finding>) -> Self {
        Self { check, all }
    }

    /// Adds a finding.
    pub(crate) fn add(
        &mut self,
        place: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        let cut = |text: String| shortened(&text, MAX_TEXT).into_owned();
        let (place, expected, actual) = (place.into(), cut(expected.into()), cut(actual.into()));
        self.all.push(Finding { check: self.check, place, expected, actual });
    }

    /// True if the check has a finding at this place already.
    pub(crate) fn has(&self, place: &str) -> bool {
        self.all.iter().any(|finding| finding.check == self.check && finding.place == place)
    }
}
