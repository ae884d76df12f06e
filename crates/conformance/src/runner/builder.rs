//! Prepares a run: reads and checks every file before anything is sent.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rand::TryRng as _;

use super::inputs::Inputs;
use super::kept_answers::KeptAnswers;
use super::placed::{self, NamedSecrets};
use super::run_plan::{Network, Pacing, RunPlan, Runner, Safety};
use super::target;
use super::validation::{covers_something, known_apps, known_check, removable, still_decides};
use crate::actor::{ConsentPrompt, Person};
use crate::bundle::{self, ParsedOnce};
use crate::credential::{Credential, Kind};
use crate::error::RunError;
use crate::event::RunReport;
use crate::flow::{Library, PlannedRun, Selection, plan};
use crate::guide::Guide;
use crate::judge::contract::{Contract, Tolerances};
use crate::judge::known::KnownDeviations;
use crate::judge::snapshot::Snapshots;
use crate::judgement::Layer;
use crate::transport::{Stop, certificates};

const NOBODY: &str = "it needs a person who consents; run at a terminal, or pass --consent-command";

/// Configures and builds a run.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    target: Option<String>,
    credential: Option<Credential>,
    flows: Option<PathBuf>,
    contract: Option<PathBuf>,
    snapshots: Option<PathBuf>,
    inputs: Option<PathBuf>,
    deviations: Option<PathBuf>,
    selection: Selection,
    pace: Pacing,
    fail_on: Option<Vec<Layer>>,
    fail_on_skip: bool,
    skipped_checks: Vec<String>,
    compare_with: Option<Snapshots>,
    any_form: bool,
    apps: Vec<(String, String)>,
    consent: Option<ConsentPrompt>,
    safety: Safety,
    network: Network,
    stop: Stop,
}

impl Runner {
    /// Returns a builder with the defaults: all built-in flows, an in-process mock.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Sets the URL of the org to run against; the default is an in-process mock.
    #[must_use]
    pub fn target(mut self, url: impl Into<String>) -> Self {
        self.target = Some(url.into());
        self
    }

    /// Sets the credential; a mock needs none.
    #[must_use]
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Reads flows from this folder or file instead of the built-in ones.
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

    /// Compares with the snapshots in this folder instead of the built-in ones.
    #[must_use]
    pub fn snapshots(mut self, path: impl Into<PathBuf>) -> Self {
        self.snapshots = Some(path.into());
        self
    }

    /// Reads inputs of flows, by app, from this JSON file.
    #[must_use]
    pub fn inputs(mut self, path: impl Into<PathBuf>) -> Self {
        self.inputs = Some(path.into());
        self
    }

    /// Selects `flow` or `flow@app`; by default everything runs.
    #[must_use]
    pub fn select(mut self, name: impl Into<String>) -> Self {
        self.selection.names.push(name.into());
        self
    }

    /// Selects the flows for this app.
    #[must_use]
    pub fn only_app(mut self, name: impl Into<String>) -> Self {
        self.selection.apps.push(name.into());
        self
    }

    /// Selects the flows of the guide's sections that begin with this text.
    #[must_use]
    pub fn section(mut self, section: impl Into<String>) -> Self {
        self.selection.sections.push(section.into());
        self
    }

    /// Selects the flows with this tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.selection.tags.push(tag.into());
        self
    }

    /// Selects the flows with a step of this name, or one that cites this guide step.
    #[must_use]
    pub fn step(mut self, name: impl Into<String>) -> Self {
        self.selection.steps.push(name.into());
        self
    }

    /// Runs this many flows concurrently; no app is used by two at once.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.pace.jobs = Some(jobs);
        self
    }

    /// Repeats everything this many times, to find unstable steps.
    #[must_use]
    pub fn repeat(mut self, times: u32) -> Self {
        self.pace.repeat = times;
        self
    }

    /// Starts no further flow after the first that deviates.
    #[must_use]
    pub fn fail_fast(mut self, fail_fast: bool) -> Self {
        self.pace.fail_fast = fail_fast;
        self
    }

    /// Lets only these judgements decide; the others are still judged and shown.
    #[must_use]
    pub fn fail_on(mut self, layers: impl IntoIterator<Item = Layer>) -> Self {
        self.fail_on = Some(layers.into_iter().collect());
        self
    }

    /// Makes a run with a skipped flow run not conform.
    #[must_use]
    pub fn fail_on_skip(mut self, fail: bool) -> Self {
        self.fail_on_skip = fail;
        self
    }

    /// Turns off the check with this id; repeatable.
    #[must_use]
    pub fn skip_check(mut self, id: impl Into<String>) -> Self {
        self.skipped_checks.push(id.into());
        self
    }

    /// Reads accepted deviations from this file.
    #[must_use]
    pub fn deviations(mut self, path: impl Into<PathBuf>) -> Self {
        self.deviations = Some(path.into());
        self
    }

    /// Allows ids of any form when exchanges are compared, as profiles do.
    #[must_use]
    pub fn ids_of_any_form(mut self, any_form: bool) -> Self {
        self.any_form = any_form;
        self
    }

    /// Compares with the exchanges of another run instead of snapshots.
    #[must_use]
    pub fn compare_with(mut self, report: &RunReport) -> Self {
        self.compare_with = Some(Snapshots::of(report));
        self
    }

    /// Uses this app of the org for the flows of its kind.
    #[must_use]
    pub fn app(mut self, name: impl Into<String>, id: impl Into<String>) -> Self {
        self.apps.push((name.into(), id.into()));
        self
    }

    /// Allows requests that change the org, if this is the target's host.
    #[must_use]
    pub fn allow_writes(mut self, host: impl Into<String>) -> Self {
        self.safety.armed = Some(host.into());
        self
    }

    /// Allows an armed run to create apps for flows, and deletes them at the end.
    #[must_use]
    pub fn create_apps(mut self, allow: bool) -> Self {
        self.safety.create_apps = allow;
        self
    }

    /// Allows an armed run to replace stored tokens and keys, which cannot be restored.
    #[must_use]
    pub fn allow_credential_change(mut self, allow: bool) -> Self {
        self.safety.replace_credentials = allow;
        self
    }

    /// Writes the undo file to this folder.
    #[must_use]
    pub fn undo_folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.safety.undo_folder = Some(path.into());
        self
    }

    /// Sets the source of consents at the third-party apps of an org; the mock needs none.
    #[must_use]
    pub fn consent(mut self, prompt: ConsentPrompt) -> Self {
        self.consent = Some(prompt);
        self
    }

    /// Limits the number of requests per minute.
    #[must_use]
    pub fn max_rate(mut self, per_minute: u32) -> Self {
        self.network.per_minute = Some(per_minute);
        self
    }

    /// Sets the timeout of a request; 30 seconds by default.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.network.request_timeout = timeout;
        self
    }

    /// Sets the number of retries, where a retry is safe; one by default.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.network.retries = retries;
        self
    }

    /// Stops the run after this time; its changes are restored.
    #[must_use]
    pub fn run_timeout(mut self, timeout: Duration) -> Self {
        self.network.run_timeout = Some(timeout);
        self
    }

    /// Trusts the certificates in this PEM file in addition to the system's.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.network.ca_file = Some(path.into());
        self
    }

    /// Stops the run when this is stopped; its changes are restored.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Prepares a restore of the org in an undo file; a target that is also set must be the same.
    pub(super) fn for_org(mut self, origin: &str, file: &str) -> Result<Runner, RunError> {
        let url = target::parse(origin)
            .map_err(|_| RunError::file(file, 1, format!("`{origin}` is not the address of an org")))?;
        if let Some(given) = &self.target
            && target::parse(given)?.origin() != url.origin()
        {
            return Err(RunError::usage(format!("{file} is the undo file of {origin}, not of {given}")));
        }
        self.target = Some(origin.to_owned());
        self.build()
    }

    /// Loads the contract and the snapshots.
    fn judging(&self, compared: Option<Snapshots>) -> Result<(Arc<Contract>, Snapshots), RunError> {
        let contract = match &self.contract {
            Some(path) => Arc::new(contract(path)?),
            None => built_in_contract()?,
        };
        let snapshots = match compared {
            Some(other) => other,
            None => Snapshots::load(self.snapshots.as_deref())?,
        };
        Ok((contract, snapshots))
    }

    /// Reads and checks every file, and selects the flows. Sends nothing.
    pub fn build(mut self) -> Result<Runner, RunError> {
        let compared = self.compare_with.take();
        let own_snapshots = self.snapshots.is_some() || compared.is_some();
        // Load the flows on one core, and the contract and snapshots on another.
        let (library, judging) = std::thread::scope(|scope| {
            let judging = scope.spawn(|| self.judging(compared));
            (Library::load(self.flows.as_deref()), judging.join())
        });
        let library = library?;
        let (mut contract, snapshots) =
            judging.unwrap_or_else(|_| Err(RunError::Internal("a reader thread panicked".to_owned())))?;
        // The operations of the built-in contract have names.
        if let Some(contract) = Arc::get_mut(&mut contract) {
            contract.name_as(library.flows.iter().flat_map(|flow| flow.operations()));
        }
        let inputs = Inputs::load(self.inputs.as_deref(), &library)?;
        let guide = Guide::embedded()?;
        let mut runs = plan(&library, &guide, &self.selection)?;
        runs.iter_mut().for_each(|run| inputs.fill(run));
        if self.pace.repeat > 1 {
            runs = repeated(&runs, self.pace.repeat);
        }
        known_apps(&library, &self.apps)?;
        if let Some(Credential(Kind::Token(token))) = &self.credential {
            removable("the credential", &token.secret, self.target.as_deref())?;
        }
        if let Some(path) = &self.inputs {
            for (name, value) in inputs.secrets(&library) {
                let given = format!("`{name}` in {}", path.display());
                removable(&given, &value, self.target.as_deref())?;
            }
        }
        covers_something(&contract, &library, &runs, self.contract.as_ref())?;
        let deviations = match &self.deviations {
            Some(path) => KnownDeviations::load(path, &library)?,
            None => KnownDeviations::default(),
        };
        let target = self.target.as_deref().map(target::parse).transpose()?;
        if let (Some(url), Some(host)) = (&target, &self.safety.armed) {
            target::armed(url, host)?;
        }
        let extra_roots = match &self.network.ca_file {
            Some(path) => certificates(&bundle::read(path)?)?,
            None => Vec::new(),
        };
        let skipped_checks =
            self.skipped_checks.iter().map(|id| known_check(id)).collect::<Result<Vec<_>, _>>()?;
        still_decides(self.fail_on.as_deref(), &skipped_checks)?;
        let mut secrets_of: HashMap<String, NamedSecrets> = HashMap::new();
        for run in &runs {
            secrets_of.entry(run.name()).or_insert_with(|| placed::secrets(&library, run));
        }
        let given = inputs.secrets(&library);
        let mut secrets: Vec<String> =
            secrets_of.values().flatten().chain(&given).map(|(_, value)| value.clone()).collect();
        secrets.sort();
        secrets.dedup();
        Ok(Runner(Arc::new(RunPlan {
            library,
            secrets,
            secrets_of,
            inputs,
            runs,
            contract,
            snapshots,
            own_snapshots,
            any_form: self.any_form,
            deviations,
            guide,
            pace: self.pace,
            fail_on: self.fail_on.unwrap_or_else(|| Layer::ALL.to_vec()),
            fail_on_skip: self.fail_on_skip,
            skipped_checks,
            target,
            credential: self.credential,
            apps: self.apps,
            person: match self.consent {
                Some(prompt) => Person::ConsentPrompt(prompt),
                None => Person::Absent(NOBODY.to_owned()),
            },
            safety: self.safety,
            network: self.network,
            extra_roots,
            stop: self.stop,
            kept: KeptAnswers::default(),
            id: run_id(),
        })))
    }
}

/// Repeats all runs round by round, so that unstable steps have time to change.
fn repeated(runs: &[PlannedRun], times: u32) -> Vec<PlannedRun> {
    (1..=times)
        .flat_map(|round| runs.iter().cloned().map(move |run| PlannedRun { round: Some(round), ..run }))
        .collect()
}

/// A random id of this run: eight hexadecimal digits.
fn run_id() -> String {
    let mut bytes = [0; 4];
    // A system without randomness still has a clock and process ids.
    if rand::rngs::SysRng.try_fill_bytes(&mut bytes).is_err() {
        bytes = std::process::id().to_be_bytes();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The built-in contract. Its schemas are compiled once, like it is parsed.
fn built_in_contract() -> Result<Arc<Contract>, RunError> {
    static BUILT_IN: ParsedOnce<Arc<Contract>> = ParsedOnce::new();
    BUILT_IN.get(|| {
        let file = bundle::embedded("contract/openapi.json")
            .ok_or_else(|| RunError::Internal("no contract is built in".to_owned()))?;
        let api = crate::flow::open_api(&file)?;
        // Recordings that contradict a document are built into the contract; other documents need tolerances.
        let contract = Contract::new(api, Tolerances::default());
        contract.map(Arc::new).map_err(|reason| RunError::file(&file.name, 1, reason))
    })
}

fn contract(path: &Path) -> Result<Contract, RunError> {
    let file = bundle::read(path)?;
    let api = crate::flow::open_api(&file)?;
    let unusable = |reason| RunError::file(&file.name, 1, reason);
    let contract = Contract::new(api, Tolerances::embedded()?).map_err(unusable)?;
    contract.check_schemas().map_err(unusable)?;
    Ok(contract)
}
