//! The flow that the interpreter runs: references resolved, expressions parsed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::criterion::Criterion;
use crate::expression::{Pointer, Template};
use crate::openapi::Operation;

/// One workflow of a document.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) id: String,
    pub(crate) summary: String,
    /// The title of the document, which is the section of the guide.
    pub(crate) section: String,
    pub(crate) file: String,
    pub(crate) inputs: Value,
    /// One set of inputs for each app (or one for all).
    pub(crate) examples: Vec<Map<String, Value>>,
    /// The names and places of the secret inputs.
    pub(crate) secrets: Vec<(String, Pointer)>,
    pub(crate) steps: Vec<Step>,
    pub(crate) outputs: Vec<(String, Template)>,
    pub(crate) tags: Vec<String>,
    /// The reason that the flow needs a fresh app (`x-fresh-app`).
    pub(crate) fresh_app: Option<String>,
}

/// One step of a flow.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) id: String,
    pub(crate) description: String,
    pub(crate) guide: Option<String>,
    /// The reason that the exchange is not compared with a snapshot (`x-snapshot`): some answers depend on
    /// chance, such as the order of a list by random ids.
    pub(crate) no_snapshot: Option<String>,
    pub(crate) call: Call,
    pub(crate) parameters: Vec<(ParameterTarget, String, Template)>,
    pub(crate) body: Option<StepBody>,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) outputs: Vec<(String, Template)>,
    pub(crate) on_success: Vec<Action>,
    pub(crate) on_failure: Vec<Action>,
}

/// The source description of operations that the consenting person performs.
pub(crate) const PERSON: &str = "resourceOwner";

/// The path prefix of the mock's own operations, which no org has.
const MOCK_ONLY: &str = "/_mock";

/// The operation or flow that a step calls.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    Operation { source: String, operation: Arc<Operation> },
    Flow(String),
}

/// The place of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterTarget {
    Path,
    Query,
    Header,
    /// An input of the called flow.
    Input,
}

/// The body that a step sends.
#[derive(Debug)]
pub(crate) struct StepBody {
    pub(crate) content_type: String,
    pub(crate) payload: Option<Template>,
    pub(crate) replacements: Vec<(Pointer, Template)>,
}

/// The action after a step's success or failure.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) kind: ActionKind,
    pub(crate) criteria: Vec<Criterion>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ActionKind {
    End,
    Retry { after: Duration, limit: u64 },
}

impl Flow {
    /// True if the schema of the inputs names this input.
    pub(crate) fn has_input(&self, name: &str) -> bool {
        self.inputs
            .pointer("/properties")
            .and_then(Value::as_object)
            .is_some_and(|members| members.contains_key(name))
    }

    /// The operations that the flow's own steps call.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.steps.iter().filter_map(|step| match &step.call {
            Call::Operation { operation, .. } => Some(&**operation),
            Call::Flow(_) => None,
        })
    }

    /// True if the flow works on an existing app.
    pub(crate) fn needs_app(&self) -> bool {
        self.has_input("appId")
    }

    /// True if the flow can run by itself; others are called by flows or by the runner.
    pub(crate) fn stands_alone(&self) -> bool {
        !self.needs_app() || self.apps().next().is_some()
    }

    /// True if an input has neither an example nor a default.
    pub(crate) fn lacks_inputs(&self) -> bool {
        let inputs = self.inputs.get("properties").and_then(Value::as_object);
        self.examples.is_empty()
            && inputs.into_iter().flatten().any(|(_, schema)| schema.get("default").is_none())
    }

    /// True if a step calls the flow of that name.
    pub(crate) fn calls(&self, id: &str) -> bool {
        self.steps.iter().any(|step| matches!(&step.call, Call::Flow(called) if called == id))
    }

    /// True if a step uses something that only the mock has, such as its clock.
    pub(crate) fn needs_mock(&self) -> bool {
        self.steps.iter().any(|step| match &step.call {
            Call::Operation { source, operation } => {
                source != PERSON && operation.path.starts_with(MOCK_ONLY)
            }
            Call::Flow(_) => false,
        })
    }

    /// True if the flow lists apps, and so sees the apps of concurrent flows.
    pub(crate) fn lists_apps(&self) -> bool {
        self.steps.iter().any(|step| match &step.call {
            Call::Operation { operation, .. } => operation.id == "listApplications",
            Call::Flow(_) => false,
        })
    }

    /// True if the flow advances the mock's clock, which affects all its clients.
    pub(crate) fn moves_the_clock(&self) -> bool {
        self.steps.iter().any(|step| match &step.call {
            Call::Operation { operation, .. } => operation.id == "advanceClock",
            Call::Flow(_) => false,
        })
    }

    /// The apps that the flow has examples for.
    pub(crate) fn apps(&self) -> impl Iterator<Item = &str> {
        self.examples.iter().filter_map(|example| example.get("app").and_then(Value::as_str))
    }
}
