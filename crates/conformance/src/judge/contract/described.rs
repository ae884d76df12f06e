//! The values of an exchange that have schemas: headers and bodies.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::declared::{DeclaredContent, covers};
use super::exchange::Exchange;
use super::schema::Schema;
use crate::exchange::Body;
use crate::judgement::Findings;
use crate::value_path::pointer_token;

/// A value with a schema.
pub(super) struct DescribedValue<'a> {
    pub(super) place: String,
    pub(super) schema: Arc<Schema>,
    pub(super) value: Cow<'a, Value>,
}

impl DescribedValue<'_> {
    /// Adds findings for a value that does not match its schema.
    pub(super) fn check(&self, findings: &mut Findings<'_>) {
        self.schema.check(&self.value, &self.place, findings);
    }
}

/// The headers and the body of an answer that have schemas.
pub(super) fn of_answer<'a>(exchange: &Exchange<'a>) -> Vec<DescribedValue<'a>> {
    let Some(declared) = exchange.declared else { return Vec::new() };
    let mut described: Vec<DescribedValue<'a>> = declared
        .described_headers(exchange.answer)
        .map(|(name, schema, value)| DescribedValue {
            place: format!("header {name}"),
            schema: schema.clone(),
            value: Cow::Owned(value),
        })
        .collect();
    let body = exchange.answer.body.as_ref().filter(|_| exchange.answer.broken_json.is_none());
    if let (Some(body), Some(schema)) = (body, content(exchange).and_then(|content| content.schema.clone())) {
        let value = match body {
            Body::Json(value) => Cow::Borrowed(value),
            Body::Text(text) => Cow::Owned(Value::String(text.clone())),
        };
        described.push(DescribedValue { place: "body".to_owned(), schema, value });
    }
    described
}

/// The declared content of the answer's body.
pub(super) fn content<'a>(exchange: &Exchange<'a>) -> Option<&'a DeclaredContent> {
    exchange.declared?.content_of(exchange.answer)
}

/// The place of the request body's declaration in the document.
pub(super) fn declared_body(exchange: &Exchange<'_>) -> Option<String> {
    exchange.document.resolved(format!("{}/requestBody", exchange.operation.pointer))
}

/// The body of an accepted request, with its schema. The record of a form or text shows the sent text, not
/// the values of a schema.
pub(super) fn of_request<'a>(exchange: &Exchange<'a>) -> Option<DescribedValue<'a>> {
    let Some(Body::Json(value)) = &exchange.request.body else { return None };
    let content = format!("{}/content", declared_body(exchange)?);
    let declared = exchange.document.at(&content)?.as_object()?;
    let media = declared.keys().find(|name| covers(name, "application/json"))?;
    let schema = exchange.document.schema(&format!("{content}/{}/schema", pointer_token(media)))?;
    let is_accepted = (200..300).contains(&exchange.answer.status);
    is_accepted.then(|| DescribedValue {
        place: "request body".to_owned(),
        schema,
        value: Cow::Borrowed(value),
    })
}
