//! Builds a flow from the typed document (`roas-arazzo`): resolves operations, called flows and components,
//! and parses every expression.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use roas_arazzo::v1_1::{
    self, FailureActionType, ParameterLocation, ReusableOr, SuccessActionType, ValueOrSelector,
};
use serde_json::{Map, Value};

use super::model::{Action, ActionKind, Call, Flow, ParameterTarget, Step, StepBody};
use super::parameters::UNDECLARED;
use super::source::{SourceDescription, SourceFile};
use super::text::ParsedDocument;
use crate::bundle;
use crate::criterion::Criterion;
use crate::error::RunError;
use crate::expression::{Expression, Pointer, Template, parse};
use crate::openapi::Operation;

/// The number of retries without `retryLimit`, by the standard.
const DEFAULT_RETRIES: u64 = 1;
/// The maximum pause between retries, in seconds.
const MAX_RETRY_SECONDS: f64 = 60.0;
const MAX_RETRIES: u64 = 100;

type Built<T> = Result<T, RunError>;

/// Builds one workflow of a file.
pub(super) fn flow(file: &SourceFile, index: usize, workflow: &v1_1::Workflow) -> Built<Flow> {
    let at = format!("/workflows/{index}");
    let inputs = inputs(file, &at, workflow.inputs.as_ref())?;
    let steps = workflow
        .steps
        .iter()
        .enumerate()
        .map(|(number, source)| step(file, &format!("{at}/steps/{number}"), workflow, source))
        .collect::<Built<Vec<_>>>()?;
    Ok(Flow {
        id: workflow.workflow_id.clone(),
        summary: workflow.summary.clone().unwrap_or_default(),
        section: file.description.info.title.clone(),
        file: file.text.name.clone(),
        examples: examples(file, &at, &inputs, workflow.extensions.as_ref())?,
        secrets: secrets(&inputs),
        inputs,
        steps,
        outputs: outputs(file, &at, &workflow.outputs)?,
        tags: texts(workflow.extensions.as_ref(), "x-tags"),
        fresh_app: text(workflow.extensions.as_ref(), "x-fresh-app"),
    })
}

fn inputs(file: &SourceFile, at: &str, inputs: Option<&Value>) -> Built<Value> {
    let Some(inputs) = inputs else {
        return Ok(Value::Object(Map::new()));
    };
    let Some(reference) = inputs.get("$ref").and_then(Value::as_str) else {
        return Ok(inputs.clone());
    };
    let at = format!("{at}/inputs");
    let (name, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    if name.is_empty() {
        let own = file.document.value.pointer(pointer).cloned();
        return own.ok_or_else(|| file.problem(&at, format!("`{reference}` is not in this file")));
    }
    let other = bundle::follow(&file.text, name).map_err(|error| file.problem(&at, error.to_string()))?;
    let document = ParsedDocument::parse(&other.text)
        .map_err(|problem| RunError::file(&other.name, problem.line, problem.reason.clone()))?;
    let found = document.value.pointer(pointer).cloned();
    found.ok_or_else(|| file.problem(&at, format!("`{pointer}` is not in {}", other.name)))
}

/// The workflow extension that selects some of the examples.
const ONLY_FOR: &str = "x-only-for";

/// The examples of the inputs; with `x-only-for`, only those with its values.
fn examples(
    file: &SourceFile,
    at: &str,
    inputs: &Value,
    extensions: Option<&BTreeMap<String, Value>>,
) -> Built<Vec<Map<String, Value>>> {
    let listed = match inputs.get("examples") {
        None => return Ok(Vec::new()),
        Some(Value::Array(listed)) => listed,
        Some(_) => return Err(file.problem(&format!("{at}/inputs/examples"), "`examples` must be a list")),
    };
    let examples = listed.iter().map(|example| {
        example
            .as_object()
            .cloned()
            .ok_or_else(|| file.problem(&format!("{at}/inputs/examples"), "each example must be an object"))
    });
    let mut examples = examples.collect::<Built<Vec<_>>>()?;
    let Some(expected) = extensions.and_then(|all| all.get(ONLY_FOR)) else { return Ok(examples) };
    let Some(expected) = expected.as_object() else {
        let reason = format!("`{ONLY_FOR}` must be an object of inputs and their values");
        return Err(file.problem(&format!("{at}/{ONLY_FOR}"), reason));
    };
    examples.retain(|example| has(example, expected));
    // Without this error, a flow without examples would be skipped unnoticed.
    match examples.is_empty() {
        true => {
            Err(file
                .problem(&format!("{at}/{ONLY_FOR}"), format!("no example has the values in `{ONLY_FOR}`")))
        }
        false => Ok(examples),
    }
}

/// True if an object has these members, nested objects included.
fn has(object: &Map<String, Value>, expected: &Map<String, Value>) -> bool {
    expected.iter().all(|(name, expected)| match (object.get(name), expected) {
        (Some(Value::Object(inner)), Value::Object(expected)) => has(inner, expected),
        (value, expected) => value == Some(expected),
    })
}

/// Inputs whose schema has `format: password`, also inside objects.
fn secrets(schema: &Value) -> Vec<(String, Pointer)> {
    fn walk(schema: &Value, path: &[String], found: &mut Vec<(String, Pointer)>) {
        for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let mut path = path.to_vec();
            path.push(name.clone());
            if inner.get("format").and_then(Value::as_str) == Some("password") {
                found.push((name.clone(), Pointer(path.clone())));
            }
            walk(inner, &path, found);
        }
    }
    let mut found = Vec::new();
    walk(schema, &[], &mut found);
    found
}

fn step(file: &SourceFile, at: &str, workflow: &v1_1::Workflow, source: &v1_1::Step) -> Built<Step> {
    let call = on_purpose(file, at, source, call(file, at, source)?)?;
    let to_flow = matches!(call, Call::Flow(_));
    let mut parameters = Vec::new();
    // A parameter of the workflow applies to every step that does not set it.
    let general = workflow.parameters.iter().map(|each| (each, "/parameters"));
    for (index, (each, list)) in source.parameters.iter().map(|each| (each, "")).chain(general).enumerate() {
        let place = if list.is_empty() { format!("{at}/parameters/{index}") } else { at.to_owned() };
        let parameter = parameter(file, &place, each, to_flow)?;
        let known = parameters.iter().any(|(place, name, _): &(ParameterTarget, String, Template)| {
            *place == parameter.0 && *name == parameter.1
        });
        if !known && (list.is_empty() || has_room(&call, &parameter)) {
            parameters.push(parameter);
        }
    }
    let on_success = source.on_success.iter().chain(&workflow.success_actions);
    let on_failure = source.on_failure.iter().chain(&workflow.failure_actions);
    Ok(Step {
        id: source.step_id.clone(),
        description: source.description.clone().unwrap_or_default(),
        guide: text(source.extensions.as_ref(), "x-guide"),
        no_snapshot: text(source.extensions.as_ref(), "x-snapshot")
            .or_else(|| text(workflow.extensions.as_ref(), "x-snapshot")),
        parameters,
        body: source
            .request_body
            .as_ref()
            .map(|source| body(file, &format!("{at}/requestBody"), source))
            .transpose()?,
        criteria: criteria(file, &format!("{at}/successCriteria"), &source.success_criteria)?,
        outputs: outputs(file, at, &source.outputs)?,
        on_success: on_success.map(|each| success(file, at, each)).collect::<Built<_>>()?,
        on_failure: on_failure.map(|each| failure(file, at, each)).collect::<Built<_>>()?,
        call,
    })
}

/// True if a step accepts a parameter of its workflow. A path parameter must be in the path of the operation;
/// the workflow may also call operations with other paths.
fn has_room(call: &Call, (place, name, _): &(ParameterTarget, String, Template)) -> bool {
    match call {
        Call::Operation { operation, .. } if *place == ParameterTarget::Path => {
            operation.path_parameters().any(|known| known == name)
        }
        _ => true,
    }
}

fn call(file: &SourceFile, at: &str, step: &v1_1::Step) -> Built<Call> {
    if let Some(id) = &step.workflow_id {
        let place = format!("{at}/workflowId");
        return match parse(id) {
            Ok(Expression::SourceDescriptions { name, reference }) => {
                match file.source(&name) {
                    Some(SourceDescription::Arazzo) => Ok(Call::Flow(reference)),
                    _ => Err(file
                        .problem(&place, format!("`{name}` is not a source description of type `arazzo`"))),
                }
            }
            _ => Ok(Call::Flow(id.clone())),
        };
    }
    let id = step.operation_id.as_deref().unwrap_or_default();
    let place = format!("{at}/operationId");
    match parse(id) {
        Ok(Expression::SourceDescriptions { name, reference }) => operation(file, &place, &name, &reference),
        Ok(_) => Err(file.problem(&place, format!("`{id}` does not name an operation"))),
        Err(_) => {
            let mut only =
                file.sources.iter().filter(|(_, source)| matches!(source, SourceDescription::OpenApi(_)));
            match (only.next(), only.next()) {
                (Some((name, _)), None) => operation(file, &place, name, id),
                _ => Err(file.problem(
                    &place,
                    format!("name its source description, as in `$sourceDescriptions.okta.{id}`"),
                )),
            }
        }
    }
}

/// The call of a step, with the undeclared parameters that it sends on purpose.
fn on_purpose(file: &SourceFile, at: &str, step: &v1_1::Step, call: Call) -> Built<Call> {
    let place = format!("{at}/{UNDECLARED}");
    let Some(listed) = step.extensions.as_ref().and_then(|all| all.get(UNDECLARED)) else { return Ok(call) };
    let names = listed.as_array().into_iter().flatten();
    let names: Vec<String> = names.filter_map(|name| name.as_str().map(ToOwned::to_owned)).collect();
    if names.is_empty() || listed.as_array().map(Vec::len) != Some(names.len()) {
        let reason = format!("`{UNDECLARED}` must be a list of names of query parameters or headers");
        return Err(file.problem(&place, reason));
    }
    match call {
        Call::Operation { source, operation } => {
            let operation = Operation { undeclared: names, ..(*operation).clone() };
            Ok(Call::Operation { source, operation: Arc::new(operation) })
        }
        Call::Flow(_) => Err(file.problem(
            &place,
            format!(
                "`{UNDECLARED}` is only allowed in a step that calls an operation; this step calls a flow"
            ),
        )),
    }
}

fn operation(file: &SourceFile, at: &str, source: &str, id: &str) -> Built<Call> {
    let Some(SourceDescription::OpenApi(api)) = file.source(source) else {
        return Err(file.problem(at, format!("`{source}` is not a source description of type `openapi`")));
    };
    match api.operation(id) {
        Some(operation) => Ok(Call::Operation { source: source.to_owned(), operation: operation.clone() }),
        None => {
            let near = crate::nearest::nearest(id, api.operation_ids());
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            Err(file.problem(at, format!("`{source}` has no operation `{id}`{hint}")))
        }
    }
}

fn parameter(
    file: &SourceFile,
    at: &str,
    source: &ReusableOr<v1_1::Parameter>,
    to_flow: bool,
) -> Built<(ParameterTarget, String, Template)> {
    let components = file.description.components.as_ref();
    let (parameter, value) = match source {
        ReusableOr::Item(parameter) => (parameter, literal(file, at, &parameter.value)?),
        ReusableOr::Reusable(reusable) => {
            let found = component(&reusable.reference, "parameters")
                .and_then(|name| components?.parameters.get(name))
                .ok_or_else(|| unknown(file, at, &reusable.reference))?;
            match &reusable.value {
                Some(value) => (found, value),
                None => (found, literal(file, at, &found.value)?),
            }
        }
    };
    let place = match parameter.in_ {
        _ if to_flow => ParameterTarget::Input,
        Some(ParameterLocation::Path) => ParameterTarget::Path,
        Some(ParameterLocation::Query) => ParameterTarget::Query,
        Some(ParameterLocation::Header) => ParameterTarget::Header,
        Some(other) => {
            let reason = format!("parameters in `{other:?}` are not supported").to_lowercase();
            return Err(file.problem(at, reason));
        }
        None => return Err(file.problem(at, "a parameter needs `in`: path, query or header")),
    };
    Ok((place, parameter.name.clone(), template(file, at, value)?))
}

fn body(file: &SourceFile, at: &str, source: &v1_1::RequestBody) -> Built<StepBody> {
    let payload = source
        .payload
        .as_ref()
        .map(|payload| template(file, &format!("{at}/payload"), payload))
        .transpose()?;
    let mut replacements = Vec::new();
    for (index, each) in source.replacements.iter().enumerate() {
        let place = format!("{at}/replacements/{index}");
        let target = parse(&format!("$response.body#{}", each.target.trim_start_matches('#')));
        let Ok(Expression::Response(crate::expression::MessagePart::Body(pointer))) = target else {
            return Err(file.problem(&place, format!("`{}` is not a JSON pointer", each.target)));
        };
        let value = literal(file, &place, &each.value)?;
        replacements.push((pointer, template(file, &place, value)?));
    }
    Ok(StepBody {
        content_type: source.content_type.clone().unwrap_or_else(|| "application/json".to_owned()),
        payload,
        replacements,
    })
}

fn criteria(file: &SourceFile, at: &str, all: &[v1_1::Criterion]) -> Built<Vec<Criterion>> {
    all.iter()
        .enumerate()
        .map(|(index, source)| {
            Criterion::compile(source)
                .map_err(|reason| file.problem(&format!("{at}/{index}/condition"), reason))
        })
        .collect()
}

fn outputs(
    file: &SourceFile,
    at: &str,
    all: &BTreeMap<String, ValueOrSelector>,
) -> Built<Vec<(String, Template)>> {
    all.iter()
        .map(|(name, value)| {
            let place = format!("{at}/outputs/{name}");
            let value = literal(file, &place, value)?;
            Ok((name.clone(), template(file, &place, value)?))
        })
        .collect()
}

fn success(file: &SourceFile, at: &str, source: &ReusableOr<v1_1::SuccessAction>) -> Built<Action> {
    let components = file.description.components.as_ref();
    let action = match source {
        ReusableOr::Item(action) => action,
        ReusableOr::Reusable(reusable) => component(&reusable.reference, "successActions")
            .and_then(|name| components?.success_actions.get(name))
            .ok_or_else(|| unknown(file, at, &reusable.reference))?,
    };
    match action.type_ {
        SuccessActionType::End => {
            Ok(Action { kind: ActionKind::End, criteria: criteria(file, at, &action.criteria)? })
        }
        SuccessActionType::Goto => Err(goto(file, at)),
    }
}

fn failure(file: &SourceFile, at: &str, source: &ReusableOr<v1_1::FailureAction>) -> Built<Action> {
    let components = file.description.components.as_ref();
    let action = match source {
        ReusableOr::Item(action) => action,
        ReusableOr::Reusable(reusable) => component(&reusable.reference, "failureActions")
            .and_then(|name| components?.failure_actions.get(name))
            .ok_or_else(|| unknown(file, at, &reusable.reference))?,
    };
    let kind = match action.type_ {
        FailureActionType::End => ActionKind::End,
        FailureActionType::Retry => {
            let after = action.retry_after.unwrap_or(0.0);
            let limit = action.retry_limit.unwrap_or(DEFAULT_RETRIES);
            if !(0.0..=MAX_RETRY_SECONDS).contains(&after) || limit > MAX_RETRIES {
                let reason =
                    format!("at most {MAX_RETRIES} retries, at most {MAX_RETRY_SECONDS} seconds apart");
                return Err(file.problem(at, reason));
            }
            ActionKind::Retry { after: Duration::from_secs_f64(after), limit }
        }
        FailureActionType::Goto => return Err(goto(file, at)),
    };
    Ok(Action { kind, criteria: criteria(file, at, &action.criteria)? })
}

fn goto(file: &SourceFile, at: &str) -> RunError {
    file.problem(at, "`goto` is not supported: steps run in order")
}

fn component<'a>(reference: &'a str, kind: &str) -> Option<&'a str> {
    reference.strip_prefix("$components.")?.strip_prefix(kind)?.strip_prefix('.')
}

fn unknown(file: &SourceFile, at: &str, reference: &str) -> RunError {
    file.problem(at, format!("`{reference}` is not in this file"))
}

fn literal<'a>(file: &SourceFile, at: &str, value: &'a ValueOrSelector) -> Built<&'a Value> {
    match value {
        ValueOrSelector::Literal(value) => Ok(value),
        ValueOrSelector::Selector(_) => {
            Err(file.problem(at, "selectors are not supported; use a JSON pointer in the expression"))
        }
    }
}

fn template(file: &SourceFile, at: &str, value: &Value) -> Built<Template> {
    Template::parse(value).map_err(|error| file.problem(at, error.0))
}

fn text(extensions: Option<&BTreeMap<String, Value>>, name: &str) -> Option<String> {
    extensions?.get(name)?.as_str().map(ToOwned::to_owned)
}

fn texts(extensions: Option<&BTreeMap<String, Value>>, name: &str) -> Vec<String> {
    let listed = extensions.and_then(|all| all.get(name)).and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(|each| each.as_str().map(ToOwned::to_owned)).collect()
}
