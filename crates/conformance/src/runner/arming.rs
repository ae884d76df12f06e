//! What a run would change, whether it may, and what has to be known before.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::run::RunPlan;
use super::target::Target;
use crate::actor::Person;
use crate::error::RunError;
use crate::flow::{Call, Flow, Library, PERSON, PlannedRun};
use crate::restore::{CallError, OrgClient, read_app};
use crate::setting::Setting;
use crate::transport::{Armed, RequestedChange, Transport, Writes};
use crate::undo::{self, FoundApp, Journal, UndoFile, UndoFolder, others};

/// Everything that a flow's steps would change, by their operations alone.
pub(super) fn changes(library: &Library, flow: &Flow) -> Vec<RequestedChange> {
    flow.steps
        .iter()
        .flat_map(|step| match &step.call {
            Call::Operation { operation, .. } => {
                RequestedChange::of(&operation.method, &operation.path).into_iter().collect()
            }
            Call::Flow(id) => library.flow(id).map(|flow| changes(library, flow)).unwrap_or_default(),
        })
        .collect()
}

/// Whether a flow stores a token or key.
pub(super) fn sets_connection(library: &Library, flow: &Flow) -> bool {
    changes(library, flow).iter().any(|change| matches!(change, RequestedChange::Credential(_)))
}

/// Whether a step is one of the person who consents.
fn consents(library: &Library, flow: &Flow) -> bool {
    flow.steps.iter().any(|step| match &step.call {
        Call::Operation { source, .. } => source == PERSON,
        Call::Flow(id) => library.flow(id).is_some_and(|flow| consents(library, flow)),
    })
}

const ONLY_THE_MOCK: &str = "it lets time pass, which only the mock can do";

impl RunPlan {
    /// Why a flow is not begun: it may not write what it writes, or it lacks what only the mock has, an app,
    /// or somebody who consents. `None` where it may begin.
    pub(super) fn refusal(
        &self,
        run: &PlannedRun,
        writes: &Writes,
        person: &Person,
        is_mock: bool,
    ) -> Option<String> {
        let name = run.app.as_deref().unwrap_or_default();
        match writes {
            Writes::Refused(reason) if !changes(&self.library, &run.flow).is_empty() => Some(reason.clone()),
            _ if run.flow.needs_mock() && !is_mock => Some(ONLY_THE_MOCK.to_owned()),
            Writes::Armed(armed) => self.held_back(run, armed).or_else(|| match person {
                Person::Absent(reason) if consents(&self.library, &run.flow) => Some(reason.clone()),
                _ => None,
            }),
            Writes::Refused(_) if run.flow.needs_app() && self.app_id(name).is_none() => {
                let host = self.target.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
                Some(format!(
                    "no app of the org is named for it; to read one give --app {name}=0oa…, to have one created give --allow-writes {host} --create-apps"
                ))
            }
            Writes::Refused(_) | Writes::Free => None,
        }
    }

    /// Whether a selected flow may write: only then is there an undo file, and something to put back.
    pub(super) fn may_write(&self, armed: &Armed) -> bool {
        self.runs.iter().any(|run| {
            let changes = !changes(&self.library, &run.flow).is_empty();
            (changes || self.makes_app(run)) && self.held_back(run, armed).is_none()
        })
    }

    /// Why an armed run leaves a flow out; `None` where it may begin.
    fn held_back(&self, run: &PlannedRun, armed: &Armed) -> Option<String> {
        let changes = changes(&self.library, &run.flow);
        let makes_apps = changes.contains(&RequestedChange::CreateApp);
        if !run.flow.needs_app() {
            return (makes_apps && !armed.create_apps)
                .then(|| "it creates apps; to allow that give --create-apps".to_owned());
        }
        let name = run.app.as_deref().unwrap_or_default();
        let Some(id) = self.app_id(name) else {
            return (!armed.create_apps).then(|| {
                format!("no app of the org is named for it; give --app {name}=0oa… or --create-apps")
            });
        };
        if let Some(reason) = &run.flow.fresh_app {
            return Some(format!(
                "{reason}, and {id} has been in use; give --create-apps without --app {name}"
            ));
        }
        if sets_connection(&self.library, &run.flow) && !armed.replace_credentials {
            return Some(format!(
                "it replaces the credential that is stored for {name} {id}, which cannot be put back; to allow that give --allow-credential-change"
            ));
        }
        let features = changes.iter().any(|change| matches!(change, RequestedChange::Feature(_)));
        if features && armed.named.get(id) == Some(&false) {
            return Some(format!(
                "the features of {name} {id} cannot be read while its connection is not enabled, so they could not be put back; enable it first"
            ));
        }
        None
    }

    /// Whether an app is made for this run, although its flow makes none.
    pub(super) fn makes_app(&self, run: &PlannedRun) -> bool {
        run.flow.needs_app()
            && self.safety.create_apps
            && self.app_id(run.app.as_deref().unwrap_or_default()).is_none()
    }

    /// The named apps that a selected flow would change.
    pub(super) fn touched(&self) -> impl Iterator<Item = &(String, String)> {
        self.apps.iter().filter(|(name, _)| {
            self.runs.iter().any(|run| {
                run.app.as_deref() == Some(name.as_str()) && !changes(&self.library, &run.flow).is_empty()
            })
        })
    }

    /// Reads what the run will touch, begins the undo file, and only then lets
    /// the target be written to. Without a flow that may write there is no file.
    pub(super) async fn arm(&self, target: &mut Target) -> Result<Option<Arc<Journal>>, RunError> {
        let place = UndoFolder::new(self.safety.undo_folder.clone())?;
        let ids: Vec<&str> = self.touched().map(|(_, id)| id.as_str()).collect();
        if let Some(left) = others(&place, &target.shown(), &ids).first() {
            return Err(RunError::usage(not_put_back(left)));
        }
        let mut file = UndoFile::new(target.shown(), self.id.clone(), target.started);
        for (name, id) in self.touched() {
            file.apps.push(self.found(&target.transport, name, id).await?);
        }
        let mut armed = Armed {
            named: file.apps.iter().map(|app| (app.id.clone(), features_known(app))).collect(),
            create_apps: self.safety.create_apps,
            replace_credentials: self.safety.replace_credentials,
            run: self.id.clone(),
            started: target.started,
            ..Armed::default()
        };
        let journal = match self.may_write(&armed) {
            true => Some(Arc::new(begin(&place, &target.transport, &self.id, file)?)),
            false => None,
        };
        armed.journal.clone_from(&journal);
        target.transport = target.transport.with_writes(Writes::Armed(Arc::new(armed)));
        Ok(journal)
    }

    /// Makes sure that the named apps are there and are of the kind that was said.
    pub(super) async fn check_named(&self, target: &Target) -> Result<(), RunError> {
        for (name, id) in &self.apps {
            self.found(&target.transport, name, id).await?;
        }
        Ok(())
    }

    async fn found(&self, reading: &Transport, name: &str, id: &str) -> Result<FoundApp, RunError> {
        read_app(&OrgClient { transport: reading }, name, id).await.map_err(|trouble| {
            let (CallError::Network(reason) | CallError::Answer(reason)) = trouble;
            RunError::target(format!(
                "the state of the app {name} {id} cannot be read, so nothing was changed: {reason}"
            ))
        })
    }
}

/// What another run has not put back yet, and what to do.
fn not_put_back(file: &Path) -> String {
    let shown = file.display();
    let by = match undo::hold(file) {
        Ok(None) => undo::holder(file),
        _ => None,
    };
    let by = by.map(|process| format!(" (process {process} still holds it)")).unwrap_or_default();
    format!(
        "an earlier run did not put these apps back, or is still under way: {shown}{by}; once it has ended run `okta-conformance restore {shown}` first"
    )
}

/// What putting back may touch: the apps of the undo file and nothing else.
pub(super) fn restoring(file: &UndoFile) -> Armed {
    Armed {
        named: file.apps.iter().map(|app| (app.id.clone(), features_known(app))).collect(),
        created: Mutex::new(file.created.iter().filter_map(|app| app.id.clone()).collect()),
        run: file.run.clone(),
        started: file.started,
        ..Armed::default()
    }
}

/// Whether the features can be put back: they were read, or there are none.
fn features_known(app: &FoundApp) -> bool {
    app.features.is_some() || app.connection.status == "UNKNOWN"
}

fn begin(place: &UndoFolder, reading: &Transport, run: &str, file: UndoFile) -> Result<Journal, RunError> {
    let path = place.file(reading.base().host_str().unwrap_or_default(), run);
    Journal::begin(&path, file).map_err(|error| {
        RunError::usage(format!(
            "the undo file {} cannot be written ({error}), so nothing was changed; choose another folder",
            path.display()
        ))
        .solved_by([Setting::UndoFolder])
    })
}
