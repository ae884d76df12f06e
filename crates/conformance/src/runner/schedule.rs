//! Runs flows concurrently and reports their events in order.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::sync::mpsc::UnboundedReceiver;

use super::flow_run::{FlowOutcome, FlowRunner, LABEL};
use super::run_plan::{RunPlan, Runner};
use super::target::Target;
use crate::error::RunError;
use crate::event::{Event, FlowInfo, FlowReport, StepReport};
use crate::flow::PlannedRun;
use crate::verdict::Verdict;
use crate::waiting::Waiting;

/// Default number of flows run concurrently against a mock.
const DEFAULT_MOCK_JOBS: usize = 4;

/// Number of flow runs in a row without an answer after which the target counts as gone.
const GIVE_UP_AFTER: usize = 3;

impl Runner {
    /// Runs the flows. If a stop interrupts endless work on an answer, the remaining flows are skipped.
    pub(super) async fn all(
        &self,
        target: &Arc<Target>,
        waits_received: &mut UnboundedReceiver<Waiting>,
        consume: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Vec<Arc<FlowReport>>, RunError> {
        let plan = &self.0;
        let jobs = plan.pace.jobs.unwrap_or(if target.is_mock() { DEFAULT_MOCK_JOBS } else { 1 });
        let progress = RunProgress::default();
        let mut flows = Vec::new();
        for batch in batches(&plan.runs, |left, right| jobs > 1 && plan.may_overlap(left, right)) {
            let mut waiting = batch.iter();
            let mut running = VecDeque::new();
            loop {
                let free = jobs.max(1).saturating_sub(running.len());
                running.extend(
                    waiting.by_ref().take(free).map(|run| RunningFlow::begin(plan, target, run, &progress)),
                );
                let Some(first) = running.front_mut() else { break };
                let outcome = tokio::select! {
                    biased;
                    outcome = first.end(waits_received, consume) => outcome?,
                    () = plan.stop.overdue() => {
                        flows.extend(self.left_over(target, flows.len(), consume));
                        return Ok(flows);
                    }
                };
                running.pop_front();
                consume(&Event::FlowFinished(outcome.report.clone()));
                flows.push(outcome.report);
            }
        }
        Ok(flows)
    }

    /// Reports the flow runs that a stop skipped, starting with the given number, which had started already.
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
    /// True if two runs may run concurrently. A flow with its own app or label does not see the others. One
    /// that lists apps would see them, and one that advances the clock would affect them. Other clients of an
    /// org do not matter.
    fn may_overlap(&self, left: &PlannedRun, right: &PlannedRun) -> bool {
        let sees_others =
            |run: &PlannedRun| run.flow.lists_apps() && !run.flow.needs_app() && !run.flow.has_input(LABEL);
        let alone = |run: &PlannedRun| sees_others(run) || run.flow.moves_the_clock();
        let same_app =
            left.app == right.app && left.app.as_deref().is_some_and(|app| self.app_id(app).is_some());
        !alone(left) && !alone(right) && !same_app
    }
}

/// State shared by the flow runs of a run.
#[derive(Debug, Clone, Default)]
struct RunProgress {
    /// The number of flow runs without an answer since the last one with an answer.
    silent: Arc<AtomicUsize>,
    /// True if a flow run deviates.
    failed: Arc<AtomicBool>,
}

/// A running flow run, on any thread; it is aborted when dropped.
struct RunningFlow {
    info: FlowInfo,
    /// True once its start was reported.
    is_start_reported: bool,
    /// Receives its steps once they are judged.
    steps: UnboundedReceiver<Arc<StepReport>>,
    task: Task,
}

impl RunningFlow {
    fn begin(
        plan: &Arc<RunPlan>,
        target: &Arc<Target>,
        planned: &PlannedRun,
        progress: &RunProgress,
    ) -> Self {
        let (runner, steps) = FlowRunner::new(plan, target, planned);
        let info = runner.info();
        Self {
            info,
            is_start_reported: false,
            steps,
            task: Task(tokio::spawn(one(runner, progress.clone()))),
        }
    }

    /// Waits for the end of the flow run, and reports each judged step and each wait.
    async fn end(
        &mut self,
        waits_received: &mut UnboundedReceiver<Waiting>,
        consume: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<FlowOutcome, RunError> {
        if !std::mem::replace(&mut self.is_start_reported, true) {
            consume(&Event::FlowStarted(self.info.clone()));
        }
        loop {
            tokio::select! {
                biased;
                Some(wait) = waits_received.recv() => consume(&Event::Waiting(wait)),
                Some(step) = self.steps.recv() => consume(&Event::StepFinished(step)),
                outcome = &mut self.task => {
                    while let Ok(step) = self.steps.try_recv() {
                        consume(&Event::StepFinished(step));
                    }
                    return outcome;
                }
            }
        }
    }
}

/// A task that is aborted when dropped.
struct Task(tokio::task::JoinHandle<Result<FlowOutcome, RunError>>);

impl Future for Task {
    type Output = Result<FlowOutcome, RunError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|ended| {
            ended.unwrap_or_else(|error| Err(RunError::Internal(format!("a flow panicked: {error}"))))
        })
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Splits the runs into batches whose runs may run concurrently.
fn batches(
    runs: &[PlannedRun],
    may_overlap: impl Fn(&PlannedRun, &PlannedRun) -> bool,
) -> Vec<&[PlannedRun]> {
    let mut batches = Vec::new();
    let mut begin = 0;
    for end in 1..=runs.len() {
        let fits =
            runs.get(end).is_some_and(|next| runs[begin..end].iter().all(|run| may_overlap(run, next)));
        if !fits {
            batches.push(&runs[begin..end]);
            begin = end;
        }
    }
    batches
}

async fn one(runner: FlowRunner, progress: RunProgress) -> Result<FlowOutcome, RunError> {
    if runner.plan.pace.fail_fast && progress.failed.load(Ordering::Relaxed) {
        return Ok(runner.left_out(Verdict::Skipped, "an earlier flow deviates (--fail-fast)"));
    }
    if progress.silent.load(Ordering::Relaxed) >= GIVE_UP_AFTER {
        return Ok(runner.left_out(Verdict::Skipped, "the target stopped answering"));
    }
    if let Some(reason) = runner.plan.stop.reason() {
        return Ok(runner.left_out(Verdict::Skipped, &reason));
    }
    let outcome = runner.run().await?;
    if outcome.report.verdict == Verdict::Deviates {
        progress.failed.store(true, Ordering::Relaxed);
    }
    match outcome.answered {
        true => progress.silent.store(0, Ordering::Relaxed),
        false => drop(progress.silent.fetch_add(1, Ordering::Relaxed)),
    }
    Ok(outcome)
}
