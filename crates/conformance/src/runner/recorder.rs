//! Turns outcomes of the replay into step reports: applies the judgements and decides the verdict.

use std::cell::RefCell;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::run_plan::RunPlan;
use crate::event::{FlowInfo, StepReport};
use crate::judge::contract::Memory;
use crate::judge::documented::secrets_returned;
use crate::judge::known::FindingContext;
use crate::judgement::{Judgement, Layer};
use crate::normalise::{Normaliser, step_value};
use crate::replay::{MissingAnswer, Outcome};
use crate::secrets::{Vault, masked_at, masked_request, masked_response, masked_text};
use crate::transport::Transport;
use crate::verdict::Verdict;

/// Records one flow run.
pub(super) struct Recorder<'a> {
    pub(super) plan: &'a RunPlan,
    pub(super) transport: &'a Transport,
    /// The secrets to remove from findings, which also quote flows and snapshots.
    pub(super) vault: Arc<Vault>,
    pub(super) info: FlowInfo,
    /// The reason that snapshots are not compared, if any.
    pub(super) no_snapshots: Option<&'static str>,
    pub(super) normaliser: Normaliser,
    /// The state that the flow has seen so far.
    pub(super) memory: RefCell<Memory>,
    pub(super) steps: Vec<Arc<StepReport>>,
    pub(super) normalised: Vec<Value>,
    /// Receives each step once it is judged.
    pub(super) reports: &'a UnboundedSender<Arc<StepReport>>,
}

impl Recorder<'_> {
    /// Judges an outcome. A large answer is judged on another thread, so that a stop is noticed.
    pub(super) fn record(&mut self, outcome: Outcome<'_>) {
        let transport = self.transport;
        let is_large = transport.is_large(outcome.response.as_ref());
        transport.work(is_large, || self.judge(outcome));
    }

    fn judge(&mut self, mut outcome: Outcome<'_>) {
        judge_echo(&mut outcome);
        let (snapshot, mut exchange) = self.snapshot(&outcome);
        let contract = self.contract(&outcome);
        let documented = std::mem::replace(&mut outcome.documented, Judgement::unjudged(""));
        let forgive = |judgement, layer| {
            let (flow, app) = (self.info.flow.as_str(), self.info.app.as_deref());
            self.plan.deviations.forgive(judgement, FindingContext { flow, app, step: &outcome.name, layer })
        };
        let decided = |judgement, layer| {
            let judgement: Judgement = forgive(self.without_skipped_checks(judgement), layer);
            Judgement { decides: self.plan.fail_on.contains(&layer), ..judgement }
        };
        // Files of known deviations are written from reports, so they contain the masked texts.
        let documented = decided(self.masked(documented), Layer::Documented);
        let contract = decided(self.masked(contract), Layer::Contract);
        let snapshot = decided(self.redacted(snapshot), Layer::Snapshot);
        let all = [&documented, &contract, &snapshot];
        let deciding =
            all.into_iter().filter(|judgement| judgement.decides).map(|judgement| judgement.verdict);
        let decision = Verdict::of_judgements(deciding);
        let (verdict, reason) = match &outcome.instead {
            Some(instead) => (instead.verdict(), Some(instead.reason())),
            None => (decision, None),
        };
        let reason = reason.map(|reason| self.vault.redact(&reason));
        let guide = outcome.guide.clone();
        let response = outcome.response.take().map(masked_response);
        let response = self.plan.kept.bounded(response, &mut exchange);
        self.normalised.extend(exchange);
        let report = Arc::new(StepReport {
            flow: self.info.flow.clone(),
            app: self.info.app.clone(),
            step: outcome.name,
            description: outcome.step.description.clone(),
            guide_step: guide.as_deref().and_then(|id| self.plan.guide.step(id)).cloned(),
            guide,
            operation: outcome.operation.id.clone(),
            verdict,
            reason,
            repeated: outcome.repeated,
            // A person's action is not a request of the runner.
            request: outcome.request.filter(|_| outcome.from_org).map(masked_request),
            response,
            documented: without_answer(documented, outcome.instead.as_ref()),
            contract,
            snapshot,
            duration: outcome.duration,
        });
        // The receiver is gone if the run was aborted.
        let _ = self.reports.send(report.clone());
        self.steps.push(report);
    }

    /// Removes the findings of skipped checks.
    fn without_skipped_checks(&self, mut judgement: Judgement) -> Judgement {
        let skipped = &self.plan.skipped_checks;
        if skipped.is_empty() || judgement.findings.is_empty() {
            return judgement;
        }
        judgement.findings.retain(|finding| !skipped.contains(&finding.check));
        if judgement.findings.is_empty() {
            judgement = Judgement { verdict: Verdict::Conforms, diff: None, ..judgement };
        }
        judgement
    }

    /// Removes secrets and consent codes from a judgement.
    fn masked(&self, judgement: Judgement) -> Judgement {
        let mut judgement = self.redacted(judgement);
        let accepted = judgement.accepted.iter_mut().map(|accepted| &mut accepted.finding);
        for finding in judgement.findings.iter_mut().chain(accepted) {
            finding.actual = masked_at(&finding.place, &finding.actual);
            finding.expected = masked_text(&finding.expected);
        }
        judgement
    }

    /// Removes secrets from a judgement: a criterion may name one, and an accepted snapshot may contain one.
    fn redacted(&self, mut judgement: Judgement) -> Judgement {
        let redact = |text: &mut String| *text = self.vault.redact(text);
        let accepted = judgement.accepted.iter_mut().map(|accepted| &mut accepted.finding);
        for finding in judgement.findings.iter_mut().chain(accepted) {
            [&mut finding.place, &mut finding.expected, &mut finding.actual].into_iter().for_each(redact);
        }
        judgement.diff.iter_mut().chain(&mut judgement.reason).for_each(redact);
        judgement
    }

    fn contract(&self, outcome: &Outcome<'_>) -> Judgement {
        match (&outcome.request, &outcome.response) {
            (Some(request), Some(response)) if outcome.from_org => {
                self.plan.contract.judge(&outcome.operation, request, response, &self.memory)
            }
            (_, Some(shown)) => match self.memory.borrow_mut().judge_shown(shown) {
                findings if findings.is_empty() => {
                    Judgement::unjudged("the runner played this step; it is not an answer of the org")
                }
                findings => Judgement::of(findings),
            },
            (_, None) => without_answer(Judgement::unjudged("there is no answer"), outcome.instead.as_ref()),
        }
    }

    /// The snapshot judgement, and the exchange as stored in snapshots.
    fn snapshot(&mut self, outcome: &Outcome<'_>) -> (Judgement, Option<Value>) {
        let Some(request) = &outcome.request else {
            let unjudged = Judgement::unjudged("there is no request");
            return (without_answer(unjudged, outcome.instead.as_ref()), None);
        };
        if let Some(reason) = &outcome.step.no_snapshot {
            return (Judgement::unjudged(reason.clone()), None);
        }
        let value = step_value(
            &mut self.normaliser,
            &outcome.name,
            outcome.guide.as_deref(),
            &outcome.operation.id,
            request,
            outcome.response.as_ref(),
        );
        let run = crate::flow::run_name(&self.info.flow, self.info.app.as_deref());
        let judgement = match (self.no_snapshots, &outcome.response) {
            (Some(reason), _) => Judgement::unjudged(reason),
            (None, None) => {
                without_answer(Judgement::unjudged("there is no answer"), outcome.instead.as_ref())
            }
            (None, Some(_)) => self.plan.snapshots.judge(&run, &outcome.name, &value),
        };
        // An exchange without an answer cannot be compared later.
        (judgement, outcome.response.is_some().then_some(value))
    }
}

/// An answer that returns a secret deviates, whatever the step requires.
fn judge_echo(outcome: &mut Outcome<'_>) {
    let Some(response) = &outcome.response else { return };
    let echoed = secrets_returned(response);
    if !echoed.is_empty() {
        let own = std::mem::take(&mut outcome.documented.findings);
        outcome.documented = Judgement::of(own.into_iter().chain(echoed).collect());
    }
}

/// Applies a missing answer to a judgement: a skipped step is skipped for every judgement; findings remain.
fn without_answer(judgement: Judgement, instead: Option<&MissingAnswer>) -> Judgement {
    match instead {
        Some(instead) if judgement.findings.is_empty() => {
            let verdict = match instead.verdict() {
                Verdict::Skipped => Verdict::Skipped,
                _ => Verdict::Unjudged,
            };
            Judgement::without(verdict, instead.reason())
        }
        _ => judgement,
    }
}
