//! The one stream of events of a run. Every report reads it and knows nothing
//! of the others; nothing in it holds a secret.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::coverage::Coverage;
use crate::guide::GuideStep;
use crate::restore::Restored;
use crate::transport::{RequestRecord, ResponseRecord};
use crate::verdict::Verdict;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The run begins.
    RunStarted(RunInfo),
    /// A flow begins.
    FlowStarted(FlowInfo),
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

/// One of the three independent judgements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// What the guide documents, as the criteria of the step.
    Documented,
    /// The OpenAPI document.
    Contract,
    /// The accepted exchange.
    Snapshot,
}

impl Layer {
    /// All three, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Documented, Self::Contract, Self::Snapshot];

    /// The word in reports and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Contract => "contract",
            Self::Snapshot => "snapshot",
        }
    }
}

/// One difference: where, what was wanted, what came.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// The place in the answer.
    pub place: String,
    /// What was wanted there.
    pub wanted: String,
    /// What came.
    pub came: String,
}

/// What one layer says about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict of this layer alone.
    pub verdict: Verdict,
    /// Why it was skipped or could not be judged.
    pub reason: Option<String>,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// A readable difference, line by line, where there is one.
    pub diff: Option<String>,
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

impl Judgement {
    pub(crate) fn of(findings: Vec<Finding>) -> Self {
        let verdict = match findings.is_empty() {
            true => Verdict::Conforms,
            false => Verdict::Deviates,
        };
        Self { verdict, reason: None, findings, diff: None }
    }

    /// The same with more findings, if it was judged at all.
    pub(crate) fn with(self, more: Vec<Finding>) -> Self {
        if more.is_empty() || !matches!(self.verdict, Verdict::Conforms | Verdict::Deviates) {
            return self;
        }
        let findings = self.findings.into_iter().chain(more).collect();
        Self { verdict: Verdict::Deviates, findings, ..self }
    }

    pub(crate) fn without(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self { verdict, reason: Some(reason.into()), findings: Vec::new(), diff: None }
    }

    pub(crate) fn unjudged(reason: impl Into<String>) -> Self {
        Self::without(Verdict::Unjudged, reason)
    }
}

/// All about one step.
#[derive(Debug, Clone)]
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

/// How many of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Flow runs.
    pub flows: usize,
    /// Steps.
    pub steps: usize,
    /// Steps that conform.
    pub conforms: usize,
    /// Steps that deviate.
    pub deviates: usize,
    /// Steps, and whole flows, that were skipped.
    pub skipped: usize,
    /// Steps that could not be judged.
    pub unjudged: usize,
    /// Steps, and whole flows, at which the tool failed.
    pub error: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, flow: &FlowReport) {
        self.flows += 1;
        self.steps += flow.steps.len();
        for step in &flow.steps {
            self.count(step.verdict);
        }
        let told = flow.steps.iter().any(|step| step.verdict == flow.verdict);
        if !told {
            self.count(flow.verdict);
        }
    }

    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Conforms => self.conforms += 1,
            Verdict::Deviates => self.deviates += 1,
            Verdict::Skipped => self.skipped += 1,
            Verdict::Unjudged => self.unjudged += 1,
            Verdict::Error => self.error += 1,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone)]
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
    /// Known deviations that have expired or match nothing any more.
    pub stale: Vec<String>,
    /// Steps whose verdicts differ from round to round.
    pub unstable: Vec<String>,
    /// What of the contract was exercised.
    pub coverage: Coverage,
}

/// All about a run.
#[derive(Debug, Clone)]
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
    /// `flow` or `flow@app`: the name of its snapshot.
    pub fn name(&self) -> String {
        crate::flow::run_name(&self.info.flow, self.info.app.as_deref())
    }
}
