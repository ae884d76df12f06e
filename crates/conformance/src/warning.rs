//! Warnings about runs whose verdicts prove little.

use std::sync::Arc;

use crate::event::{FlowReport, StepReport};
use crate::exchange::Body;
use crate::judgement::Layer;
use crate::verdict::Verdict;

/// The warnings of a run.
pub(crate) fn warnings(flows: &[Arc<FlowReport>]) -> Vec<String> {
    let answered: Vec<&StepReport> = flows
        .iter()
        .flat_map(|flow| &flow.steps)
        .map(|step| &**step)
        .filter(|step| step.request.is_some() && step.response.is_some())
        .collect();
    if answered.is_empty() {
        return Vec::new();
    }
    let status = |step: &StepReport| step.response.as_ref().map_or(0, |response| response.status);
    let mut warnings = Vec::new();
    if answered.iter().all(|step| matches!(status(step), 401 | 403)) {
        warnings.push(
            "every answer was 401 or 403: the credential may lack permissions, so this run proves nothing"
                .to_owned(),
        );
    }
    let features: Vec<&&StepReport> =
        answered.iter().filter(|step| step.operation.contains("Feature")).collect();
    if features.len() > 2 && features.iter().all(|step| status(step) >= 400) {
        warnings.push(
            "no features were returned: provisioning may not be available in this org, or no connection was enabled"
                .to_owned(),
        );
    }
    let unverified = answered.iter().filter(|step| is_unverified(step)).count();
    if unverified > 0 {
        warnings.push(format!(
            "{unverified} activations were refused with E0000001: if this org verifies credentials, the flows need real ones; pass them with --inputs"
        ));
    }
    if !answered.iter().any(|step| (200..300).contains(&status(step))) {
        warnings.push("no request succeeded: only error answers were judged".to_owned());
    }
    for layer in Layer::ALL {
        let verdicts = || answered.iter().flat_map(|step| step.judgements()).filter(|(of, _)| *of == layer);
        if verdicts().all(|(_, judgement)| judgement.verdict == Verdict::Unjudged) {
            let why = verdicts().find_map(|(_, judgement)| judgement.reason.clone());
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            warnings.push(format!("the {} judgement did not judge any answer{why}", layer.word()));
        }
    }
    let steps = || flows.iter().flat_map(|flow| &flow.steps);
    let skipped: Vec<_> = steps().filter(|step| step.verdict == Verdict::Skipped).collect();
    if skipped.len() * 10 > steps().count() {
        let why = skipped.first().and_then(|step| step.reason.clone());
        let why = why.map(|why| format!(", the first because {why}")).unwrap_or_default();
        warnings.push(format!(
            "{} of {} steps were skipped{why}; they prove nothing",
            skipped.len(),
            steps().count()
        ));
    }
    let left_out = flows.iter().filter(|flow| flow.steps.is_empty()).count();
    if left_out * 2 > flows.len() {
        warnings
            .push(format!("{left_out} of {} flow runs were skipped; see their reasons above", flows.len()));
    }
    warnings
}

/// True if an activation that the flow needs was refused.
fn is_unverified(step: &StepReport) -> bool {
    let (Some(request), Some(response)) = (&step.request, &step.response) else { return false };
    let activates = request.path.ends_with("/connections/default/lifecycle/activate")
        || request.path.ends_with("/connections/default")
            && request
                .query
                .iter()
                .any(|(name, value)| name == "activate" && value.eq_ignore_ascii_case("true"));
    let refused = matches!(&response.body, Some(Body::Json(body)) if body["errorCode"] == "E0000001");
    activates && response.status == 400 && refused && step.documented.verdict == Verdict::Deviates
}

/// Lists the steps whose verdicts differ between rounds.
pub(crate) fn unstable(flows: &[Arc<FlowReport>]) -> Vec<String> {
    let mut seen: Vec<(String, Vec<Verdict>)> = Vec::new();
    for flow in flows.iter().filter(|flow| flow.info.round.is_some()) {
        for step in &flow.steps {
            let name = format!("{}/{}", flow.name(), step.step);
            match seen.iter_mut().find(|(known, _)| *known == name) {
                Some((_, verdicts)) => verdicts.push(step.verdict),
                None => seen.push((name, vec![step.verdict])),
            }
        }
    }
    seen.into_iter()
        .filter(|(_, verdicts)| verdicts.windows(2).any(|pair| pair[0] != pair[1]))
        .map(|(name, verdicts)| {
            let words: Vec<&str> = verdicts.iter().map(|verdict| verdict.word()).collect();
            format!("{name}: {}", words.join(", "))
        })
        .collect()
}
