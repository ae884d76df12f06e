//! One flow run: an app of its own where it needs one, the replay, and the
//! removal of what it made.

use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::arming::sets_connection;
use super::recorder::Recorder;
use super::run::RunPlan;
use super::target::Target;
use crate::error::RunError;
use crate::event::{FlowInfo, FlowReport, StepReport};
use crate::exchange::{Body, RequestRecord};
use crate::flow::{Flow, PlannedRun};
use crate::judgement::{Judgement, Layer};
use crate::normalise::{Normaliser, flow_text};
use crate::replay::{CallContext, Interpreter, Outcome};
use crate::restore::{OrgClient, disable};
use crate::secrets::{CREDENTIAL, Vault};
use crate::shortened::shortened;
use crate::transport::{Transport, Writes, mark_of};
use crate::verdict::Verdict;

/// The flow that makes an app, by the names that flow files give it.
const CREATE: &str = "create-app-integration";
pub(super) const REMOVE: &str = "remove-app-integration";
const NOT_THE_MOCK: &str =
    "the built-in snapshots are the mock's; give --snapshots with those of this org to compare";

/// One planned run against one target.
pub(super) struct FlowRunner {
    pub(super) plan: Arc<RunPlan>,
    pub(super) target: Arc<Target>,
    pub(super) planned: PlannedRun,
    /// Hears of each step as it is judged.
    steps: UnboundedSender<Arc<StepReport>>,
}

/// A flow run that is over.
pub(super) struct FlowOutcome {
    pub(super) report: Arc<FlowReport>,
    /// Whether the target answered to the end.
    pub(super) answered: bool,
}

/// An app to work on, or why there is none.
enum FlowApp {
    NotNeeded,
    Named(String),
    /// Its id, and the request that made it.
    Created(String, Option<Box<RequestRecord>>),
    None(Verdict, String),
}

impl FlowRunner {
    /// A run that has not begun, and where its steps will be told.
    pub(super) fn new(
        plan: &Arc<RunPlan>,
        target: &Arc<Target>,
        planned: &PlannedRun,
    ) -> (Self, UnboundedReceiver<Arc<StepReport>>) {
        let (steps, told) = unbounded_channel();
        (Self { plan: plan.clone(), target: target.clone(), planned: planned.clone(), steps }, told)
    }

    /// What the run is about.
    pub(super) fn info(&self) -> FlowInfo {
        let flow = &self.planned.flow;
        FlowInfo {
            flow: flow.id.clone(),
            app: self.planned.app.clone(),
            section: flow.section.clone(),
            summary: flow.summary.clone(),
            steps: flow.steps.len(),
            file: flow.file.clone(),
            round: self.planned.round,
        }
    }

    /// Runs it to its end.
    pub(super) async fn run(&self) -> Result<FlowOutcome, RunError> {
        let started = Instant::now();
        if let Some((verdict, reason)) = self.refusal() {
            return Ok(self.left_out(verdict, &reason));
        }
        let vault = self.vault()?;
        let transport = self.target.transport.with_vault(vault.clone());
        let mark = self.mark();
        let (app, network) = self.app(&transport, &mark).await;
        let mut inputs = labelled(sealed(&vault, &self.planned.inputs), &mark);
        if let FlowApp::None(verdict, reason) = &app {
            return Ok(FlowOutcome { answered: !network, ..self.left_out(*verdict, reason) });
        }
        if let FlowApp::Named(id) = &app
            && let Some(reason) = self.out_of_use(&transport, id)
        {
            return Ok(self.left_out(Verdict::Skipped, &reason));
        }
        if let FlowApp::Named(id) | FlowApp::Created(id, _) = &app {
            inputs.insert("appId".to_owned(), id.clone().into());
        }
        let mut recorder = Recorder {
            plan: &self.plan,
            transport: &transport,
            vault: vault.clone(),
            info: self.info(),
            no_snapshots: (!self.target.is_mock() && !self.plan.own_snapshots).then_some(NOT_THE_MOCK),
            normaliser: Normaliser::new(transport.base())
                .without(&mark)
                .without_note(mark_of(&self.plan.id))
                .of_any_form(self.plan.any_form),
            memory: RefCell::default(),
            steps: Vec::new(),
            normalised: Vec::new(),
            told: &self.steps,
        };
        let mut notes = Vec::new();
        if let FlowApp::Named(id) = &app {
            notes.extend(self.prepare(&transport, id).await);
        }
        let end = self
            .interpreter(&transport)
            .run(&self.planned.flow, inputs, CallContext::default(), &mut |outcome| recorder.record(outcome))
            .await;
        let (steps, normalised) = (recorder.steps, recorder.normalised);
        let again = match &app {
            FlowApp::Created(id, Some(request)) => Some((id.clone(), (**request).clone())),
            _ => steps.iter().find_map(|step| created_by(step)),
        };
        let made = match &app {
            FlowApp::Created(id, _) => Some(id.clone()),
            _ if !self.planned.flow.needs_app() => {
                end.outputs.get("appId").and_then(Value::as_str).map(ToOwned::to_owned)
            }
            _ => None,
        };
        // What a broken run made in an org is removed by the undo file; a mock has none.
        let removes = end.network.is_none() || self.target.is_mock();
        if let Some(id) = made.filter(|_| removes)
            && let Some(left) = self.remove(&transport, &id).await
        {
            notes.push(left);
        }
        let (verdict, undecided) = self.verdict(&steps);
        let silent = end.network.as_ref().map(|reason| format!("the target stopped answering: {reason}"));
        let report = Arc::new(FlowReport {
            info: self.info(),
            verdict,
            reason: silent.or(undecided),
            made: again,
            notes,
            steps,
            normalised: flow_text(&self.planned.flow.id, self.planned.app.as_deref(), normalised),
            duration: started.elapsed(),
        });
        Ok(FlowOutcome { report, answered: end.network.is_none() })
    }

    /// The verdict on the flow. Where `--fail-on` names a judgement, and it judged none of the steps,
    /// nothing was decided.
    fn verdict(&self, steps: &[Arc<StepReport>]) -> (Verdict, Option<String>) {
        let verdict = Verdict::of_steps(steps.iter().map(|step| step.verdict));
        let may_be_empty = matches!(verdict, Verdict::Deviates | Verdict::Error | Verdict::Skipped);
        if may_be_empty || self.plan.fail_on.len() == Layer::ALL.len() {
            return (verdict, None);
        }
        let of = |layer: Layer| {
            steps
                .iter()
                .flat_map(|step| step.judgements())
                .filter(move |(of, _)| *of == layer)
                .map(|(_, it)| it)
        };
        let judged =
            |judgement: &Judgement| matches!(judgement.verdict, Verdict::Conforms | Verdict::Deviates);
        let empty = self.plan.fail_on.iter().find(|layer| !of(**layer).any(judged));
        if let Some(layer) = empty {
            let why = of(*layer).find_map(|judgement| judgement.reason.as_deref());
            let why = why.unwrap_or("there was no step for it");
            return (Verdict::Unjudged, Some(format!("the {} judged nothing: {why}", layer.word())));
        }
        // Steps that the deciding judgements cannot judge, such as consents, are judged by the others.
        let known = |verdict: Verdict| if verdict == Verdict::Unjudged { Verdict::Conforms } else { verdict };
        let of_others = steps.iter().filter(|step| step.reason.is_none()).map(|step| known(step.verdict));
        let whole = steps.iter().filter(|step| step.reason.is_some()).map(|step| step.verdict);
        (Verdict::of_steps(of_others.chain(whole)), None)
    }

    /// A report of a run that did not take place.
    pub(super) fn left_out(&self, verdict: Verdict, reason: &str) -> FlowOutcome {
        let report = Arc::new(FlowReport {
            info: self.info(),
            verdict,
            reason: Some(reason.to_owned()),
            made: None,
            notes: Vec::new(),
            steps: Vec::new(),
            normalised: flow_text(&self.planned.flow.id, self.planned.app.as_deref(), Vec::new()),
            duration: Duration::ZERO,
        });
        FlowOutcome { report, answered: true }
    }

    fn interpreter<'b>(&'b self, transport: &'b Transport) -> Interpreter<'b> {
        Interpreter { library: &self.plan.library, transport, person: &self.target.person }
    }

    /// Why the flow is not begun.
    fn refusal(&self) -> Option<(Verdict, String)> {
        let (writes, target) = (self.target.transport.guard().writes(), &self.target);
        let reason = self.plan.refusal(&self.planned, writes, &target.person, target.is_mock());
        reason.map(|reason| (Verdict::Skipped, reason))
    }

    /// The secrets of this run; of the other flows and of all inputs too: an org may tell what was
    /// stored another time.
    fn vault(&self) -> Result<Arc<Vault>, RunError> {
        let own = self.plan.secrets_of.get(&self.planned.name()).cloned().unwrap_or_default();
        // A panic elsewhere leaves the map whole: entries are only added.
        let mut vaults = self.target.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = vaults.get(&own) {
            return Ok(Arc::new(known.for_another_run()));
        }
        let credential = (CREDENTIAL.to_owned(), self.target.credential.secret.clone());
        let others = self.plan.secrets.iter().map(|value| ("other".to_owned(), value.clone()));
        let all = std::iter::once(credential).chain(own.clone()).chain(others);
        let vault = Arc::new(Vault::new(all).map_err(RunError::Internal)?);
        vaults.insert(own, vault.clone());
        Ok(Arc::new(vault.for_another_run()))
    }

    /// The app to work on; and whether the network failed.
    async fn app(&self, transport: &Transport, mark: &str) -> (FlowApp, bool) {
        if !self.planned.flow.needs_app() {
            return (FlowApp::NotNeeded, false);
        }
        let name = self.planned.app.as_deref().unwrap_or_default();
        if let Some(id) = self.plan.app_id(name) {
            return (FlowApp::Named(id.to_owned()), false);
        }
        self.create(transport, name, mark).await
    }

    /// What is put after the labels of this flow run's apps: no other app has it, so that a search
    /// finds these alone, and an org that wants labels to be unique takes them.
    fn mark(&self) -> String {
        let number = self.target.labels.fetch_add(1, Ordering::Relaxed);
        format!(" {}-{number}", self.plan.id)
    }

    /// Whether the flow sets a connection.
    fn sets_connection(&self) -> bool {
        sets_connection(&self.plan.library, &self.planned.flow)
    }

    /// Why a flow that sets a connection is not for a named app: it is about an active one, and what
    /// an inactive one does to its connection is not settled.
    fn out_of_use(&self, transport: &Transport, id: &str) -> Option<String> {
        let Writes::Armed(armed) = transport.guard().writes() else { return None };
        let found = armed.journal.as_ref()?.state().apps.into_iter().find(|app| app.id == id)?;
        (found.status != "ACTIVE" && self.sets_connection()).then(|| {
            format!(
                "the app {id} is {}, and the flow is about an active one; activate it, or give --create-apps",
                found.status
            )
        })
    }

    /// A flow that sets a connection begins with one that is disabled: what setting it anew does to
    /// one that is enabled is not settled.
    async fn prepare(&self, transport: &Transport, id: &str) -> Option<String> {
        if !self.sets_connection() {
            return None;
        }
        let done = disable(&OrgClient { transport }, id).await.ok()?;
        done.then(|| "its connection was enabled, and was deactivated before the flow began".to_owned())
    }

    async fn create(&self, transport: &Transport, name: &str, mark: &str) -> (FlowApp, bool) {
        let Some((flow, example)) = self.plan.creation(name) else {
            let reason =
                format!("there is no flow `{CREATE}` with an example for `{name}`, which makes the app");
            return (FlowApp::None(Verdict::Error, reason), false);
        };
        let (mut last, mut made) = (None, None);
        let inputs = labelled(sealed(transport.vault(), &example), mark);
        let end = self
            .interpreter(transport)
            .run(flow, inputs, CallContext::default(), &mut |outcome| {
                if outcome.operation.id == "createApplication" {
                    made.clone_from(&outcome.request);
                }
                // The first that went wrong says more than those that followed.
                if last.is_none() && outcome.documented.verdict != Verdict::Conforms {
                    last = Some(told(&outcome));
                }
            })
            .await;
        match end.outputs.get("appId").and_then(Value::as_str) {
            Some(id) if !transport.guard().owns(id) => {
                let reason = format!(
                    "the org gave the id {id} to the app `{name}` of this run, and the app of that id is another or cannot be read; nothing was done with it"
                );
                (FlowApp::None(Verdict::Error, reason), false)
            }
            Some(id) => (FlowApp::Created(id.to_owned(), made.map(Box::new)), false),
            None => {
                let told = last.unwrap_or_else(|| "its answer has no id".to_owned());
                let reason = format!("the app `{name}` could not be created: {told}");
                (FlowApp::None(Verdict::Error, reason), end.network.is_some())
            }
        }
    }

    /// Removes an app; says so if it is still there.
    async fn remove(&self, transport: &Transport, id: &str) -> Option<String> {
        let flow = self.plan.library.flow(REMOVE)?.clone();
        let mut inputs = Map::new();
        inputs.insert("appId".to_owned(), id.into());
        let mut last = (None, String::new());
        // What was made is removed also where the run was stopped.
        let transport = &transport.without_stop();
        self.interpreter(transport)
            .run(&flow, inputs, CallContext::default(), &mut |outcome| {
                last = (outcome.response.as_ref().map(|response| response.status), told(&outcome));
            })
            .await;
        // Gone already: a flow may have removed its own app.
        match last {
            (Some(200..=299 | 404), _) => None,
            (_, told) => Some(format!("the app {id} of this run could not be removed: {told}")),
        }
    }
}

impl RunPlan {
    /// The flow that makes an app, with its inputs for this one.
    pub(super) fn creation(&self, app: &str) -> Option<(&Flow, Map<String, Value>)> {
        let flow = self.library.flow(CREATE)?;
        let is_example =
            |example: &&Map<String, Value>| example.get("app").and_then(Value::as_str) == Some(app);
        let mut example = flow.examples.iter().find(is_example)?.clone();
        self.inputs.fill_for(app, flow, &mut example);
        Some((flow, example))
    }
}

/// The app that a step created, with its request.
fn created_by(step: &StepReport) -> Option<(String, RequestRecord)> {
    let answer = step.response.as_ref().filter(|_| step.operation == "createApplication")?;
    let id = answer.body.as_ref()?.value().get("id")?.as_str()?.to_owned();
    Some((id, step.request.clone()?))
}

/// An exchange in one line.
fn told(outcome: &Outcome<'_>) -> String {
    let request = outcome.request.as_ref();
    let request = request.map(|request| format!("{} {}", request.method, request.path));
    let request = request.unwrap_or_else(|| outcome.operation.id.clone());
    match (&outcome.response, &outcome.instead) {
        (Some(response), _) => {
            let body = response.body.as_ref().map(Body::text).unwrap_or_default();
            format!("{request} answered {} {}", response.status, shortened(&body, 300))
        }
        (None, Some(instead)) => format!("{request}: {}", instead.reason()),
        (None, None) => request,
    }
}

/// The name of the input that is the label of an app to be created.
pub(super) const LABEL: &str = "label";

/// The inputs with a label that is the run's own.
pub(super) fn labelled(mut inputs: Map<String, Value>, mark: &str) -> Map<String, Value> {
    if let Some(Value::String(label)) = inputs.get_mut(LABEL) {
        label.push_str(mark);
    }
    inputs
}

/// The inputs with placeholders where secrets stood.
pub(super) fn sealed(vault: &Vault, inputs: &Map<String, Value>) -> Map<String, Value> {
    match vault.seal(Value::Object(inputs.clone())) {
        Value::Object(sealed) => sealed,
        _ => Map::new(),
    }
}
