//! What stands where on the page, so that findings and steps lead to each other.

use std::collections::HashMap;

use super::super::groups::{self, Group};
use crate::event::{FlowReport, RunReport, StepReport};
use crate::verdict::Verdict;

/// More findings than these stand in a list without examples, behind a fold.
const MOST_WHOLE: usize = 50;

/// A step and the flow run that it belongs to.
pub(super) type ReportedStep<'a> = (&'a FlowReport, &'a StepReport);

/// A group of findings with its number, and the step whose exchange is shown with it.
#[derive(Debug)]
pub(super) struct NumberedGroup<'a> {
    pub(super) number: usize,
    pub(super) group: Group<'a>,
    pub(super) example: Option<ReportedStep<'a>>,
}

/// Groups of one kind: those that are shown whole, and the rest.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) title: &'static str,
    pub(super) whole: Vec<NumberedGroup<'a>>,
    pub(super) rest: Vec<NumberedGroup<'a>>,
}

/// Steps that failed, or could not be judged, for one reason; a flow run without steps has none.
#[derive(Debug)]
pub(super) struct Failure<'a> {
    pub(super) verdict: Verdict,
    pub(super) reason: &'a str,
    pub(super) steps: Vec<(&'a FlowReport, Option<&'a StepReport>)>,
}

/// Where a step stands.
#[derive(Debug, Default)]
pub(super) struct StepEntry {
    pub(super) number: usize,
    /// The numbers of its findings.
    pub(super) findings: Vec<usize>,
    /// The finding with which its exchange is shown.
    pub(super) example_of: Option<usize>,
}

/// Everything that can be linked to.
#[derive(Debug)]
pub(super) struct Index<'a> {
    pub(super) sections: Vec<Section<'a>>,
    pub(super) failures: Vec<Failure<'a>>,
    /// By the address of the step, which the report keeps in place.
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
                let is_whole = whole.len() < MOST_WHOLE;
                let numbered = index.numbered(number, group, is_whole);
                if is_whole { whole.push(numbered) } else { rest.push(numbered) }
            }
            index.sections.push(Section { title, whole, rest });
        }
        index
    }

    /// Notes a group at each of its steps; its example is its first step that is none already.
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

    /// Where a step stands.
    pub(super) fn place(&self, step: &StepReport) -> Option<&StepEntry> {
        self.places.get(&std::ptr::from_ref(step))
    }
}

/// What failed without a finding, by its reason: errors first, then the most frequent.
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
            let at = *known.entry((verdict, reason)).or_insert(failures.len());
            if at == failures.len() {
                failures.push(Failure { verdict, reason, steps: Vec::new() });
            }
            if let Some(failure) = failures.get_mut(at) {
                failure.steps.push((flow, step));
            }
        }
    }
    failures.sort_by_key(|failure| std::cmp::Reverse((failure.verdict, failure.steps.len())));
    failures
}

/// Why a step has no verdict: its own reason, or that of a judgement.
fn why(step: &StepReport) -> &str {
    let of_judgements = || {
        let judgements = step.judgements();
        judgements
            .into_iter()
            .find(|(_, it)| it.verdict == step.verdict)
            .and_then(|(_, it)| it.reason.as_deref())
    };
    step.reason.as_deref().or_else(of_judgements).unwrap_or("no layer judged it")
}
