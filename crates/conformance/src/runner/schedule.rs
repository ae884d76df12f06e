//! Which flow runs are under way at once, and in which order their events are told.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::sync::mpsc::UnboundedReceiver;

use super::Runner;
use super::flow_run::{FlowOutcome, FlowRunner, LABEL};
use super::run::RunPlan;
use super::target::Target;
use crate::error::RunError;
use crate::event::{Event, FlowInfo, FlowReport, StepReport};
use crate::flow::PlannedRun;
use crate::verdict::Verdict;
use crate::waiting::Waiting;

/// Default number of flow runs that are under way at once against a mock.
const AT_ONCE: usize = 4;

/// After so many flow runs in a row without an answer, the target counts as gone.
const GIVE_UP_AFTER: usize = 3;

impl Runner {
    /// Runs the flows. Where a stop finds work on an answer that does not end, what is left is left out.
    pub(super) async fn all(
        &self,
        target: &Arc<Target>,
        told: &mut UnboundedReceiver<Waiting>,
        consume: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Vec<Arc<FlowReport>>, RunError> {
        let plan = &self.0;
        let jobs = plan.pace.jobs.unwrap_or(if target.is_mock() { AT_ONCE } else { 1 });
        let score = RunProgress::default();
        let mut flows = Vec::new();
        for batch in batches(&plan.runs, |left, right| jobs > 1 && plan.beside(left, right)) {
            let mut waiting = batch.iter();
            let mut under_way = VecDeque::new();
            loop {
                let free = jobs.max(1).saturating_sub(under_way.len());
                under_way.extend(
                    waiting.by_ref().take(free).map(|run| RunningFlow::begin(plan, target, run, &score)),
                );
                let Some(first) = under_way.front_mut() else { break };
                let ran = tokio::select! {
                    biased;
                    ran = first.end(told, consume) => ran?,
                    () = plan.stop.overdue() => {
                        flows.extend(self.left_over(target, flows.len(), consume));
                        return Ok(flows);
                    }
                };
                under_way.pop_front();
                consume(&Event::FlowFinished(ran.report.clone()));
                flows.push(ran.report);
            }
        }
        Ok(flows)
    }

    /// Reports of the flow runs from that number on, which a stop has ended; the first has begun.
    fn left_over(
        &self,
        target: &Arc<Target>,
        from: usize,
        consume: &mut (dyn FnMut(&Event) + Send),
    ) -> Vec<Arc<FlowReport>> {
        let plan = &self.0;
        let reason = plan.stop.reason().unwrap_or_default();
        let mut flows = Vec::new();
        for (index, planned) in plan.runs.iter().enumerate().skip(from) {
            let (runner, _) = FlowRunner::new(plan, target, planned);
            if index > from {
                consume(&Event::FlowStarted(runner.info()));
            }
            let report = runner.left_out(Verdict::Skipped, &reason).report;
            consume(&Event::FlowFinished(report.clone()));
            flows.push(report);
        }
        flows
    }
}

impl RunPlan {
    /// Whether two runs may be under way at once. A flow with an app or a label of its own does not see
    /// the others; one that lists apps would see them, and one that moves the clock would hurry them.
    /// Orgs of other people are not hurried.
    fn beside(&self, left: &PlannedRun, right: &PlannedRun) -> bool {
        let sees_others =
            |run: &PlannedRun| run.flow.lists_apps() && !run.flow.needs_app() && !run.flow.has_input(LABEL);
        let alone = |run: &PlannedRun| sees_others(run) || run.flow.moves_the_clock();
        let same_app =
            left.app == right.app && left.app.as_deref().is_some_and(|app| self.app_id(app).is_some());
        !alone(left) && !alone(right) && !same_app
    }
}

/// What the flow runs of one run know of each other.
#[derive(Debug, Clone, Default)]
struct RunProgress {
    /// How many of them had no answer since the last that had one.
    silent: Arc<AtomicUsize>,
    /// Whether one deviates.
    failed: Arc<AtomicBool>,
}

/// A flow run under way, on any thread; given up when nobody waits for it any more.
struct RunningFlow {
    info: FlowInfo,
    /// Whether its beginning was told.
    is_told: bool,
    /// Its steps as they are judged.
    steps: UnboundedReceiver<Arc<StepReport>>,
    task: Task,
}

impl RunningFlow {
    fn begin(plan: &Arc<RunPlan>, target: &Arc<Target>, planned: &PlannedRun, score: &RunProgress) -> Self {
        let (runner, steps) = FlowRunner::new(plan, target, planned);
        let info = runner.info();
        Self { info, is_told: false, steps, task: Task(tokio::spawn(one(runner, score.clone()))) }
    }

    /// Waits for its end, and tells of each step as it is judged, and of each wait.
    async fn end(
        &mut self,
        told: &mut UnboundedReceiver<Waiting>,
        consume: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<FlowOutcome, RunError> {
        if !std::mem::replace(&mut self.is_told, true) {
            consume(&Event::FlowStarted(self.info.clone()));
        }
        loop {
            tokio::select! {
                biased;
                Some(wait) = told.recv() => consume(&Event::Waiting(wait)),
                Some(step) = self.steps.recv() => consume(&Event::StepFinished(step)),
                ran = &mut self.task => {
                    while let Ok(step) = self.steps.try_recv() {
                        consume(&Event::StepFinished(step));
                    }
                    return ran;
                }
            }
        }
    }
}

/// A task that ends when it is dropped.
struct Task(tokio::task::JoinHandle<Result<FlowOutcome, RunError>>);

impl Future for Task {
    type Output = Result<FlowOutcome, RunError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|ended| {
            ended.unwrap_or_else(|error| Err(RunError::Internal(format!("a flow broke down: {error}"))))
        })
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs that may go beside each other; those of one batch are under way at once.
fn batches(runs: &[PlannedRun], beside: impl Fn(&PlannedRun, &PlannedRun) -> bool) -> Vec<&[PlannedRun]> {
    let mut batches = Vec::new();
    let mut begin = 0;
    for end in 1..=runs.len() {
        let fits = runs.get(end).is_some_and(|next| runs[begin..end].iter().all(|run| beside(run, next)));
        if !fits {
            batches.push(&runs[begin..end]);
            begin = end;
        }
    }
    batches
}

async fn one(runner: FlowRunner, score: RunProgress) -> Result<FlowOutcome, RunError> {
    if runner.plan.pace.fail_fast && score.failed.load(Ordering::Relaxed) {
        return Ok(runner.left_out(Verdict::Skipped, "an earlier flow deviates, and --fail-fast was given"));
    }
    if score.silent.load(Ordering::Relaxed) >= GIVE_UP_AFTER {
        return Ok(runner.left_out(Verdict::Skipped, "the target stopped answering"));
    }
    if let Some(reason) = runner.plan.stop.reason() {
        return Ok(runner.left_out(Verdict::Skipped, &reason));
    }
    let ran = runner.run().await?;
    if ran.report.verdict == Verdict::Deviates {
        score.failed.store(true, Ordering::Relaxed);
    }
    match ran.answered {
        true => score.silent.store(0, Ordering::Relaxed),
        false => drop(score.silent.fetch_add(1, Ordering::Relaxed)),
    }
    Ok(ran)
}
