//! The stream of events of a run. All reports are built from it, independently of each other; it contains no
//! secrets.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::coverage::Coverage;
use crate::exchange::{RequestRecord, ResponseRecord};
use crate::guide::GuideStep;
use crate::judgement::{Judgement, Layer};
use crate::restore::Restored;
use crate::verdict::Verdict;
use crate::waiting::Waiting;

/// An event of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The run started.
    RunStarted(RunInfo),
    /// A flow started.
    FlowStarted(FlowInfo),
    /// The run waits and will continue by itself.
    Waiting(Waiting),
    /// A step was judged, skipped or given up.
    StepFinished(Arc<StepReport>),
    /// A flow finished.
    FlowFinished(Arc<FlowReport>),
    /// The path of the undo file; from now on the org may be changed.
    UndoFile(String),
    /// The org was restored, as far as possible.
    Restored(Restored),
    /// The run finished.
    RunFinished(RunSummary),
}

/// The description of a run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunInfo {
    /// The target's URL.
    pub target: String,
    /// The kind of the target: `in-process mock`, `mock` or `org`.
    pub kind: String,
    /// The id of the run, as in `User-Agent` and the undo file.
    pub run: String,
    /// The number of planned flow runs.
    pub flows: usize,
    /// The start time, in UTC (RFC 3339).
    pub started: String,
    /// The title and version of the OpenAPI document.
    pub contract: String,
    /// The guide that the flows follow.
    pub guide: String,
}

/// The description of a flow run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FlowInfo {
    /// The flow's id.
    pub flow: String,
    /// The app of the flow run.
    pub app: Option<String>,
    /// The section of the guide.
    pub section: String,
    /// A summary of the flow.
    pub summary: String,
    /// The number of steps.
    pub steps: usize,
    /// The file of the flow.
    pub file: String,
    /// The repetition, counted from one.
    pub round: Option<u32>,
}

impl StepReport {
    /// The three judgements, in the order of reports.
    pub fn judgements(&self) -> [(Layer, &Judgement); 3] {
        [
            (Layer::Documented, &self.documented),
            (Layer::Contract, &self.contract),
            (Layer::Snapshot, &self.snapshot),
        ]
    }
}

impl FlowInfo {
    /// `flow @ app`, followed by the repetition if there are several.
    pub fn title(&self) -> String {
        let app = self.app.as_ref().map(|app| format!(" @ {app}")).unwrap_or_default();
        let round = self.round.map(|round| format!(" #{round}")).unwrap_or_default();
        format!("{}{app}{round}", self.flow)
    }
}

/// The report of a step.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StepReport {
    /// The flow of the step.
    pub flow: String,
    /// The app of the flow run.
    pub app: Option<String>,
    /// The step's id, preceded by that of the calling step, if any.
    pub step: String,
    /// A description of the step.
    pub description: String,
    /// The guide step that it cites.
    pub guide: Option<String>,
    /// The entry of that guide step.
    pub guide_step: Option<GuideStep>,
    /// The operation that it calls.
    pub operation: String,
    /// The verdict over all three judgements.
    pub verdict: Verdict,
    /// The reason that it was skipped or not judged.
    pub reason: Option<String>,
    /// The reasons of retries, one for each.
    pub repeated: Vec<String>,
    /// The request.
    pub request: Option<RequestRecord>,
    /// The answer.
    pub response: Option<ResponseRecord>,
    /// The judgement by the step's own criteria.
    pub documented: Judgement,
    /// The judgement by the OpenAPI document.
    pub contract: Judgement,
    /// The judgement by the accepted exchange.
    pub snapshot: Judgement,
    /// The duration of the step.
    pub duration: Duration,
}

/// The report of a flow run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FlowReport {
    /// The description of the flow run.
    pub info: FlowInfo,
    /// The verdict.
    pub verdict: Verdict,
    /// The reason of the verdict, if it does not come from the steps.
    pub reason: Option<String>,
    /// The app that the run created for the flow and deleted, and the request that creates another one.
    pub made: Option<(String, RequestRecord)>,
    /// Notes for the user.
    pub notes: Vec<String>,
    /// The steps, in order.
    pub steps: Vec<Arc<StepReport>>,
    /// The whole exchange with placeholders, as stored in snapshots.
    pub normalised: Value,
    /// The duration of the flow run.
    pub duration: Duration,
}

/// The numbers of verdicts of flow runs or steps; they add up to the total.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// The number that conform.
    pub conforms: usize,
    /// The number that deviate.
    pub deviates: usize,
    /// The number that were skipped.
    pub skipped: usize,
    /// The number that were not judged.
    pub unjudged: usize,
    /// The number at which the runner failed.
    pub error: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Conforms => self.conforms += 1,
            Verdict::Deviates => self.deviates += 1,
            Verdict::Skipped => self.skipped += 1,
            Verdict::Unjudged => self.unjudged += 1,
            Verdict::Error => self.error += 1,
        }
    }

    /// The nonzero numbers in words, such as `95 conform, 48 skipped`.
    pub(crate) fn words(&self) -> String {
        let parts = [
            (self.conforms, if self.conforms == 1 { "conforms" } else { "conform" }),
            (self.deviates, if self.deviates == 1 { "deviates" } else { "deviate" }),
            (self.skipped, "skipped"),
            (self.unjudged, "not judged"),
            (self.error, if self.error == 1 { "error" } else { "errors" }),
        ];
        let parts =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// The numbers of flow runs and steps of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// The number of flow runs.
    pub flows: usize,
    /// The verdicts of the flow runs.
    pub of_flows: Tally,
    /// The number of steps.
    pub steps: usize,
    /// The number of conforming steps.
    pub conforms: usize,
    /// The number of deviating steps.
    pub deviates: usize,
    /// The number of skipped steps.
    pub skipped: usize,
    /// The number of steps that were not judged.
    pub unjudged: usize,
    /// The number of steps at which the runner failed.
    pub error: usize,
    /// The number of findings that a file of known deviations accepts.
    pub accepted: usize,
    /// The number of findings of judgements that do not decide (`--fail-on`).
    pub not_deciding: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, flow: &FlowReport) {
        self.flows += 1;
        self.of_flows.add(flow.verdict);
        self.steps += flow.steps.len();
        let mut of_steps = self.of_steps();
        flow.steps.iter().for_each(|step| of_steps.add(step.verdict));
        let Tally { conforms, deviates, skipped, unjudged, error } = of_steps;
        *self = Self { conforms, deviates, skipped, unjudged, error, ..*self };
        for step in &flow.steps {
            for (_, judgement) in step.judgements() {
                self.accepted += judgement.accepted.len();
                if !judgement.decides {
                    self.not_deciding += judgement.findings.len();
                }
            }
        }
    }

    /// The verdicts of the steps.
    pub fn of_steps(&self) -> Tally {
        let Self { conforms, deviates, skipped, unjudged, error, .. } = *self;
        Tally { conforms, deviates, skipped, unjudged, error }
    }

    /// Both numbers in words, such as `1 flow run (1 conforms), 5 steps (5 conform)`.
    pub(crate) fn words(&self) -> String {
        let of = |count: usize, name: &str, tally: &Tally| match tally.words() {
            words if words.is_empty() => counted(count, name),
            words => format!("{} ({words})", counted(count, name)),
        };
        format!(
            "{}, {}",
            of(self.flows, "flow run", &self.of_flows),
            of(self.steps, "step", &self.of_steps())
        )
    }
}

/// A number and its noun: `1 step`, `2 steps`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The summary of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunSummary {
    /// The verdict over all flows.
    pub verdict: Verdict,
    /// The numbers of flow runs, steps and findings.
    pub counts: Counts,
    /// The duration of the run.
    pub duration: Duration,
    /// The reason that it was stopped early, if it was.
    pub stopped: Option<String>,
    /// Warnings about the verdict.
    pub warnings: Vec<String>,
    /// The reasons of skipped flow runs with their numbers, the most frequent first.
    pub skips: Vec<(String, usize)>,
    /// The reasons of deciding judgements that judged nothing.
    pub undecided: Vec<String>,
    /// The ids of the checks that were turned off.
    pub skipped_checks: Vec<String>,
    /// Known deviations that have expired or no longer match anything.
    pub stale: Vec<String>,
    /// Steps whose verdicts differ between rounds.
    pub unstable: Vec<String>,
    /// The exercised part of the contract.
    pub coverage: Coverage,
}

/// The report of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunReport {
    /// The description of the run.
    pub info: RunInfo,
    /// The summary of the run.
    pub summary: RunSummary,
    /// The flow runs, in order.
    pub flows: Vec<Arc<FlowReport>>,
    /// The result of restoring the org, if the run could change it.
    pub restored: Option<Restored>,
}

impl RunReport {
    /// The exit code: first an incomplete restore counts, then an early stop, then the verdict.
    pub fn exit_code(&self) -> u8 {
        let left = self.restored.as_ref().is_some_and(|restored| !restored.left.is_empty());
        let summary = &self.summary;
        match (left, &summary.stopped) {
            (true, _) => crate::exit_code::NOT_RESTORED,
            (false, Some(_)) => crate::exit_code::COULD_NOT_RUN,
            (false, None) => summary.verdict.exit_code(),
        }
    }

    /// The exit code of the restore.
    pub fn restore_code(&self) -> u8 {
        match self.restored.as_ref().is_some_and(|restored| !restored.left.is_empty()) {
            true => crate::exit_code::NOT_RESTORED,
            false => crate::exit_code::CONFORMS,
        }
    }

    /// The flow run with that name (`flow` or `flow@app`).
    pub fn flow(&self, name: &str) -> Option<&FlowReport> {
        self.flows.iter().find(|flow| flow.name() == name).map(|flow| &**flow)
    }
}

impl FlowReport {
    /// The reason that it was skipped: its own, or that of its first skipped step.
    pub(crate) fn skip_reason(&self) -> Option<&str> {
        let of_step = || self.steps.iter().find(|step| step.verdict == Verdict::Skipped);
        self.reason.as_deref().or_else(|| of_step()?.reason.as_deref())
    }

    /// The text of a snapshot of the flow run.
    pub fn snapshot_text(&self) -> String {
        format!("{:#}", self.normalised)
    }

    /// The name of its snapshot: `flow` or `flow@app`.
    pub fn name(&self) -> String {
        crate::flow::run_name(&self.info.flow, self.info.app.as_deref())
    }
}
