//! Gives runtime expressions their values. An absent value is `None`, never an error.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Expression, Member, Pointer, Source};
use crate::transport::{Body, RequestRecord, ResponseRecord};

/// The outputs of the steps that have run, by step.
pub(crate) type StepOutputs = HashMap<String, Map<String, Value>>;

/// The request and the answer that an expression speaks of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange<'a> {
    pub(crate) request: &'a RequestRecord,
    pub(crate) response: &'a ResponseRecord,
}

/// All that expressions can name at one moment of a flow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) inputs: &'a Map<String, Value>,
    pub(crate) steps: &'a StepOutputs,
    pub(crate) outputs: &'a Map<String, Value>,
    pub(crate) exchange: Option<Exchange<'a>>,
}

impl Scope<'_> {
    /// The value of `expression`, if there is one.
    pub(crate) fn value(&self, expression: &Expression) -> Option<Value> {
        match expression {
            Expression::Url => Some(self.exchange?.request.url.clone().into()),
            Expression::Method => Some(self.exchange?.request.method.clone().into()),
            Expression::StatusCode => Some(self.exchange?.response.status.into()),
            Expression::Request(source) => of_request(self.exchange?.request, source),
            Expression::Response(source) => of_response(self.exchange?.response, source),
            Expression::Inputs(member) => named(self.inputs, member),
            Expression::Outputs(member) => named(self.outputs, member),
            Expression::Steps { step, output } => named(self.steps.get(step)?, output),
            Expression::SourceDescriptions { .. } | Expression::Components { .. } => None,
        }
    }
}

fn named(members: &Map<String, Value>, member: &Member) -> Option<Value> {
    if let Some(value) = members.get(&member.name) {
        return pointed(value, &member.pointer);
    }
    // `$inputs.settings.app`: members of an object, dot by dot.
    let (first, rest) = member.name.split_once('.')?;
    let inner = members.get(first)?.as_object()?;
    let rest = Member { name: rest.to_owned(), pointer: member.pointer.clone() };
    named(inner, &rest)
}

fn pointed(value: &Value, pointer: &Pointer) -> Option<Value> {
    value.pointer(&pointer.text()).cloned()
}

fn of_body(body: &Body, pointer: &Pointer) -> Option<Value> {
    match body {
        Body::Json(value) => pointed(value, pointer),
        Body::Text(text) => pointer.0.is_empty().then(|| Value::String(text.clone())),
    }
}

fn of_request(request: &RequestRecord, source: &Source) -> Option<Value> {
    match source {
        Source::Header(name) => header(&request.headers, name),
        Source::Query(name) => pair(&request.query, name),
        Source::Path(name) => pair(&request.path_parameters, name),
        Source::Body(pointer) => of_body(request.body.as_ref()?, pointer),
    }
}

fn of_response(response: &ResponseRecord, source: &Source) -> Option<Value> {
    match source {
        Source::Header(name) => header(&response.headers, name),
        Source::Query(_) | Source::Path(_) => None,
        Source::Body(pointer) => of_body(response.body.as_ref()?, pointer),
    }
}

fn pair(pairs: &[(String, String)], name: &str) -> Option<Value> {
    let found = pairs.iter().find(|(key, _)| key == name)?;
    Some(Value::String(found.1.clone()))
}

/// Lines of one name are one value (RFC 9110, section 5.3).
fn header(headers: &[(String, String)], name: &str) -> Option<Value> {
    let lines: Vec<&str> = headers
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .collect();
    (!lines.is_empty()).then(|| Value::String(lines.join(", ")))
}
