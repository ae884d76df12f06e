//! Builds the requests of a flow before there are answers, with the code that sends them. Values from answers
//! are placeholders that name their source.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::interpreter::Frame;
use super::request;
use crate::exchange::RequestRecord;
use crate::expression::{Expression, MessagePart, NamedValue, Template};
use crate::flow::{Call, Flow, Library, PERSON, Step};
use crate::openapi::Operation;
use crate::transport::{PlannedRequest, Transport};

/// Maximum number of values from answers that a step may need.
const MAX_VALUES: usize = 100;

/// A step and its request.
#[derive(Debug)]
pub(crate) struct PreviewedStep<'f> {
    pub(crate) step: &'f Step,
    pub(crate) operation: &'f Operation,
    /// True if a person carries out the step.
    pub(crate) is_of_a_person: bool,
    /// The request for display, or the reason that there is none.
    pub(crate) request: Result<RequestRecord, String>,
}

/// Lists the steps of a flow and of the flows that it calls, in order. Returns its outputs.
pub(crate) fn preview_flow<'f>(
    library: &'f Library,
    transport: &Transport,
    flow: &'f Flow,
    inputs: Map<String, Value>,
    placeholder: &mut Vec<PreviewedStep<'f>>,
) -> Map<String, Value> {
    let mut frame = Frame { inputs, ..Frame::default() };
    let none = Map::new();
    for step in &flow.steps {
        match &step.call {
            Call::Operation { source, operation } => {
                placeholder.push(PreviewedStep {
                    step,
                    operation,
                    is_of_a_person: source == PERSON,
                    request: one(&mut frame, transport, step, operation),
                });
                let outputs = step.outputs.iter();
                let outputs = outputs
                    .map(|(name, value)| (name.clone(), answered(step, operation, name, value).into()));
                frame.steps.insert(step.id.clone(), outputs.collect());
            }
            Call::Flow(id) => {
                let Some(called) = library.flow(id) else { continue };
                let scope = frame.scope(&none, None);
                let given = step.parameters.iter();
                let given = given
                    .filter_map(|(_, name, value)| Some((name.clone(), value.fill(&scope).ok()?)))
                    .collect();
                let mut outputs = preview_flow(library, transport, called, given, placeholder);
                let own = super::interpreter::filled(&step.outputs, &frame.scope(&outputs, None));
                outputs.extend(own);
                frame.steps.insert(step.id.clone(), outputs);
            }
        }
    }
    super::interpreter::filled(&flow.outputs, &frame.scope(&none, None))
}

/// The request of a step, with placeholders for missing values.
fn one(
    frame: &mut Frame,
    transport: &Transport,
    step: &Step,
    operation: &Operation,
) -> Result<RequestRecord, String> {
    let none = Map::new();
    for _ in 0..MAX_VALUES {
        match request::plan(step, operation, &frame.scope(&none, None)) {
            Ok(mut planned) => {
                transport.mark(&mut planned);
                return shown(transport, &planned);
            }
            Err(request::RequestError::Lacking(expression)) => stand_in(frame, &expression)?,
            Err(request::RequestError::Impossible(reason)) => return Err(reason),
        }
    }
    Err(format!("it needs more than {MAX_VALUES} values from answers"))
}

/// A request for display, with readable placeholders.
pub(crate) fn shown(transport: &Transport, planned: &PlannedRequest) -> Result<RequestRecord, String> {
    let mut record = transport.record(planned).map_err(|error| format!("{error:?}"))?;
    record.url = readable(&record.url);
    record.path = readable(&record.path);
    Ok(record)
}

/// Gives an expression without a value a placeholder.
fn stand_in(frame: &mut Frame, lacking: &Expression) -> Result<(), String> {
    let (members, member, placeholder) = match lacking {
        Expression::Steps { step, output } => (
            frame.steps.entry(step.clone()).or_default(),
            output,
            format!("{{{} of the answer to {step}}}", words(output)),
        ),
        Expression::Inputs(member) => (&mut frame.inputs, member, format!("{{input {}}}", words(member))),
        other => return Err(format!("`{other}` has no value in a request")),
    };
    let mut value = members.entry(member.name.clone()).or_insert(Value::Null);
    for token in &member.pointer.0 {
        if !value.is_object() {
            *value = Value::Object(Map::new());
        }
        let Value::Object(inner) = value else { return Err(format!("`{lacking}` has no value")) };
        value = inner.entry(token.clone()).or_insert(Value::Null);
    }
    *value = placeholder.into();
    Ok(())
}

fn words(member: &NamedValue) -> String {
    let names = std::iter::once(member.name.as_str()).chain(member.pointer.0.iter().map(String::as_str));
    names.collect::<Vec<_>>().join(".")
}

/// The placeholder of an output that comes from an answer.
fn answered(step: &Step, operation: &Operation, name: &str, value: &Template) -> String {
    let place = match value {
        Template::Whole(Expression::Response(MessagePart::Body(pointer))) if !pointer.0.is_empty() => {
            pointer.0.join(".")
        }
        Template::Whole(Expression::Response(MessagePart::Header(header))) => format!("header {header}"),
        _ => name.to_owned(),
    };
    match (operation.id.as_str(), place.as_str()) {
        ("createApplication", "id") => CREATED.to_owned(),
        _ => format!("{{{place} of the answer to {}}}", step.id),
    }
}

/// The placeholder of the id of an app that the run creates.
pub(crate) const CREATED: &str = "{id of the created app}";

/// Decodes the placeholders in a URL.
fn readable(url: &str) -> String {
    let mut shown = String::new();
    let mut rest = url;
    while let Some((before, after)) = rest.split_once("%7B") {
        let Some((inside, after)) = after.split_once("%7D") else { break };
        let words = inside.replace('+', " ");
        let words = percent_decode_str(&words).decode_utf8_lossy();
        shown.push_str(&format!("{before}{{{words}}}"));
        rest = after;
    }
    shown + rest
}
