//! The loaded and selected data of a run.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::inputs::Inputs;
use super::kept_answers::KeptAnswers;
use super::placed::NamedSecrets;
use crate::actor::Person;
use crate::check::Check;
use crate::credential::Credential;
use crate::flow::{Library, PlannedRun};
use crate::guide::Guide;
use crate::judge::contract::Contract;
use crate::judge::known::KnownDeviations;
use crate::judge::snapshot::Snapshots;
use crate::judgement::Layer;
use crate::transport::Stop;

/// A prepared run.
#[derive(Debug)]
pub struct Runner(pub(super) Arc<RunPlan>);

/// The loaded and selected data of a run, shared by concurrent flows.
#[derive(Debug)]
pub(super) struct RunPlan {
    pub(super) library: Library,
    pub(super) inputs: Inputs,
    pub(super) runs: Vec<PlannedRun>,
    /// The secrets of all selected flows and of all inputs: an org may return a value that was stored
    /// earlier.
    pub(super) secrets: Vec<String>,
    /// The secrets of each flow run, by its name.
    pub(super) secrets_of: HashMap<String, NamedSecrets>,
    pub(super) contract: Arc<Contract>,
    pub(super) snapshots: Snapshots,
    pub(super) own_snapshots: bool,
    /// True if ids may have any form when exchanges are compared.
    pub(super) any_form: bool,
    pub(super) deviations: KnownDeviations,
    pub(super) pace: Pacing,
    pub(super) fail_on: Vec<Layer>,
    /// True if a skipped flow run keeps the run from conforming.
    pub(super) fail_on_skip: bool,
    pub(super) skipped_checks: Vec<&'static Check>,
    pub(super) guide: Guide,
    pub(super) target: Option<reqwest::Url>,
    pub(super) credential: Option<Credential>,
    pub(super) apps: Vec<(String, String)>,
    pub(super) person: Person,
    pub(super) safety: Safety,
    pub(super) network: Network,
    pub(super) extra_roots: Vec<reqwest::Certificate>,
    pub(super) stop: Stop,
    /// The limit on kept answers.
    pub(super) kept: KeptAnswers,
    /// Identifies the run in `User-Agent` and in the undo file.
    pub(super) id: String,
}

impl Runner {
    /// The names of the planned flow runs.
    pub fn planned(&self) -> Vec<String> {
        self.0.runs.iter().map(PlannedRun::name).collect()
    }

    /// Possible mistakes in the flow files, with file and line.
    pub fn warnings(&self) -> &[String] {
        &self.0.library.warnings
    }
}

impl RunPlan {
    /// The id of the given app of a kind.
    pub(super) fn app_id(&self, app: &str) -> Option<&str> {
        self.apps.iter().find(|(name, _)| name == app).map(|(_, id)| id.as_str())
    }
}

/// Permissions to change an org.
#[derive(Debug, Clone, Default)]
pub(super) struct Safety {
    pub(super) armed: Option<String>,
    pub(super) create_apps: bool,
    pub(super) replace_credentials: bool,
    pub(super) undo_folder: Option<PathBuf>,
}

/// Concurrency and repetition of flows.
#[derive(Debug, Clone, Default)]
pub(super) struct Pacing {
    pub(super) jobs: Option<usize>,
    pub(super) repeat: u32,
    pub(super) fail_fast: bool,
}

/// Network settings of a run.
#[derive(Debug, Clone)]
pub(super) struct Network {
    pub(super) per_minute: Option<u32>,
    pub(super) request_timeout: Duration,
    pub(super) run_timeout: Option<Duration>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) retries: u32,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            per_minute: None,
            request_timeout: Duration::from_secs(30),
            run_timeout: None,
            ca_file: None,
            retries: 1,
        }
    }
}
