//! A run: runs the flows, restores the org, and builds the report.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::unbounded_channel;

use super::restore::{RestoreTarget, no_target, restore_org};
use super::run_plan::{RunPlan, Runner};
use super::summary::{answers, skips, undecided};
use super::target::Target;
use super::waits::telling;
use crate::coverage::Coverage;
use crate::error::RunError;
use crate::event::{Counts, Event, FlowReport, RunInfo, RunReport, RunSummary};
use crate::in_process::InProcess;
use crate::setting::{ACCESS_TOKEN, API_TOKEN, CLIENT_ID, PRIVATE_KEY_FILE};
use crate::transport::{Stop, TargetKind};
use crate::verdict::Verdict;
use crate::waiting::Waiting;
use crate::warning;

impl Runner {
    /// Runs everything; `consume` receives each event as it happens.
    pub async fn run(&self, consume: &mut (dyn FnMut(&Event) + Send)) -> Result<RunReport, RunError> {
        let mock = match &self.0.target {
            Some(_) => None,
            None => Some(InProcess::start().await?),
        };
        let result = self.run_against(mock.as_ref(), consume).await;
        if let Some(mock) = mock {
            mock.stop().await;
        }
        result
    }

    /// Checks that the target answers and has the named apps. Changes nothing.
    pub(crate) async fn check_target(
        &self,
        on_wait: &mut (dyn FnMut(Waiting) + Send),
    ) -> Result<RestoreTarget, RunError> {
        let Some(url) = &self.0.target else { return Ok(RestoreTarget::Mock) };
        let (waits, mut waits_received) = unbounded_channel();
        let reach = async {
            let target = Target::reach(url, &self.0, waits).await?;
            self.0.check_named(&target).await.map(|()| target)
        };
        let target = telling(reach, &mut waits_received, on_wait).await?;
        Ok(match (target.is_mock(), &self.0.safety.armed) {
            (true, _) => RestoreTarget::Mock,
            (false, Some(_)) => RestoreTarget::ArmedOrg,
            (false, None) => RestoreTarget::Org,
        })
    }

    async fn run_against(
        &self,
        mock: Option<&InProcess>,
        consume: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<RunReport, RunError> {
        let started = Instant::now();
        let plan = &self.0;
        let _clock = plan.network.run_timeout.map(|limit| Clock::start(limit, &plan.stop));
        let (waits, mut waits_received) = unbounded_channel();
        let mut target = match (mock, &plan.target) {
            (Some(mock), _) => Target::in_process(mock.url(), plan, waits)?,
            (None, Some(url)) => {
                telling(Target::reach(url, plan, waits), &mut waits_received, &mut |wait| {
                    consume(&Event::Waiting(wait));
                })
                .await?
            }
            (None, None) => return Err(no_target()),
        };
        let info = RunInfo {
            target: target.shown(),
            kind: kind_word(mock.is_some(), &target.kind).to_owned(),
            run: plan.id.clone(),
            flows: plan.runs.len(),
            started: jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string(),
            contract: plan.contract.title(),
            guide: plan.guide.title(),
        };
        let prepared = async {
            plan.check_named(&target).await?;
            match target.kind {
                TargetKind::Org if plan.safety.armed.is_some() => plan.arm(&mut target).await,
                _ => Ok(None),
            }
        };
        let journal =
            telling(prepared, &mut waits_received, &mut |wait| consume(&Event::Waiting(wait))).await?;
        consume(&Event::RunStarted(info.clone()));
        if let Some(journal) = &journal {
            consume(&Event::UndoFile(journal.path().display().to_string()));
        }
        let target = Arc::new(target);
        let flows = self.all(&target, &mut waits_received, consume).await;
        // Restore first, whatever happened to the flows.
        let restored = match &journal {
            Some(journal) => {
                let restored = restore_org(&target, journal, &plan.stop);
                Some(telling(restored, &mut waits_received, &mut |wait| consume(&Event::Waiting(wait))).await)
            }
            None => None,
        };
        if let Some(restored) = &restored {
            consume(&Event::Restored(restored.clone()));
        }
        let flows = match (flows, &restored) {
            (Ok(flows), _) => flows,
            (Err(error), Some(restored)) if !restored.left.is_empty() => {
                return Err(RunError::NotRestored(Box::new(error)));
            }
            (Err(error), _) => return Err(error),
        };
        let mut counts = Counts::default();
        flows.iter().for_each(|flow| counts.add(flow));
        let stale = plan.deviations.stale(|flow, app| {
            flows.iter().any(|run| {
                let is_it =
                    run.info.flow == flow && app.is_none_or(|app| run.info.app.as_deref() == Some(app));
                is_it && run.steps.iter().any(|step| step.response.is_some())
            })
        });
        let unstable = warning::unstable(&flows);
        let skips = skips(&flows);
        let verdict = match stale.is_empty() && unstable.is_empty() {
            true => Verdict::of_flows(flows.iter().map(|flow| flow.verdict)),
            false => Verdict::Deviates,
        };
        let verdict = match verdict {
            Verdict::Conforms if plan.fail_on_skip && !skips.is_empty() => Verdict::Skipped,
            verdict => verdict,
        };
        let summary = RunSummary {
            verdict,
            counts,
            duration: started.elapsed(),
            stopped: plan.stop.reason(),
            warnings: plan.warnings(&target, &flows),
            skips,
            undecided: undecided(&flows),
            skipped_checks: plan.skipped_checks.iter().map(|check| check.id.to_owned()).collect(),
            stale,
            unstable,
            coverage: Coverage::new(&plan.contract.declared_operations(), answers(&flows)),
        };
        consume(&Event::RunFinished(summary.clone()));
        Ok(RunReport { info, summary, flows, restored })
    }
}

/// The timer of a run.
struct Clock(tokio::task::JoinHandle<()>);

impl Clock {
    /// Stops the run after this time.
    fn start(limit: Duration, stop: &Stop) -> Self {
        let stop = stop.clone();
        Self(tokio::spawn(async move {
            tokio::time::sleep(limit).await;
            stop.because(format!("the run took longer than {} s", limit.as_secs()));
        }))
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl RunPlan {
    /// The warnings about the verdict.
    fn warnings(&self, target: &Target, flows: &[Arc<FlowReport>]) -> Vec<String> {
        let made_up = (self.credential.is_none() && !target.is_mock()).then(|| {
            format!(
                "no credential was given, so a made-up one was sent; set {API_TOKEN} or {ACCESS_TOKEN}, or {CLIENT_ID} and {PRIVATE_KEY_FILE}, or pass --credential-file"
            )
        });
        let of_files = self.library.warnings.iter().cloned();
        made_up.into_iter().chain(of_files).chain(warning::warnings(flows)).collect()
    }
}

fn kind_word(in_process: bool, kind: &TargetKind) -> &'static str {
    match (in_process, kind) {
        (true, _) => "in-process mock",
        (false, TargetKind::Mock { .. }) => "mock",
        (false, TargetKind::Org) => "org",
    }
}
