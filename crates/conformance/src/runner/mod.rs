//! The runner: select, plan, replay, judge, and tell everything as one stream
//! of events.

mod flow_run;
mod recorder;
mod target;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::stream::{self, StreamExt as _};

use crate::bundle;
use crate::credential::Credential;
use crate::error::RunError;
use crate::event::{Counts, Event, FlowInfo, FlowReport, RunInfo, RunReport, RunSummary};
use crate::flow::{Library, PlannedRun, nearest, plan};
use crate::guide::Guide;
use crate::in_process::InProcess;
use crate::judge::contract::Contract;
use crate::judge::snapshot::Snapshots;
use crate::transport::TargetKind;
use crate::verdict::Verdict;
use flow_run::{FlowRunner, Ran};
use target::Target;

/// So many flows are under way at once, against a mock.
const AT_ONCE: usize = 4;

/// So many flows in a row without an answer: the target is gone.
const GIVE_UP_AFTER: usize = 3;

/// Puts a run together.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    target: Option<String>,
    credential: Option<Credential>,
    flows: Option<PathBuf>,
    contract: Option<PathBuf>,
    snapshots: Option<PathBuf>,
    select: Vec<String>,
    apps: Vec<(String, String)>,
    allow_writes: Option<String>,
}

impl Builder {
    /// Runs against the org at this URL; without one an in-process mock is started.
    #[must_use]
    pub fn target(mut self, url: impl Into<String>) -> Self {
        self.target = Some(url.into());
        self
    }

    /// Presents this credential; a mock needs none.
    #[must_use]
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Takes flows from this folder or file instead of the built-in ones.
    #[must_use]
    pub fn flows(mut self, path: impl Into<PathBuf>) -> Self {
        self.flows = Some(path.into());
        self
    }

    /// Judges by this OpenAPI document instead of the built-in one.
    #[must_use]
    pub fn contract(mut self, path: impl Into<PathBuf>) -> Self {
        self.contract = Some(path.into());
        self
    }

    /// Compares with the snapshots of this folder instead of the built-in ones.
    #[must_use]
    pub fn snapshots(mut self, path: impl Into<PathBuf>) -> Self {
        self.snapshots = Some(path.into());
        self
    }

    /// Selects `flow` or `flow@app`; without any, everything is run.
    #[must_use]
    pub fn select(mut self, name: impl Into<String>) -> Self {
        self.select.push(name.into());
        self
    }

    /// Uses this app of the org for the flows of its kind.
    #[must_use]
    pub fn app(mut self, name: impl Into<String>, id: impl Into<String>) -> Self {
        self.apps.push((name.into(), id.into()));
        self
    }

    /// Allows requests that change something, if this is the target's host.
    #[must_use]
    pub fn allow_writes(mut self, host: impl Into<String>) -> Self {
        self.allow_writes = Some(host.into());
        self
    }

    /// Reads and checks every file, and selects. Sends nothing.
    pub fn build(self) -> Result<Runner, RunError> {
        let library = Library::load(self.flows.as_deref())?;
        let runs = plan(&library, &self.select)?;
        known_apps(&library, &self.apps)?;
        let contract = contract(self.contract.as_ref())?;
        let snapshots = Snapshots::load(self.snapshots.as_deref())?;
        let target = self.target.as_deref().map(target::parse).transpose()?;
        if let (Some(url), Some(host)) = (&target, &self.allow_writes) {
            target::armed(url, host)?;
        }
        Ok(Runner(Arc::new(Plan {
            library,
            runs,
            contract,
            snapshots,
            own_snapshots: self.snapshots.is_some(),
            guide: Guide::embedded()?,
            target,
            credential: self.credential,
            apps: self.apps,
            armed: self.allow_writes.is_some(),
        })))
    }
}

/// A run that is ready to begin.
#[derive(Debug)]
pub struct Runner(Arc<Plan>);

/// Everything that was read and selected, shared by the flows that are under way.
#[derive(Debug)]
struct Plan {
    library: Library,
    runs: Vec<PlannedRun>,
    contract: Contract,
    snapshots: Snapshots,
    own_snapshots: bool,
    guide: Guide,
    target: Option<reqwest::Url>,
    credential: Option<Credential>,
    apps: Vec<(String, String)>,
    armed: bool,
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

    async fn run_against(
        &self,
        mock: Option<&InProcess>,
        consume: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<RunReport, RunError> {
        let started = Instant::now();
        let plan = &self.0;
        let target = match (mock, &plan.target) {
            (Some(mock), _) => Target::in_process(mock.url())?,
            (None, Some(url)) => Target::reach(url, plan.credential.clone(), plan.armed).await?,
            (None, None) => return Err(RunError::Internal("there is no target".to_owned())),
        };
        let info = RunInfo {
            target: target.shown(),
            kind: kind_word(mock.is_some(), &target.kind).to_owned(),
            flows: plan.runs.len(),
        };
        consume(&Event::RunStarted(info.clone()));
        let flows = self.all(&Arc::new(target), consume).await?;
        let mut counts = Counts::default();
        flows.iter().for_each(|flow| counts.add(flow));
        let summary = RunSummary {
            verdict: Verdict::of_flows(flows.iter().map(|flow| flow.verdict)),
            counts,
            duration: started.elapsed(),
        };
        consume(&Event::RunFinished(summary.clone()));
        Ok(RunReport { info, summary, flows })
    }

    async fn all(
        &self,
        target: &Arc<Target>,
        consume: &mut (dyn FnMut(&Event) + Send),
    ) -> Result<Vec<Arc<FlowReport>>, RunError> {
        let plan = &self.0;
        let mut flows = Vec::new();
        let silent = Arc::new(AtomicUsize::new(0));
        // A flow with an app of its own does not see the others; one that lists
        // apps would, and one that moves the clock would hurry them, so these
        // are alone. Orgs of other people are not hurried.
        let apart = |run: &PlannedRun| !run.flow.needs_app() || run.flow.needs_mock();
        let together = |run: &PlannedRun| target.is_mock() && !apart(run) && plan.apps.is_empty();
        for batch in plan.runs.chunk_by(|left, right| together(left) && together(right)) {
            let mut under_way = stream::iter(batch)
                .map(|planned| {
                    let runner =
                        FlowRunner { plan: plan.clone(), target: target.clone(), planned: planned.clone() };
                    Task(tokio::spawn(one(runner, silent.clone())))
                })
                .buffered(AT_ONCE);
            while let Some(ran) = under_way.next().await {
                let ran = ran?;
                ran.events.iter().for_each(&mut *consume);
                consume(&Event::FlowFinished(ran.report.clone()));
                flows.push(ran.report);
            }
        }
        Ok(flows)
    }
}

/// A flow under way, on any thread; given up when nobody waits for it any more.
struct Task(tokio::task::JoinHandle<Result<Ran, RunError>>);

impl Future for Task {
    type Output = Result<Ran, RunError>;

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

async fn one(runner: FlowRunner, silent: Arc<AtomicUsize>) -> Result<Ran, RunError> {
    if silent.load(Ordering::Relaxed) >= GIVE_UP_AFTER {
        return Ok(runner.left_out(Verdict::Skipped, "the target stopped answering"));
    }
    let ran = runner.run().await?;
    match ran.answered {
        true => silent.store(0, Ordering::Relaxed),
        false => drop(silent.fetch_add(1, Ordering::Relaxed)),
    }
    Ok(ran)
}

impl Plan {
    fn app_id(&self, app: &str) -> Option<&str> {
        self.apps.iter().find(|(name, _)| name == app).map(|(_, id)| id.as_str())
    }
}

impl FlowRunner {
    fn info(&self) -> FlowInfo {
        let flow = &self.planned.flow;
        FlowInfo {
            flow: flow.id.clone(),
            app: self.planned.app.clone(),
            section: flow.section.clone(),
            summary: flow.summary.clone(),
            steps: flow.steps.len(),
        }
    }
}

fn kind_word(in_process: bool, kind: &TargetKind) -> &'static str {
    match (in_process, kind) {
        (true, _) => "in-process mock",
        (false, TargetKind::Mock { .. }) => "mock",
        (false, TargetKind::Org) => "org",
    }
}

fn contract(path: Option<&PathBuf>) -> Result<Contract, RunError> {
    let file = match path {
        Some(path) => bundle::read(path)?,
        None => bundle::embedded("contract/openapi.json")
            .ok_or_else(|| RunError::Internal("no contract is built in".to_owned()))?,
    };
    let api = crate::flow::open_api(&file)?;
    Contract::new(api).map_err(|reason| RunError::file(&file.name, 1, reason))
}

fn known_apps(library: &Library, apps: &[(String, String)]) -> Result<(), RunError> {
    let names: Vec<&str> = library.flows.iter().flat_map(|flow| flow.apps()).collect();
    for (name, id) in apps {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(RunError::Usage(format!("--app {name}=…: `{id}` is not an app's id")));
        }
        if !names.contains(&name.as_str()) {
            let near = nearest(name, names.iter().copied());
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(RunError::Selection(format!("no flow is for an app `{name}`{hint}")));
        }
    }
    Ok(())
}
