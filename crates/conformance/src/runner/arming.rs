//! The changes that a run would make, the permissions they need, and the state that is read beforehand.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::run_plan::RunPlan;
use super::target::Target;
use crate::actor::Person;
use crate::error::RunError;
use crate::flow::{Call, Flow, Library, PERSON, PlannedRun};
use crate::restore::{CallError, OrgClient, read_app};
use crate::setting::Setting;
use crate::transport::{Armed, RequestedChange, Transport, Writes};
use crate::undo::{self, FoundApp, Journal, UndoFile, UndoFolder, others};

/// All changes that a flow's steps would make, according to their operations.
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

/// True if a flow stores a token or key.
pub(super) fn sets_connection(library: &Library, flow: &Flow) -> bool {
    changes(library, flow).iter().any(|change| matches!(change, RequestedChange::Credential(_)))
}

/// True if a step is an action of the consenting person.
fn consents(library: &Library, flow: &Flow) -> bool {
    flow.steps.iter().any(|step| match &step.call {
        Call::Operation { source, .. } => source == PERSON,
        Call::Flow(id) => library.flow(id).is_some_and(|flow| consents(library, flow)),
    })
}

const ONLY_THE_MOCK: &str = "it advances the clock, which only the mock can do";

impl RunPlan {
    /// The reason that a flow does not start: its writes are not allowed, or it needs something that only the
    /// mock has, an app, or a consenting person. `None` if it may start.
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
            Writes::Armed(armed) => self.not_allowed(run, armed).or_else(|| match person {
                Person::Absent(reason) if consents(&self.library, &run.flow) => Some(reason.clone()),
                _ => None,
            }),
            Writes::Refused(_) if run.flow.needs_app() && self.app_id(name).is_none() => {
                let host = self.target.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
                Some(format!(
                    "no app was given for this flow; pass --app {name}=0oa… to read one, or --allow-writes {host} --create-apps to create one"
                ))
            }
            Writes::Refused(_) | Writes::Free => None,
        }
    }

    /// True if a selected flow may write; only then there is an undo file and something to restore.
    pub(super) fn may_write(&self, armed: &Armed) -> bool {
        self.runs.iter().any(|run| {
            let changes = !changes(&self.library, &run.flow).is_empty();
            (changes || self.makes_app(run)) && self.not_allowed(run, armed).is_none()
        })
    }

    /// The reason that an armed run skips a flow; `None` if it may start.
    fn not_allowed(&self, run: &PlannedRun, armed: &Armed) -> Option<String> {
        let changes = changes(&self.library, &run.flow);
        let makes_apps = changes.contains(&RequestedChange::CreateApp);
        if !run.flow.needs_app() {
            return (makes_apps && !armed.create_apps)
                .then(|| "it creates apps; pass --create-apps to allow that".to_owned());
        }
        let name = run.app.as_deref().unwrap_or_default();
        let Some(id) = self.app_id(name) else {
            return (!armed.create_apps)
                .then(|| format!("no app was given for this flow; pass --app {name}=0oa… or --create-apps"));
        };
        if let Some(reason) = &run.flow.fresh_app {
            return Some(format!(
                "{reason}, and {id} has been in use; pass --create-apps without --app {name}"
            ));
        }
        if sets_connection(&self.library, &run.flow) && !armed.replace_credentials {
            return Some(format!(
                "it replaces the stored credential of {name} {id}, which cannot be restored; pass --allow-credential-change to allow that"
            ));
        }
        let features = changes.iter().any(|change| matches!(change, RequestedChange::Feature(_)));
        if features && armed.named.get(id) == Some(&false) {
            return Some(format!(
                "the features of {name} {id} cannot be read while its connection is not enabled, so they could not be restored; enable the connection first"
            ));
        }
        None
    }

    /// True if an app is created for this run although its flow creates none.
    pub(super) fn makes_app(&self, run: &PlannedRun) -> bool {
        run.flow.needs_app()
            && self.safety.create_apps
            && self.app_id(run.app.as_deref().unwrap_or_default()).is_none()
    }

    /// The named apps that a selected flow would change.
    pub(super) fn changed_apps(&self) -> impl Iterator<Item = &(String, String)> {
        self.apps.iter().filter(|(name, _)| {
            self.runs.iter().any(|run| {
                run.app.as_deref() == Some(name.as_str()) && !changes(&self.library, &run.flow).is_empty()
            })
        })
    }

    /// Reads the state that the run will change, creates the undo file, and only then allows writes. Without
    /// a flow that may write there is no file.
    pub(super) async fn arm(&self, target: &mut Target) -> Result<Option<Arc<Journal>>, RunError> {
        let place = UndoFolder::new(self.safety.undo_folder.clone())?;
        let ids: Vec<&str> = self.changed_apps().map(|(_, id)| id.as_str()).collect();
        if let Some(leftover_file) = others(&place, &target.shown(), &ids).first() {
            return Err(RunError::usage(not_restored(leftover_file)));
        }
        let mut file = UndoFile::new(target.shown(), self.id.clone(), target.started);
        for (name, id) in self.changed_apps() {
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

    /// Checks that the named apps exist and are of the given kind.
    pub(super) async fn check_named(&self, target: &Target) -> Result<(), RunError> {
        for (name, id) in &self.apps {
            self.found(&target.transport, name, id).await?;
        }
        Ok(())
    }

    async fn found(&self, reading: &Transport, name: &str, id: &str) -> Result<FoundApp, RunError> {
        read_app(&OrgClient { transport: reading }, name, id).await.map_err(|error| {
            let (CallError::Network(reason) | CallError::Answer(reason)) = error;
            RunError::target(format!(
                "the state of the app {name} {id} cannot be read: {reason}; nothing was changed"
            ))
        })
    }
}

/// The error for an undo file of another run.
fn not_restored(file: &Path) -> String {
    let shown = file.display();
    let by = match undo::hold(file) {
        Ok(None) => undo::holder(file),
        _ => None,
    };
    let by = by.map(|process| format!(" (in use by process {process})")).unwrap_or_default();
    format!(
        "an earlier run did not restore these apps, or is still running: {shown}{by}; once it has ended, run `okta-conformance restore {shown}` first"
    )
}

/// The permissions of a restore: the apps of the undo file and nothing else.
pub(super) fn restoring(file: &UndoFile) -> Armed {
    Armed {
        named: file.apps.iter().map(|app| (app.id.clone(), features_known(app))).collect(),
        created: Mutex::new(file.created.iter().filter_map(|app| app.id.clone()).collect()),
        run: file.run.clone(),
        started: file.started,
        ..Armed::default()
    }
}

/// True if the features can be restored: they were read, or the app has none.
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
