//! Findings that are the same, put together: one fault of an org shows at many steps.

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::{Finding, FlowReport, Judgement, Layer, StepReport};

/// One finding, and the steps at which it was made.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) layer: Layer,
    pub(crate) finding: &'a Finding,
    /// Why it is accepted, if it is.
    pub(crate) reason: Option<&'a str>,
    /// In the order of the run; never empty.
    pub(crate) steps: Vec<(&'a FlowReport, &'a StepReport)>,
}

impl Group<'_> {
    /// The steps by name, the first few of them: `flow @ app step`.
    pub(crate) fn places(&self, most: usize) -> String {
        let names =
            self.steps.iter().take(most).map(|(flow, step)| format!("{} {}", flow.info.title(), step.step));
        let more = self.steps.len().saturating_sub(most);
        let more = (more > 0).then(|| format!("{more} more"));
        names.chain(more).collect::<Vec<_>>().join("; ")
    }
}

/// The findings that decide, the most frequent first.
pub(crate) fn deciding(flows: &[Arc<FlowReport>]) -> Vec<Group<'_>> {
    collect(flows, |judgement| own(judgement, judgement.decides))
}

/// The findings of judgements that do not decide.
pub(crate) fn not_deciding(flows: &[Arc<FlowReport>]) -> Vec<Group<'_>> {
    collect(flows, |judgement| own(judgement, !judgement.decides))
}

/// The findings that a file of known deviations accepts.
pub(crate) fn accepted(flows: &[Arc<FlowReport>]) -> Vec<Group<'_>> {
    collect(flows, |judgement| {
        judgement
            .accepted
            .iter()
            .map(|accepted| (&accepted.finding, Some(accepted.reason.as_str())))
            .collect()
    })
}

type Found<'a> = Vec<(&'a Finding, Option<&'a str>)>;

fn own(judgement: &Judgement, is_wanted: bool) -> Found<'_> {
    judgement.findings.iter().filter(|_| is_wanted).map(|finding| (finding, None)).collect()
}

fn collect<'a>(flows: &'a [Arc<FlowReport>], found: impl Fn(&'a Judgement) -> Found<'a>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: HashMap<(&Finding, Option<&str>), usize> = HashMap::new();
    for flow in flows {
        for step in &flow.steps {
            for (layer, judgement) in step.judgements() {
                for (finding, reason) in found(judgement) {
                    let place = *known.entry((finding, reason)).or_insert(groups.len());
                    if place == groups.len() {
                        groups.push(Group { layer, finding, reason, steps: Vec::new() });
                    }
                    if let Some(group) = groups.get_mut(place) {
                        group.steps.push((flow, step));
                    }
                }
            }
        }
    }
    // Stable: among equally frequent ones the first to be made comes first.
    groups.sort_by_key(|group| std::cmp::Reverse(group.steps.len()));
    groups
}
