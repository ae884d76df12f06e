//! A flow as the interpreter runs it: references resolved, expressions parsed.

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
    /// The document's title: the section of the guide.
    pub(crate) section: String,
    pub(crate) file: String,
    pub(crate) inputs: Value,
    /// One set of inputs for each app (or one for all).
    pub(crate) examples: Vec<Map<String, Value>>,
    /// Names and places of the inputs that are secret.
    pub(crate) secrets: Vec<(String, Pointer)>,
    pub(crate) steps: Vec<Step>,
    pub(crate) outputs: Vec<(String, Template)>,
    pub(crate) tags: Vec<String>,
    /// Why it wants an app that nobody has set up (`x-fresh-app`).
    pub(crate) fresh_app: Option<String>,
}

/// One step of a flow.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) id: String,
    pub(crate) description: String,
    pub(crate) guide: Option<String>,
    /// Why the exchange is not compared with a snapshot (`x-snapshot`): some
    /// answers depend on chance, such as the order of a list by random ids.
    pub(crate) no_snapshot: Option<String>,
    pub(crate) call: Call,
    pub(crate) parameters: Vec<(ParameterTarget, String, Template)>,
    pub(crate) body: Option<StepBody>,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) outputs: Vec<(String, Template)>,
    pub(crate) on_success: Vec<Action>,
    pub(crate) on_failure: Vec<Action>,
}

/// The source description whose operations a person does, who consents.
pub(crate) const PERSON: &str = "resourceOwner";

/// Where the mock offers what no org has.
const MOCK_ONLY: &str = "/_mock";

/// What a step calls.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    Operation { source: String, operation: Arc<Operation> },
    Flow(String),
}

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterTarget {
    Path,
    Query,
    Header,
    /// An input of the flow that is called.
    Input,
}

/// The body that a step sends.
#[derive(Debug)]
pub(crate) struct StepBody {
    pub(crate) content_type: String,
    pub(crate) payload: Option<Template>,
    pub(crate) replacements: Vec<(Pointer, Template)>,
}

/// What follows a step's success or failure.
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
    /// Whether the schema of the inputs names this one.
    pub(crate) fn has_input(&self, name: &str) -> bool {
        self.inputs
            .pointer("/properties")
            .and_then(Value::as_object)
            .is_some_and(|members| members.contains_key(name))
    }

    /// The operations that its own steps call.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.steps.iter().filter_map(|step| match &step.call {
            Call::Operation { operation, .. } => Some(&**operation),
            Call::Flow(_) => None,
        })
    }

    /// Whether the flow works on an app that exists beforehand.
    pub(crate) fn needs_app(&self) -> bool {
        self.has_input("appId")
    }

    /// Whether it can be run by itself, or only by another flow or the runner.
    pub(crate) fn stands_alone(&self) -> bool {
        !self.needs_app() || self.apps().next().is_some()
    }

    /// Whether it has an input to which neither an example nor a default gives a value.
    pub(crate) fn lacks_inputs(&self) -> bool {
        let inputs = self.inputs.get("properties").and_then(Value::as_object);
        self.examples.is_empty()
            && inputs.into_iter().flatten().any(|(_, schema)| schema.get("default").is_none())
    }

    /// Whether one of its steps calls the flow of that name.
    pub(crate) fn calls(&self, id: &str) -> bool {
        self.steps.iter().any(|step| matches!(&step.call, Call::Flow(called) if called == id))
    }

    /// Whether a step asks for what only the mock has, such as its clock.
    pub(crate) fn needs_mock(&self) -> bool {
        self.steps.iter().any(|step| match &step.call {
            Call::Operation { source, operation } => {
                source != PERSON && operation.path.starts_with(MOCK_ONLY)
            }
            Call::Flow(_) => false,
        })
    }

    /// Whether it lists apps, and would see those of flows that run at the same time.
    pub(crate) fn lists_apps(&self) -> bool {
        self.steps.iter().any(|step| match &step.call {
            Call::Operation { operation, .. } => operation.id == "listApplications",
            Call::Flow(_) => false,
        })
    }

    /// Whether it hurries everybody who uses the mock at the same time.
    pub(crate) fn moves_the_clock(&self) -> bool {
        self.steps.iter().any(|step| match &step.call {
            Call::Operation { operation, .. } => operation.id == "advanceClock",
            Call::Flow(_) => false,
        })
    }

    /// The apps it is for.
    pub(crate) fn apps(&self) -> impl Iterator<Item = &str> {
        self.examples.iter().filter_map(|example| example.get("app").and_then(Value::as_str))
    }
}
