//! The interpreter: runs the steps of a flow in order, with retries, and reports the outcomes.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Url;
use serde_json::{Map, Value};

use crate::actor::{self, ConsentFailure, ConsentRequest, Decision, Person};
use crate::criterion::CriterionContext;
use crate::exchange::{Body, RequestRecord, ResponseRecord};
use crate::expression::{Exchange, Expression, Scope, StepOutputs, Template};
use crate::flow::{Action, ActionKind, Call, Flow, Library, PERSON, Step};
use crate::judge::documented;
use crate::judgement::{Finding, Judgement};
use crate::openapi::Operation;
use crate::transport::{PlannedRequest, SendError, Transport};
use crate::verdict::Verdict;

/// The outcome of one step.
#[derive(Debug)]
pub(crate) struct Outcome<'a> {
    /// The step's id, preceded by those of the steps that called its flow.
    pub(crate) name: String,
    pub(crate) step: &'a Step,
    /// The guide step: its own, or that of the calling step.
    pub(crate) guide: Option<String>,
    pub(crate) operation: Arc<Operation>,
    /// True if the org answered, and not the consenting person.
    pub(crate) from_org: bool,
    pub(crate) request: Option<RequestRecord>,
    pub(crate) response: Option<ResponseRecord>,
    pub(crate) documented: Judgement,
    /// The reason that there is no answer to judge.
    pub(crate) instead: Option<MissingAnswer>,
    /// The reasons of retries, one for each.
    pub(crate) repeated: Vec<String>,
    pub(crate) duration: Duration,
}

/// The reason that a step has no answer to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MissingAnswer {
    /// It was skipped: a value is missing, or it may not be sent.
    LeftOut(Verdict, String),
    /// The person cannot continue because a page is wrong.
    ConsentFailure,
    /// The target gave no answer.
    NoAnswer(String),
}

impl MissingAnswer {
    /// The verdict on the step.
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::LeftOut(verdict, _) => *verdict,
            Self::ConsentFailure => Verdict::Deviates,
            Self::NoAnswer(_) => Verdict::Error,
        }
    }

    /// The reason in words.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::LeftOut(_, reason) => reason.clone(),
            Self::ConsentFailure => "the person cannot continue".to_owned(),
            Self::NoAnswer(reason) => format!("no answer: {reason}"),
        }
    }
}

/// Receives outcomes.
pub(crate) type Observe<'a> = dyn FnMut(Outcome<'_>) + Send + 'a;

/// A running flow.
pub(crate) type Running<'f> = Pin<Box<dyn Future<Output = FlowEnd> + Send + 'f>>;

/// The end of a flow.
#[derive(Debug, Default)]
pub(crate) struct FlowEnd {
    pub(crate) outputs: Map<String, Value>,
    /// The network error, after which nothing more is sent.
    pub(crate) network: Option<String>,
    /// The reason that the rest of the flow is skipped, if nobody consented.
    pub(crate) given_up: Option<String>,
}

/// Runs flows of a library over one transport.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interpreter<'a> {
    pub(crate) library: &'a Library,
    pub(crate) transport: &'a Transport,
    pub(crate) person: &'a Person,
}

/// The context of a flow: run by itself, or called by a step of another flow.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CallContext<'a> {
    /// The prefix of its step ids.
    pub(crate) prefix: &'a str,
    /// The guide step of the calling step.
    pub(crate) guide: Option<&'a str>,
}

/// The state of a running flow.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) inputs: Map<String, Value>,
    pub(super) steps: StepOutputs,
    /// The last base of the org's links to itself.
    pub(super) org: Option<Url>,
    /// Steps without an answer, and their verdicts.
    pub(super) silent: HashMap<String, Verdict>,
    pub(super) ended: Option<(Verdict, String)>,
    pub(super) network: Option<String>,
    pub(super) given_up: Option<String>,
}

impl Frame {
    pub(super) fn scope<'a>(
        &'a self,
        outputs: &'a Map<String, Value>,
        exchange: Option<Exchange<'a>>,
    ) -> Scope<'a> {
        Scope { inputs: &self.inputs, steps: &self.steps, outputs, exchange }
    }

    /// The verdict on a step with a missing value: skipped if the step that provides it was skipped.
    fn lacking(&self, expression: &Expression) -> (Verdict, String) {
        if let Expression::Steps { step, .. } = expression
            && let Some(verdict) = self.silent.get(step)
        {
            return (*verdict, format!("needs `{expression}`, but the step `{step}` was not carried out"));
        }
        (Verdict::Unjudged, format!("needs `{expression}`, which has no value"))
    }
}

/// The result of one attempt at a step.
struct Attempt {
    request: Option<RequestRecord>,
    result: Result<ResponseRecord, Failure>,
    /// The reasons of retries by the transport.
    repeated: Vec<String>,
}

impl Attempt {
    fn nothing(failure: Failure) -> Self {
        Self { request: None, result: Err(failure), repeated: Vec::new() }
    }
}

enum Failure {
    Lacking(Verdict, String),
    Page(Finding),
    Nobody(String),
    Send(SendError),
}

impl Interpreter<'_> {
    /// Runs a flow to its end. The future is boxed, because a flow may call another.
    pub(crate) fn run<'f>(
        &'f self,
        flow: &'f Flow,
        inputs: Map<String, Value>,
        called: CallContext<'f>,
        observe: &'f mut Observe<'_>,
    ) -> Running<'f> {
        Box::pin(self.all_steps(flow, inputs, called, observe))
    }

    async fn all_steps(
        &self,
        flow: &Flow,
        inputs: Map<String, Value>,
        called: CallContext<'_>,
        observe: &mut Observe<'_>,
    ) -> FlowEnd {
        let mut frame = Frame { inputs, ..Frame::default() };
        for step in &flow.steps {
            match &step.call {
                Call::Operation { source, operation } => {
                    self.operation(&mut frame, step, source, operation, called, observe).await;
                }
                Call::Flow(id) => self.call(&mut frame, step, id, called, observe).await,
            }
        }
        let none = Map::new();
        let scope = frame.scope(&none, None);
        let outputs = filled(&flow.outputs, &scope);
        FlowEnd { outputs, network: frame.network, given_up: frame.given_up }
    }

    /// Runs a step that calls another flow, whose steps become steps of this one.
    async fn call(
        &self,
        frame: &mut Frame,
        step: &Step,
        id: &str,
        called: CallContext<'_>,
        observe: &mut Observe<'_>,
    ) {
        let (Some(flow), None) = (self.library.flow(id), &frame.ended) else {
            frame.silent.insert(step.id.clone(), Verdict::Unjudged);
            return;
        };
        let none = Map::new();
        let mut inputs = Map::new();
        for (_, name, template) in &step.parameters {
            // An input without a value is omitted; the steps that need it report that.
            if let Ok(value) = template.fill(&frame.scope(&none, None)) {
                inputs.insert(name.clone(), value);
            }
        }
        let prefix = format!("{}{}/", called.prefix, step.id);
        let guide = step.guide.as_deref().or(called.guide);
        let end = self.run(flow, inputs, CallContext { prefix: &prefix, guide }, observe).await;
        if let Some(reason) = end.network {
            frame.ended = Some((Verdict::Error, format!("the target stopped answering: {reason}")));
            frame.network = Some(reason);
        }
        if let Some(reason) = end.given_up {
            frame.ended = Some((Verdict::Skipped, reason.clone()));
            frame.given_up = Some(reason);
        }
        let own = filled(&step.outputs, &frame.scope(&end.outputs, None));
        let mut outputs = end.outputs;
        outputs.extend(own);
        frame.steps.insert(step.id.clone(), outputs);
    }

    async fn operation(
        &self,
        frame: &mut Frame,
        step: &Step,
        source: &str,
        operation: &Arc<Operation>,
        called: CallContext<'_>,
        observe: &mut Observe<'_>,
    ) {
        let started = Instant::now();
        let decision = (source == PERSON).then(|| Decision::of_operation(&operation.id)).flatten();
        let mut outcome = Outcome {
            name: format!("{}{}", called.prefix, step.id),
            step,
            guide: step.guide.as_deref().or(called.guide).map(ToOwned::to_owned),
            operation: operation.clone(),
            from_org: decision.is_none(),
            request: None,
            response: None,
            documented: Judgement::unjudged("there is no answer"),
            instead: None,
            repeated: Vec::new(),
            duration: Duration::ZERO,
        };
        let mut retries = 0;
        loop {
            let attempt = match &frame.ended {
                Some((verdict, reason)) => Attempt::nothing(Failure::Lacking(*verdict, reason.clone())),
                None => self.attempt(frame, step, operation, decision).await,
            };
            self.conclude(frame, step, attempt, &mut outcome);
            let Some(wait) = self.retry_pause(frame, step, &outcome, retries) else { break };
            self.transport.sleep(wait).await;
            retries += 1;
            outcome.repeated.push("retried as the step defines".to_owned());
        }
        self.finish(frame, step, &outcome);
        outcome.duration = started.elapsed();
        observe(outcome);
    }

    /// Sends the request of a step once.
    async fn attempt(
        &self,
        frame: &Frame,
        step: &Step,
        operation: &Operation,
        decision: Option<Decision>,
    ) -> Attempt {
        let nothing = Attempt::nothing;
        let none = Map::new();
        let planned = match super::request::plan(step, operation, &frame.scope(&none, None)) {
            Ok(mut planned) => {
                self.transport.mark(&mut planned);
                planned
            }
            Err(super::request::RequestError::Lacking(expression)) => {
                let (verdict, reason) = frame.lacking(&expression);
                return nothing(Failure::Lacking(verdict, reason));
            }
            Err(super::request::RequestError::Impossible(reason)) => {
                return nothing(Failure::Lacking(Verdict::Error, reason));
            }
        };
        let request = self.transport.record(&planned).ok();
        let mut repeated = Vec::new();
        let result = match decision {
            None => match self.transport.send(&planned).await {
                Ok(answered) => {
                    repeated = answered.repeated;
                    Ok(answered.response)
                }
                Err(error) => Err(Failure::Send(error)),
            },
            Some(decision) => self.consent(frame, &planned, decision).await,
        };
        Attempt { request, result, repeated }
    }

    /// Obtains the person's consent or denial.
    async fn consent(
        &self,
        frame: &Frame,
        planned: &PlannedRequest,
        decision: Decision,
    ) -> Result<ResponseRecord, Failure> {
        let body = planned.body.as_ref().map(|(_, body)| body.kept().value());
        let link = body.as_ref().and_then(|body| body.get("authorize")).and_then(Value::as_str);
        let input = |name: &str| frame.inputs.get(name).and_then(Value::as_str).unwrap_or_default();
        let authorize = link.unwrap_or_default();
        let org = frame.org.as_ref();
        let ask = ConsentRequest { decision, authorize, app: input("app"), app_id: input("appId"), org };
        actor::consent(self.transport, self.person, ask).await.map_err(|stuck| match stuck {
            ConsentFailure::Page(finding) => Failure::Page(finding),
            ConsentFailure::Send(error) => Failure::Send(error),
            ConsentFailure::Nobody(reason) => Failure::Nobody(reason),
            ConsentFailure::Mistaken(reason) => Failure::Lacking(Verdict::Error, reason),
        })
    }

    /// Stores the result of an attempt in the outcome.
    fn conclude(&self, frame: &Frame, step: &Step, attempt: Attempt, outcome: &mut Outcome<'_>) {
        outcome.request = attempt.request;
        outcome.repeated.extend(attempt.repeated);
        outcome.response = None;
        outcome.instead = None;
        match attempt.result {
            Ok(response) => {
                if let Some(request) = &outcome.request {
                    let exchange = Exchange { request, response: &response };
                    let none = Map::new();
                    let scope = frame.scope(&none, Some(exchange));
                    let judge = || documented::judge(&step.criteria, &scope);
                    outcome.documented = self.transport.work(self.transport.is_large(Some(&response)), judge);
                }
                outcome.response = Some(response);
            }
            Err(Failure::Page(finding)) => {
                outcome.documented = Judgement::of(vec![finding]);
                outcome.instead = Some(MissingAnswer::ConsentFailure);
            }
            Err(Failure::Lacking(verdict, reason)) => {
                outcome.instead = Some(MissingAnswer::LeftOut(verdict, reason));
            }
            Err(Failure::Nobody(reason) | Failure::Send(SendError::Refused(reason))) => {
                outcome.instead = Some(MissingAnswer::LeftOut(Verdict::Skipped, reason));
            }
            Err(Failure::Send(SendError::Invalid(reason))) => {
                outcome.instead = Some(MissingAnswer::LeftOut(Verdict::Error, reason));
            }
            Err(Failure::Send(SendError::Failed(reason))) => {
                outcome.instead = Some(MissingAnswer::NoAnswer(reason));
            }
        }
    }

    /// The pause before a retry; `None` if the step is not retried.
    fn retry_pause(
        &self,
        frame: &Frame,
        step: &Step,
        outcome: &Outcome<'_>,
        retries: u64,
    ) -> Option<Duration> {
        if outcome.documented.verdict != Verdict::Deviates {
            return None;
        }
        let action = chosen(&step.on_failure, frame, outcome)?;
        match action.kind {
            ActionKind::Retry { after, limit } if retries < limit => Some(after),
            _ => None,
        }
    }

    /// Stores the outputs, and the effect of the step on later ones.
    fn finish(&self, frame: &mut Frame, step: &Step, outcome: &Outcome<'_>) {
        let (Some(request), Some(response)) = (&outcome.request, &outcome.response) else {
            let verdict = outcome.instead.as_ref().map(MissingAnswer::verdict);
            let known = match verdict {
                Some(Verdict::Skipped) => Verdict::Skipped,
                _ => Verdict::Unjudged,
            };
            frame.silent.insert(step.id.clone(), known);
            // Later steps depend on the missing consent. If the pages are wrong, the flow continues: the
            // org's reaction to that is a part of it.
            let gave_none = matches!(verdict, Some(Verdict::Skipped | Verdict::Error));
            if !outcome.from_org && gave_none && frame.ended.is_none() {
                let reason = format!("depends on the step `{}`, which was not carried out", step.id);
                frame.ended = Some((Verdict::Skipped, reason.clone()));
                frame.given_up = Some(reason);
            }
            if let Some(MissingAnswer::NoAnswer(reason)) = &outcome.instead {
                frame.network = Some(reason.clone());
                frame.ended = Some((Verdict::Unjudged, "the target stopped answering".to_owned()));
            }
            return;
        };
        if let (true, Some(Body::Json(body))) = (outcome.from_org, &response.body)
            && let Some(link) = body.pointer("/_links/self/href").and_then(Value::as_str)
        {
            frame.org = Url::parse(link).ok();
        }
        let none = Map::new();
        let outputs = {
            let exchange = Exchange { request, response };
            filled(&step.outputs, &frame.scope(&none, Some(exchange)))
        };
        let actions = match outcome.documented.verdict {
            Verdict::Deviates => &step.on_failure,
            _ => &step.on_success,
        };
        if chosen(actions, frame, outcome).is_some_and(|action| action.kind == ActionKind::End) {
            let reason = format!("the flow ended at the step `{}`, as defined", step.id);
            frame.ended = Some((Verdict::Skipped, reason));
        }
        frame.steps.insert(step.id.clone(), outputs);
    }
}

/// The first action whose criteria are met.
fn chosen<'s>(actions: &'s [Action], frame: &Frame, outcome: &Outcome<'_>) -> Option<&'s Action> {
    let exchange = match (&outcome.request, &outcome.response) {
        (Some(request), Some(response)) => Some(Exchange { request, response }),
        _ => None,
    };
    let none = Map::new();
    let scope = frame.scope(&none, exchange);
    let context = CriterionContext::of(&scope);
    actions.iter().find(|action| action.criteria.iter().all(|criterion| criterion.check(&context).is_none()))
}

/// The outputs that have a value.
pub(super) fn filled(outputs: &[(String, Template)], scope: &Scope<'_>) -> Map<String, Value> {
    outputs.iter().filter_map(|(name, template)| Some((name.clone(), template.fill(scope).ok()?))).collect()
}
