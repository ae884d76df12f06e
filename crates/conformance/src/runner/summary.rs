//! The summary of a run: reasons of skipped and undecided flow runs, and the received answers.

use std::sync::Arc;

use crate::coverage::ObservedStatus;
use crate::event::FlowReport;
use crate::verdict::Verdict;

/// The reasons of skipped flow runs, the most frequent first.
pub(super) fn skips(flows: &[Arc<FlowReport>]) -> Vec<(String, usize)> {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for flow in flows.iter().filter(|flow| flow.verdict == Verdict::Skipped) {
        let reason = flow.skip_reason().unwrap_or("no reason was recorded");
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((reason.to_owned(), 1)),
        }
    }
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    reasons
}

/// The reasons of undecided flow runs, each once.
pub(super) fn undecided(flows: &[Arc<FlowReport>]) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for flow in flows.iter().filter(|flow| flow.verdict == Verdict::Unjudged) {
        reasons.extend(flow.reason.clone().filter(|reason| !reasons.contains(reason)));
    }
    reasons
}

/// Every answer of the org, without the actions of the consenting person.
pub(super) fn answers(flows: &[Arc<FlowReport>]) -> impl Iterator<Item = ObservedStatus<'_>> {
    flows.iter().flat_map(|flow| {
        flow.steps.iter().filter_map(|step| {
            step.request.as_ref()?;
            let status = step.response.as_ref()?.status;
            Some((flow.info.app.as_deref(), step.operation.as_str(), status))
        })
    })
}
