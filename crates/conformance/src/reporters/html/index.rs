//! The index of the page, for links between findings and steps.

use std::collections::HashMap;

use super::super::groups::{self, Group};
use crate::event::{FlowReport, RunReport, StepReport};
use crate::verdict::Verdict;

/// Maximum number of findings shown with an example; the rest is a folded list.
const MAX_WITH_EXAMPLE: usize = 50;

/// A step and its flow run.
pub(super) type ReportedStep<'a> = (&'a FlowReport, &'a StepReport);

/// A numbered group of findings, and the step whose exchange is shown with it.
#[derive(Debug)]
pub(super) struct NumberedGroup<'a> {
    pub(super) number: usize,
    pub(super) group: Group<'a>,
    pub(super) example: Option<ReportedStep<'a>>,
}

/// Groups of one kind: those with an example, and the rest.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) title: &'static str,
    pub(super) whole: Vec<NumberedGroup<'a>>,
    pub(super) rest: Vec<NumberedGroup<'a>>,
}

/// Steps that failed or were not judged for the same reason; `None` for a flow run without steps.
#[derive(Debug)]
pub(super) struct Failure<'a> {
    pub(super) verdict: Verdict,
    pub(super) reason: &'a str,
    pub(super) steps: Vec<(&'a FlowReport, Option<&'a StepReport>)>,
}

/// The index entry of a step.
#[derive(Debug, Default)]
pub(super) struct StepEntry {
    pub(super) number: usize,
    /// The numbers of its findings.
    pub(super) findings: Vec<usize>,
    /// The finding that shows its exchange.
    pub(super) example_of: Option<usize>,
}

/// The index of everything that can be linked to.
#[derive(Debug)]
pub(super) struct Index<'a> {
    pub(super) sections: Vec<Section<'a>>,
    pub(super) failures: Vec<Failure<'a>>,
    /// Keyed by the address of the step, which is stable within the report.
    places: HashMap<*const StepReport, StepEntry>,
}

impl<'a> Index<'a> {
    pub(super) fn new(report: &'a RunReport) -> Self {
        let steps = report.flows.iter().flat_map(|flow| &flow.steps);
        let places = steps.enumerate().map(|(at, step)| {
            (std::ptr::from_ref::<StepReport>(step), StepEntry { number: at + 1, ..StepEntry::default() })
        });
        let mut index = Self { sections: Vec::new(), failures: failures(report), places: places.collect() };
        let mut number = 0;
        for (title, groups) in [
            ("Findings", groups::deciding(&report.flows)),
            ("Findings that do not decide", groups::not_deciding(&report.flows)),
            ("Accepted deviations", groups::accepted(&report.flows)),
        ] {
            let mut whole = Vec::new();
            let mut rest = Vec::new();
            for group in groups {
                number += 1;
                let is_whole = whole.len() < MAX_WITH_EXAMPLE;
                let numbered = index.numbered(number, group, is_whole);
                if is_whole { whole.push(numbered) } else { rest.push(numbered) }
            }
            index.sections.push(Section { title, whole, rest });
        }
        index
    }

    /// Links a group with its steps; its example is the first step that is not an example already.
    fn numbered(&mut self, number: usize, group: Group<'a>, is_whole: bool) -> NumberedGroup<'a> {
        let mut example = None;
        for &(flow, step) in &group.steps {
            let Some(place) = self.places.get_mut(&std::ptr::from_ref(step)) else { continue };
            if place.findings.last() != Some(&number) {
                place.findings.push(number);
            }
            if is_whole && example.is_none() && place.example_of.is_none() {
                place.example_of = Some(number);
                example = Some((flow, step));
            }
        }
        NumberedGroup { number, group, example }
    }

    /// The index entry of a step.
    pub(super) fn place(&self, step: &StepReport) -> Option<&StepEntry> {
        self.places.get(&std::ptr::from_ref(step))
    }
}

/// The failures without a finding, by reason: errors first, then the most frequent.
fn failures(report: &RunReport) -> Vec<Failure<'_>> {
    let mut failures: Vec<Failure<'_>> = Vec::new();
    let mut known: HashMap<(Verdict, &str), usize> = HashMap::new();
    let is_bad = |verdict: Verdict| matches!(verdict, Verdict::Error | Verdict::Unjudged);
    for flow in report.flows.iter().filter(|flow| flow.verdict > Verdict::Skipped) {
        let own = flow
            .reason
            .as_deref()
            .filter(|_| is_bad(flow.verdict))
            .map(|reason| (flow.verdict, reason, None));
        let steps = flow.steps.iter().filter(|step| is_bad(step.verdict));
        let steps = steps.map(|step| (step.verdict, why(step), Some(&**step)));
        for (verdict, reason, step) in own.into_iter().chain(steps) {
            let index = *known.entry((verdict, reason)).or_insert(failures.len());
            if index == failures.len() {
                failures.push(Failure { verdict, reason, steps: Vec::new() });
            }
            if let Some(failure) = failures.get_mut(index) {
                failure.steps.push((flow, step));
            }
        }
    }
    failures.sort_by_key(|failure| std::cmp::Reverse((failure.verdict, failure.steps.len())));
    failures
}

/// The reason that a step has no verdict: its own, or that of a judgement.
fn why(step: &StepReport) -> &str {
    let of_judgements = || {
        let judgements = step.judgements();
        judgements
            .into_iter()
            .find(|(_, judgement)| judgement.verdict == step.verdict)
            .and_then(|(_, judgement)| judgement.reason.as_deref())
    };
    step.reason.as_deref().or_else(of_judgements).unwrap_or("no judgement applied")
}
