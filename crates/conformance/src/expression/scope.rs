//! Evaluates runtime expressions. An absent value is `None`, never an error.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Expression, MessagePart, NamedValue, Pointer};
use crate::exchange::{Body, RequestRecord, ResponseRecord};

/// The outputs of the steps that have run, by step.
pub(crate) type StepOutputs = HashMap<String, Map<String, Value>>;

/// The request and the answer that an expression refers to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange<'a> {
    pub(crate) request: &'a RequestRecord,
    pub(crate) response: &'a ResponseRecord,
}

/// The values that expressions can refer to at one moment of a flow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) inputs: &'a Map<String, Value>,
    pub(crate) steps: &'a StepOutputs,
    pub(crate) outputs: &'a Map<String, Value>,
    pub(crate) exchange: Option<Exchange<'a>>,
}

impl<'a> Scope<'a> {
    /// The value of `expression`, if there is one.
    pub(crate) fn value(&self, expression: &Expression) -> Option<Cow<'a, Value>> {
        match expression {
            Expression::Url => Some(text(&self.exchange?.request.url)),
            Expression::Method => Some(text(&self.exchange?.request.method)),
            Expression::StatusCode => Some(Cow::Owned(self.exchange?.response.status.into())),
            Expression::Request(source) => of_request(self.exchange?.request, source),
            Expression::Response(source) => of_response(self.exchange?.response, source),
            Expression::Inputs(member) => named(self.inputs, member),
            Expression::Outputs(member) => named(self.outputs, member),
            Expression::Steps { step, output } => named(self.steps.get(step)?, output),
            Expression::SourceDescriptions { .. } | Expression::Components { .. } => None,
        }
    }
}

fn text<'a>(text: &str) -> Cow<'a, Value> {
    Cow::Owned(Value::String(text.to_owned()))
}

fn named<'a>(members: &'a Map<String, Value>, member: &NamedValue) -> Option<Cow<'a, Value>> {
    if let Some(value) = members.get(&member.name) {
        return member.pointer.lead(value).map(Cow::Borrowed);
    }
    // `$inputs.settings.app`: members of an object, dot by dot.
    let (first, rest) = member.name.split_once('.')?;
    let inner = members.get(first)?.as_object()?;
    let rest = NamedValue { name: rest.to_owned(), pointer: member.pointer.clone() };
    named(inner, &rest)
}

fn of_body<'a>(body: &'a Body, pointer: &Pointer) -> Option<Cow<'a, Value>> {
    match body {
        Body::Json(value) => pointer.lead(value).map(Cow::Borrowed),
        Body::Text(whole) => pointer.0.is_empty().then(|| text(whole)),
    }
}

fn of_request<'a>(request: &'a RequestRecord, source: &MessagePart) -> Option<Cow<'a, Value>> {
    match source {
        MessagePart::Header(name) => header(&request.headers, name),
        MessagePart::Query(name) => pair(&request.query, name),
        MessagePart::Path(name) => pair(&request.path_parameters, name),
        MessagePart::Body(pointer) => of_body(request.body.as_ref()?, pointer),
    }
}

fn of_response<'a>(response: &'a ResponseRecord, source: &MessagePart) -> Option<Cow<'a, Value>> {
    match source {
        MessagePart::Header(name) => header(&response.headers, name),
        MessagePart::Query(_) | MessagePart::Path(_) => None,
        MessagePart::Body(pointer) => of_body(response.body.as_ref()?, pointer),
    }
}

fn pair<'a>(pairs: &[(String, String)], name: &str) -> Option<Cow<'a, Value>> {
    let found = pairs.iter().find(|(key, _)| key == name)?;
    Some(text(&found.1))
}

/// Repeated headers are one value (RFC 9110, section 5.3).
fn header<'a>(headers: &[(String, String)], name: &str) -> Option<Cow<'a, Value>> {
    let lines: Vec<&str> = headers
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .collect();
    (!lines.is_empty()).then(|| text(&lines.join(", ")))
}
