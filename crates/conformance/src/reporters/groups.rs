//! Groups findings with the same cause: it shows at many steps, each time with other ids and times.

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::{FlowReport, StepReport};
use crate::judge::wildcard::Fingerprint;
use crate::judgement::{Finding, Judgement, Layer};

/// The note on a group whose findings are not all equal.
pub(crate) const VARIES: &str = "(shown for the first step; the others differ in ids, times or indexes)";

/// One finding and its steps.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) layer: Layer,
    /// The first finding of the group.
    pub(crate) finding: &'a Finding,
    /// The parts that all findings of the group share.
    pub(crate) fingerprint: Fingerprint,
    /// True if some findings differ from the first, in ids, times or indexes.
    pub(crate) varies: bool,
    /// The reason that it is accepted, if it is.
    pub(crate) reason: Option<&'a str>,
    /// The steps, in the order of the run; never empty.
    pub(crate) steps: Vec<(&'a FlowReport, &'a StepReport)>,
}

impl<'a> Group<'a> {
    /// Adds a step once, even if it has the finding at several items of a list.
    fn add(&mut self, flow: &'a FlowReport, step: &'a StepReport) {
        if self.steps.last().is_none_or(|(_, last)| !std::ptr::eq(*last, step)) {
            self.steps.push((flow, step));
        }
    }

    /// The place of the finding, with `*` for indexes that differ.
    pub(crate) fn place(&self) -> &str {
        if self.varies { &self.fingerprint.place } else { &self.finding.place }
    }

    /// The names of the first steps: `flow @ app step`.
    pub(crate) fn places(&self, limit: usize) -> String {
        let names =
            self.steps.iter().take(limit).map(|(flow, step)| format!("{} {}", flow.info.title(), step.step));
        let more = self.steps.len().saturating_sub(limit);
        let more = (more > 0).then(|| format!("{more} more"));
        names.chain(more).collect::<Vec<_>>().join("; ")
    }
}

/// The findings of deciding judgements, the most frequent first.
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

type GroupedFindings<'a> = Vec<(&'a Finding, Option<&'a str>)>;

fn own(judgement: &Judgement, is_included: bool) -> GroupedFindings<'_> {
    judgement.findings.iter().filter(|_| is_included).map(|finding| (finding, None)).collect()
}

fn collect<'a>(
    flows: &'a [Arc<FlowReport>],
    found: impl Fn(&'a Judgement) -> GroupedFindings<'a>,
) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    // Most findings are equal; compute the fingerprint of these once.
    let mut same: HashMap<&Finding, Fingerprint> = HashMap::new();
    let mut known: HashMap<(Fingerprint, Option<&str>), usize> = HashMap::new();
    for flow in flows {
        for step in &flow.steps {
            for (layer, judgement) in step.judgements() {
                for (finding, reason) in found(judgement) {
                    let fingerprint =
                        same.entry(finding).or_insert_with(|| Fingerprint::new(finding)).clone();
                    let index = *known.entry((fingerprint.clone(), reason)).or_insert(groups.len());
                    match groups.get_mut(index) {
                        Some(group) => {
                            group.varies |= group.finding != finding;
                            group.add(flow, step);
                        }
                        None => {
                            let steps = vec![(&**flow, &**step)];
                            groups.push(Group { layer, finding, fingerprint, varies: false, reason, steps });
                        }
                    }
                }
            }
        }
    }
    // The sort is stable: equally frequent groups keep their order.
    groups.sort_by_key(|group| std::cmp::Reverse(group.steps.len()));
    groups
}
