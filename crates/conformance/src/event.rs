//! The one stream of events of a run. Every report reads it and knows nothing
//! of the others; nothing in it holds a secret.

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

/// Something that happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The run begins.
    RunStarted(RunInfo),
    /// A flow begins.
    FlowStarted(FlowInfo),
    /// The run waits, and will go on by itself.
    Waiting(Waiting),
    /// A step has been judged, skipped or given up.
    StepFinished(Arc<StepReport>),
    /// A flow is over.
    FlowFinished(Arc<FlowReport>),
    /// From here on the org is changed; this file puts it back.
    UndoFile(String),
    /// The org was put back, or what is left to do.
    Restored(Restored),
    /// The run is over.
    RunFinished(RunSummary),
}

/// What a run is about.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunInfo {
    /// The target's URL.
    pub target: String,
    /// What the target is: `in-process mock`, `mock` or `org`.
    pub kind: String,
    /// Tells the run from others, in `User-Agent` and the undo file.
    pub run: String,
    /// How many flow runs are planned.
    pub flows: usize,
    /// When it began, in UTC (RFC 3339).
    pub started: String,
    /// Title and version of the OpenAPI document.
    pub contract: String,
    /// The guide that the flows follow.
    pub guide: String,
}

/// What a flow run is about.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FlowInfo {
    /// The flow's name.
    pub flow: String,
    /// The app it is run for.
    pub app: Option<String>,
    /// The section of the guide.
    pub section: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// How many steps it has.
    pub steps: usize,
    /// The file that it stands in.
    pub file: String,
    /// Which of several repetitions, counted from one.
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
    /// `flow @ app`, with the repetition where there are several.
    pub fn title(&self) -> String {
        let app = self.app.as_ref().map(|app| format!(" @ {app}")).unwrap_or_default();
        let round = self.round.map(|round| format!(" #{round}")).unwrap_or_default();
        format!("{}{app}{round}", self.flow)
    }
}

/// All about one step.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StepReport {
    /// The flow it belongs to.
    pub flow: String,
    /// The app of the flow run.
    pub app: Option<String>,
    /// The step's name; with that of the calling step before it, if called.
    pub step: String,
    /// What the step does.
    pub description: String,
    /// The guide step that it cites.
    pub guide: Option<String>,
    /// The same, as the guide's list has it.
    pub guide_step: Option<GuideStep>,
    /// The operation that it calls.
    pub operation: String,
    /// The verdict over all three layers.
    pub verdict: Verdict,
    /// Why it was skipped, or could not be judged.
    pub reason: Option<String>,
    /// Why it was sent more than once: a reason for each repetition.
    pub repeated: Vec<String>,
    /// What was sent.
    pub request: Option<RequestRecord>,
    /// What came back.
    pub response: Option<ResponseRecord>,
    /// The step's own criteria.
    pub documented: Judgement,
    /// The OpenAPI document.
    pub contract: Judgement,
    /// The accepted exchange.
    pub snapshot: Judgement,
    /// How long it took.
    pub duration: Duration,
}

/// All about one flow run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FlowReport {
    /// What it was about.
    pub info: FlowInfo,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, where it is not its steps that say it.
    pub reason: Option<String>,
    /// The app that the run made for the flow and has deleted, and the request that makes another.
    pub made: Option<(String, RequestRecord)>,
    /// What a person should know beside the verdict.
    pub notes: Vec<String>,
    /// Its steps, in order.
    pub steps: Vec<Arc<StepReport>>,
    /// The whole exchange with placeholders, as snapshots keep it.
    pub normalised: Value,
    /// How long it took.
    pub duration: Duration,
}

/// Numbers of verdicts, of flow runs or of steps; they add up to all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Conforming ones.
    pub conforms: usize,
    /// Deviating ones.
    pub deviates: usize,
    /// Skipped ones.
    pub skipped: usize,
    /// Ones that could not be judged.
    pub unjudged: usize,
    /// Ones at which the tool failed.
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

    /// The numbers that are not zero, in words, such as `95 conform, 48 skipped`.
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

/// The numbers of a run. Flow runs and steps are counted apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Flow runs.
    pub flows: usize,
    /// The verdicts of the flow runs.
    pub of_flows: Tally,
    /// Steps.
    pub steps: usize,
    /// Conforming steps.
    pub conforms: usize,
    /// Deviating steps.
    pub deviates: usize,
    /// Skipped steps.
    pub skipped: usize,
    /// Steps that could not be judged.
    pub unjudged: usize,
    /// Steps at which the tool failed.
    pub error: usize,
    /// Findings that a file of known deviations accepts.
    pub accepted: usize,
    /// Findings of judgements that do not decide (`--fail-on`).
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

/// How a run ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunSummary {
    /// The verdict over all flows.
    pub verdict: Verdict,
    /// How many of what.
    pub counts: Counts,
    /// How long it took.
    pub duration: Duration,
    /// Why it ended early, if it did.
    pub stopped: Option<String>,
    /// What a person should know before trusting the verdict.
    pub warnings: Vec<String>,
    /// Why flow runs were skipped, and how many for each reason, the most frequent first.
    pub skips: Vec<(String, usize)>,
    /// Judgements that were to decide and judged nothing, with the reason.
    pub undecided: Vec<String>,
    /// The ids of the checks that were left out.
    pub skipped_checks: Vec<String>,
    /// Known deviations that have expired or match nothing any more.
    pub stale: Vec<String>,
    /// Steps whose verdicts differ from round to round.
    pub unstable: Vec<String>,
    /// What of the contract was exercised.
    pub coverage: Coverage,
}

/// All about a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunReport {
    /// What it was about.
    pub info: RunInfo,
    /// How it ended.
    pub summary: RunSummary,
    /// Its flows, in order.
    pub flows: Vec<Arc<FlowReport>>,
    /// How the org was put back, where the run changed it.
    pub restored: Option<Restored>,
}

impl RunReport {
    /// The exit code: what is left to put back counts most, then whether the
    /// run came to its end, then the verdict.
    pub fn exit_code(&self) -> u8 {
        let left = self.restored.as_ref().is_some_and(|restored| !restored.left.is_empty());
        let summary = &self.summary;
        match (left, &summary.stopped) {
            (true, _) => crate::exit_code::NOT_RESTORED,
            (false, Some(_)) => crate::exit_code::COULD_NOT_RUN,
            (false, None) => summary.verdict.exit_code(),
        }
    }

    /// Whether something of the org is left to put back, as an exit code.
    pub fn restore_code(&self) -> u8 {
        match self.restored.as_ref().is_some_and(|restored| !restored.left.is_empty()) {
            true => crate::exit_code::NOT_RESTORED,
            false => crate::exit_code::CONFORMS,
        }
    }

    /// The flow run of that name (`flow` or `flow@app`).
    pub fn flow(&self, name: &str) -> Option<&FlowReport> {
        self.flows.iter().find(|flow| flow.name() == name).map(|flow| &**flow)
    }
}

impl FlowReport {
    /// Why it was skipped: its own reason, or that of its first skipped step.
    pub(crate) fn skip_reason(&self) -> Option<&str> {
        let of_step = || self.steps.iter().find(|step| step.verdict == Verdict::Skipped);
        self.reason.as_deref().or_else(|| of_step()?.reason.as_deref())
    }

    /// The text that a snapshot of the flow run holds.
    pub fn snapshot_text(&self) -> String {
        format!("{:#}", self.normalised)
    }

    /// `flow` or `flow@app`: the name of its snapshot.
    pub fn name(&self) -> String {
        crate::flow::run_name(&self.info.flow, self.info.app.as_deref())
    }
}
