//! One flow run: creates an app if needed, replays the flow, and removes the app.

use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::arming::sets_connection;
use super::recorder::Recorder;
use super::run_plan::RunPlan;
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

/// The flows that create and remove an app, by their ids.
const CREATE: &str = "create-app-integration";
pub(super) const REMOVE: &str = "remove-app-integration";
const NOT_THE_MOCK: &str =
    "the built-in snapshots are the mock's; pass --snapshots with snapshots of this org to compare";

/// One planned run against one target.
pub(super) struct FlowRunner {
    pub(super) plan: Arc<RunPlan>,
    pub(super) target: Arc<Target>,
    pub(super) planned: PlannedRun,
    /// Receives each step once it is judged.
    steps: UnboundedSender<Arc<StepReport>>,
}

/// A finished flow run.
pub(super) struct FlowOutcome {
    pub(super) report: Arc<FlowReport>,
    /// False if the target stopped answering.
    pub(super) answered: bool,
}

/// The app to work on, or the reason that there is none.
enum FlowApp {
    NotNeeded,
    Named(String),
    /// The app's id, and the request that created it.
    Created(String, Option<Box<RequestRecord>>),
    None(Verdict, String),
}

impl FlowRunner {
    /// A run that has not started, and the receiver of its steps.
    pub(super) fn new(
        plan: &Arc<RunPlan>,
        target: &Arc<Target>,
        planned: &PlannedRun,
    ) -> (Self, UnboundedReceiver<Arc<StepReport>>) {
        let (steps, receiver) = unbounded_channel();
        (Self { plan: plan.clone(), target: target.clone(), planned: planned.clone(), steps }, receiver)
    }

    /// The description of the run.
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

    /// Runs the flow to its end.
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
            reports: &self.steps,
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
        // Apps of an interrupted run in an org are removed with the undo file; a mock has none.
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

    /// The verdict on the flow. It is unjudged if a judgement in `--fail-on` judged none of the steps.
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
                .map(|(_, judgement)| judgement)
        };
        let judged =
            |judgement: &Judgement| matches!(judgement.verdict, Verdict::Conforms | Verdict::Deviates);
        let empty = self.plan.fail_on.iter().find(|layer| !of(**layer).any(judged));
        if let Some(layer) = empty {
            let why = of(*layer).find_map(|judgement| judgement.reason.as_deref());
            let why = why.unwrap_or("it applies to no step");
            return (
                Verdict::Unjudged,
                Some(format!("the {} judgement did not judge any step: {why}", layer.word())),
            );
        }
        // Other judgements decide about steps that the deciding ones cannot judge, such as consents.
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

    /// The reason that the flow does not start, if any.
    fn refusal(&self) -> Option<(Verdict, String)> {
        let (writes, target) = (self.target.transport.guard().writes(), &self.target);
        let reason = self.plan.refusal(&self.planned, writes, &target.person, target.is_mock());
        reason.map(|reason| (Verdict::Skipped, reason))
    }

    /// The secrets of this run, of the other flows and of all inputs: an org may return a value that was
    /// stored earlier.
    fn vault(&self) -> Result<Arc<Vault>, RunError> {
        let own = self.plan.secrets_of.get(&self.planned.name()).cloned().unwrap_or_default();
        // A panic elsewhere leaves the map whole: entries are only added.
        let mut vaults = self.target.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = vaults.get(&own) {
            return Ok(Arc::new(known.for_another_run()));
        }
        let credential = (CREDENTIAL.to_owned(), self.target.access.token.secret.clone());
        let others = self.plan.secrets.iter().map(|value| ("other".to_owned(), value.clone()));
        let all = std::iter::once(credential).chain(own.clone()).chain(others);
        let vault = Arc::new(Vault::new(all).map_err(RunError::Internal)?);
        vaults.insert(own, vault.clone());
        Ok(Arc::new(vault.for_another_run()))
    }

    /// The app to work on, and true if the network failed.
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

    /// A suffix for the labels of this flow run's apps. No other app has it, so a search finds only these
    /// apps, and orgs that require unique labels accept them.
    fn mark(&self) -> String {
        let number = self.target.labels.fetch_add(1, Ordering::Relaxed);
        format!(" {}-{number}", self.plan.id)
    }

    /// True if the flow sets a connection.
    fn sets_connection(&self) -> bool {
        sets_connection(&self.plan.library, &self.planned.flow)
    }

    /// The reason that a flow that sets a connection cannot use a named app. The flow is about an active app;
    /// the effect on the connection of an inactive one is not defined.
    fn out_of_use(&self, transport: &Transport, id: &str) -> Option<String> {
        let Writes::Armed(armed) = transport.guard().writes() else { return None };
        let found = armed.journal.as_ref()?.state().apps.into_iter().find(|app| app.id == id)?;
        (found.status != "ACTIVE" && self.sets_connection()).then(|| {
            format!(
                "the app {id} is {}, but the flow needs an active app; activate it, or pass --create-apps",
                found.status
            )
        })
    }

    /// Disables the connection before a flow that sets it: the effect of setting an enabled connection is not
    /// defined.
    async fn prepare(&self, transport: &Transport, id: &str) -> Option<String> {
        if !self.sets_connection() {
            return None;
        }
        let done = disable(&OrgClient { transport }, id).await.ok()?;
        done.then(|| "its connection was enabled and was deactivated before the flow started".to_owned())
    }

    async fn create(&self, transport: &Transport, name: &str, mark: &str) -> (FlowApp, bool) {
        let Some((flow, example)) = self.plan.creation(name) else {
            let reason =
                format!("no flow `{CREATE}` has an example for `{name}`, so the app cannot be created");
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
                // The first failure is more useful than those that follow.
                if last.is_none() && outcome.documented.verdict != Verdict::Conforms {
                    last = Some(describe(&outcome));
                }
            })
            .await;
        match end.outputs.get("appId").and_then(Value::as_str) {
            Some(id) if !transport.guard().owns(id) => {
                let reason = format!(
                    "the org returned the id {id} for the app `{name}` of this run, but that app is another one or cannot be read; it was not touched"
                );
                (FlowApp::None(Verdict::Error, reason), false)
            }
            Some(id) => (FlowApp::Created(id.to_owned(), made.map(Box::new)), false),
            None => {
                let reason_text = last.unwrap_or_else(|| "the answer has no id".to_owned());
                let reason = format!("the app `{name}` could not be created: {reason_text}");
                (FlowApp::None(Verdict::Error, reason), end.network.is_some())
            }
        }
    }

    /// Removes an app; returns an error text if it still exists.
    async fn remove(&self, transport: &Transport, id: &str) -> Option<String> {
        let flow = self.plan.library.flow(REMOVE)?.clone();
        let mut inputs = Map::new();
        inputs.insert("appId".to_owned(), id.into());
        let mut last = (None, String::new());
        // Apps are removed even if the run was stopped.
        let transport = &transport.without_stop();
        self.interpreter(transport)
            .run(&flow, inputs, CallContext::default(), &mut |outcome| {
                last = (outcome.response.as_ref().map(|response| response.status), describe(&outcome));
            })
            .await;
        // 404: a flow may have removed its own app.
        match last {
            (Some(200..=299 | 404), _) => None,
            (_, exchange) => Some(format!("the app {id} of this run could not be removed: {exchange}")),
        }
    }
}

impl RunPlan {
    /// The flow that creates an app, with its inputs for this one.
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
fn describe(outcome: &Outcome<'_>) -> String {
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

/// The input that is the label of an app to be created.
pub(super) const LABEL: &str = "label";

/// Appends the run's suffix to the label in the inputs.
pub(super) fn labelled(mut inputs: Map<String, Value>, mark: &str) -> Map<String, Value> {
    if let Some(Value::String(label)) = inputs.get_mut(LABEL) {
        label.push_str(mark);
    }
    inputs
}

/// Replaces the secrets in inputs by placeholders.
pub(super) fn sealed(vault: &Vault, inputs: &Map<String, Value>) -> Map<String, Value> {
    match vault.seal(Value::Object(inputs.clone())) {
        Value::Object(sealed) => sealed,
        _ => Map::new(),
    }
}
