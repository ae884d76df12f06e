//! The runner: select, plan, replay, judge, and tell everything as one stream
//! of events.

mod arming;
mod builder;
mod flow_run;
mod inputs;
mod keeping;
mod placed;
mod preview;
mod recorder;
mod schedule;
mod summary;
mod target;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::actor::Person;
use crate::check::Check;
use crate::coverage::Coverage;
use crate::credential::{ACCESS_TOKEN, API_TOKEN, Credential};
use crate::error::RunError;
use crate::event::{Counts, Event, FlowReport, RunInfo, RunReport, RunSummary};
use crate::flow::{Library, PlannedRun};
use crate::guide::Guide;
use crate::in_process::InProcess;
use crate::judge::contract::Contract;
use crate::judge::known::KnownDeviations;
use crate::judge::snapshot::Snapshots;
use crate::judgement::Layer;
use crate::restore::{Restored, check_same_org, restore};
use crate::transport::{Stop, TargetKind, Writes};
use crate::undo::{self, Journal, UndoFile};
use crate::verdict::Verdict;
use crate::waiting::Waiting;
use crate::warning;
pub use builder::Builder;
use builder::{Network, Pacing, Safety};
use inputs::Inputs;
use keeping::Kept;
use placed::Secrets;
use summary::{answers, skips, undecided};
use target::Target;

/// So long after the last answer a request that broke off may still be carried out.
const SETTLING: Duration = Duration::from_secs(6);

/// A run that is ready to begin.
#[derive(Debug)]
pub struct Runner(Arc<Plan>);

/// Everything that was read and selected, shared by the flows that are under way.
#[derive(Debug)]
struct Plan {
    library: Library,
    inputs: Inputs,
    runs: Vec<PlannedRun>,
    /// The secrets of all selected flows and of all inputs: an org may tell what was stored another time.
    secrets: Vec<String>,
    /// The secrets of each flow run, by its name.
    secrets_of: HashMap<String, Secrets>,
    contract: Contract,
    snapshots: Snapshots,
    own_snapshots: bool,
    /// Whether ids may have any form when exchanges are compared.
    any_form: bool,
    deviations: KnownDeviations,
    pace: Pacing,
    fail_on: Vec<Layer>,
    /// Whether a skipped flow run keeps the run from conforming.
    fail_on_skip: bool,
    skipped_checks: Vec<&'static Check>,
    guide: Guide,
    target: Option<reqwest::Url>,
    credential: Option<Credential>,
    apps: Vec<(String, String)>,
    person: Person,
    safety: Safety,
    network: Network,
    extra_roots: Vec<reqwest::Certificate>,
    stop: Stop,
    /// How much of the answers is kept.
    kept: Kept,
    /// Tells the run from others, in `User-Agent` and the undo file.
    id: String,
}

impl Runner {
    /// Begins with the defaults: all built-in flows, an in-process mock.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The names of the flow runs that are planned.
    pub fn planned(&self) -> Vec<String> {
        self.0.runs.iter().map(PlannedRun::name).collect()
    }

    /// What may be wrong in the files of the flows, with file and line.
    pub fn warnings(&self) -> &[String] {
        &self.0.library.warnings
    }

    /// Runs everything; `consume` hears of each event as it happens.
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

    /// Whether the target can be reached, and has the apps that were named. Changes nothing.
    pub(crate) async fn check_target(
        &self,
        tell: &mut (dyn FnMut(Waiting) + Send),
    ) -> Result<Reached, RunError> {
        let Some(url) = &self.0.target else { return Ok(Reached::Mock) };
        let (waits, mut told) = unbounded_channel();
        let reach = async {
            let target = Target::reach(url, &self.0, waits).await?;
            self.0.check_named(&target).await.map(|()| target)
        };
        let target = telling(reach, &mut told, tell).await?;
        Ok(match (target.is_mock(), &self.0.safety.armed) {
            (true, _) => Reached::Mock,
            (false, Some(_)) => Reached::ArmedOrg,
            (false, None) => Reached::Org,
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
        let (waits, mut told) = unbounded_channel();
        let mut target = match (mock, &plan.target) {
            (Some(mock), _) => Target::in_process(mock.url(), plan, waits)?,
            (None, Some(url)) => {
                telling(Target::reach(url, plan, waits), &mut told, &mut |wait| {
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
        let journal = telling(prepared, &mut told, &mut |wait| consume(&Event::Waiting(wait))).await?;
        consume(&Event::RunStarted(info.clone()));
        if let Some(journal) = &journal {
            consume(&Event::UndoFile(journal.path().display().to_string()));
        }
        let target = Arc::new(target);
        let flows = self.all(&target, &mut told, consume).await;
        // Whatever became of the flows: first everything is put back.
        let restored = match &journal {
            Some(journal) => {
                let put_back = put_back(&target, journal, &plan.stop);
                Some(telling(put_back, &mut told, &mut |wait| consume(&Event::Waiting(wait))).await)
            }
            None => None,
        };
        if let Some(restored) = &restored {
            consume(&Event::Restored(restored.clone()));
        }
        let flows = match (flows, &restored) {
            (Ok(flows), _) => flows,
            (Err(error), Some(restored)) if !restored.left.is_empty() => {
                return Err(RunError::NotRestored(error.to_string()));
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

/// Waits for something, and tells of each wait that begins meanwhile.
async fn telling<T>(
    work: impl Future<Output = T>,
    told: &mut UnboundedReceiver<Waiting>,
    tell: &mut (dyn FnMut(Waiting) + Send),
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            Some(wait) = told.recv() => tell(wait),
            done = &mut work => return done,
        }
    }
}

/// Puts the org back; without the stop and the rules of the flows, by the undo file alone.
async fn put_back(target: &Target, journal: &Journal, stop: &Stop) -> Restored {
    if !stop.org_is_changed() && journal.finish().is_ok() {
        // The org is as it was, however little it answers now.
        return Restored::default();
    }
    let mut file = journal.state();
    let writes = Writes::Armed(Arc::new(arming::restoring(&file)));
    let transport = target.transport.with_writes(writes).without_stop();
    let mut restored = restore(&transport, &file).await;
    if transport.is_unsettled() && !restored.is_given_up {
        // What a flow asked for and got no answer to may happen after all.
        tokio::time::sleep(SETTLING).await;
        file.strike(&restored.gone);
        restored = restored.after(restore(&transport, &file).await);
    }
    // Were this lost, apps that are gone are found to be gone once more.
    let _ = journal.strike(&restored.gone);
    if restored.worth_a_retry() || journal.finish().is_err() {
        restored.file = Some(journal.path().display().to_string());
    }
    stop.note_changed(!restored.left.is_empty());
    restored
}

/// Puts an org back by the undo file of a run that was killed. `armed` is the host that the user typed;
/// `tell` hears where the requests go before the first of them leaves.
pub(crate) async fn restore_by(
    builder: Builder,
    path: &Path,
    armed: Option<&str>,
    tell: &mut (dyn FnMut(&Told) + Send),
) -> Result<Restored, RunError> {
    let shown = path.display().to_string();
    // Held before it is read: a run that ends in between would have changed it.
    let Some(held) = undo::hold(path)? else { return Err(still_held(path)) };
    undo::check_private(path, &held)?;
    let again = held
        .try_clone()
        .map_err(|error| RunError::Unreadable { path: shown.clone(), reason: error.to_string() })?;
    let mut file = UndoFile::read_open(path, again)?;
    let plan = builder.for_org(&file.target, &shown)?;
    let url = plan.0.target.as_ref().ok_or_else(no_target)?;
    check_trusted(url, &file, &shown, armed)?;
    tell(&Told::Target(file.target.clone()));
    let (waits, mut told) = unbounded_channel();
    let restored = restore_target(url, &plan.0, &mut file, path, waits);
    telling(restored, &mut told, &mut |wait| tell(&Told::Waiting(wait))).await
}

/// What is told while an org is restored.
#[derive(Debug)]
pub(crate) enum Told {
    /// Where the requests go.
    Target(String),
    /// What is waited for.
    Waiting(Waiting),
}

async fn restore_target(
    url: &reqwest::Url,
    plan: &Plan,
    file: &mut UndoFile,
    path: &Path,
    waits: target::Waits,
) -> Result<Restored, RunError> {
    let shown = path.display().to_string();
    let target = Target::reach(url, plan, waits).await?;
    check_same_org(&target.transport, file).await.map_err(|reason| {
        RunError::Target(format!(
            "{shown}: nothing was changed: {reason}; if its apps were deleted, remove the file by hand"
        ))
    })?;
    let writes = Writes::Armed(Arc::new(arming::restoring(file)));
    let mut restored = restore(&target.transport.with_writes(writes).without_stop(), file).await;
    if restored.worth_a_retry() {
        file.strike(&restored.gone);
        // Were this lost, apps that are gone are found to be gone once more.
        let _ = undo::write(path, file);
        restored.file = Some(shown);
    } else if let Err(error) = undo::remove(path) {
        return Err(RunError::Usage(format!(
            "everything is put back, but {shown} cannot be removed ({error}); remove it by hand"
        )));
    }
    Ok(restored)
}

fn still_held(path: &Path) -> RunError {
    let by = match undo::holder(path) {
        Some(process) => format!("process {process}"),
        None => "another process".to_owned(),
    };
    RunError::Usage(format!(
        "{}: {by} still holds it: the run that wrote it, which puts everything back itself, or another `restore`; wait for it, or end it first",
        path.display()
    ))
}

/// A file that this installation wrote says itself where the credential goes. Of any other one, the user
/// says it.
fn check_trusted(
    url: &reqwest::Url,
    file: &UndoFile,
    shown: &str,
    armed: Option<&str>,
) -> Result<(), RunError> {
    if let Some(host) = armed {
        return target::armed(url, host);
    }
    if undo::Seal::of_this_user().is_some_and(|seal| seal.fits(file)) {
        return Ok(());
    }
    let host = url.host_str().unwrap_or_default();
    Err(RunError::Usage(format!(
        "{shown} is not as this installation wrote it, so nothing was sent to its target {}; if that is your org and the file is right, give --allow-writes {host}",
        file.target
    )))
}

/// What a target turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    Mock,
    Org,
    ArmedOrg,
}

fn no_target() -> RunError {
    RunError::Internal("there is no target".to_owned())
}

/// Counts the time of a run; nobody waits for it.
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

impl Plan {
    /// What a person should know before trusting the verdict.
    fn warnings(&self, target: &Target, flows: &[Arc<FlowReport>]) -> Vec<String> {
        let made_up = (self.credential.is_none() && !target.is_mock()).then(|| {
            format!(
                "no credential was given, and a made-up one was sent; set {API_TOKEN}, {ACCESS_TOKEN} or give --credential-file"
            )
        });
        let of_files = self.library.warnings.iter().cloned();
        made_up.into_iter().chain(of_files).chain(warning::warnings(flows)).collect()
    }

    fn app_id(&self, app: &str) -> Option<&str> {
        self.apps.iter().find(|(name, _)| name == app).map(|(_, id)| id.as_str())
    }
}

fn kind_word(in_process: bool, kind: &TargetKind) -> &'static str {
    match (in_process, kind) {
        (true, _) => "in-process mock",
        (false, TargetKind::Mock { .. }) => "mock",
        (false, TargetKind::Org) => "org",
    }
}
