//! Checks of requests: what a flow sends has to be declared, too. Otherwise a misspelt parameter
//! passes, as orgs ignore it.

use serde_json::Value;

use super::declared::{covers, schema, validate};
use super::document::Document;
use crate::check::{self, Check};
use crate::event::Finding;
use crate::flow::nearest;
use crate::openapi::Operation;
use crate::place::pointer_token;
use crate::transport::{Body, RequestRecord};

/// Checks a request that was answered with this status. A flow may send wrong values to see them
/// refused, so bodies are judged only where the org accepts them; parameters that the operation does
/// not declare are a fault of the flow, unless its step names them as sent on purpose.
pub(super) fn check(
    document: &Document,
    operation: &Operation,
    on_purpose: &[String],
    request: &RequestRecord,
    status: u16,
    findings: &mut Vec<Finding>,
) {
    parameters(document, operation, on_purpose, request, findings);
    if (200..300).contains(&status) {
        body(document, operation, request, findings);
    }
}

fn finding(check: &'static Check, place: &str, wanted: &str, came: &str) -> Finding {
    Finding { check, place: place.to_owned(), wanted: wanted.to_owned(), came: came.to_owned() }
}

fn parameters(
    document: &Document,
    operation: &Operation,
    on_purpose: &[String],
    request: &RequestRecord,
    findings: &mut Vec<Finding>,
) {
    let declared = document.api.parameters(operation);
    let is_meant = |name: &str| on_purpose.iter().any(|meant| meant.eq_ignore_ascii_case(name));
    let mut found = |check: &'static Check, place: String, names: &[&str]| {
        let wanted = match names {
            [] => "no parameter: the operation declares none".to_owned(),
            names => match nearest(place.rsplit(' ').next().unwrap_or_default(), names.iter().copied()) {
                Some(near) => format!("a parameter that is declared, such as {near}"),
                None => format!("one of {}", names.join(", ")),
            },
        };
        if !findings.iter().any(|finding| finding.place == place) {
            findings.push(finding(check, &place, &wanted, "an undeclared parameter"));
        }
    };
    for (name, _) in request.query.iter().filter(|(name, _)| !declared.has_query(name) && !is_meant(name)) {
        found(&check::CONTRACT_REQUEST_QUERY, format!("request query {name}"), &declared.names("query"));
    }
    for (name, _) in request.headers.iter().filter(|(name, _)| !declared.has_header(name) && !is_meant(name))
    {
        found(
            &check::CONTRACT_REQUEST_HEADER,
            format!("request header {}", name.to_ascii_lowercase()),
            &declared.names("header"),
        );
    }
}

fn body(document: &Document, operation: &Operation, request: &RequestRecord, findings: &mut Vec<Finding>) {
    let declared = document.resolved(format!("{}/requestBody", operation.pointer));
    let (declared, body) = match (declared, &request.body) {
        (Some(declared), Some(body)) => (declared, body),
        (None, Some(_)) => {
            findings.push(finding(
                &check::CONTRACT_REQUEST_BODY,
                "request body",
                "none: the operation declares none",
                "a body",
            ));
            return;
        }
        (Some(declared), None) => {
            if document.at(&format!("{declared}/required")) == Some(&Value::Bool(true)) {
                findings.push(finding(&check::CONTRACT_REQUEST_BODY, "request body", "a body", "none"));
            }
            return;
        }
        (None, None) => return,
    };
    let content = document.at(&format!("{declared}/content")).and_then(Value::as_object);
    let media =
        content.into_iter().flatten().map(|(name, _)| name).find(|name| covers(name, "application/json"));
    // The record of a form or a text shows what was sent, not the values that a schema describes.
    let (Some(media), Body::Json(value)) = (media, body) else { return };
    if let Some(schema) = schema(document, &format!("{declared}/content/{}/schema", pointer_token(media))) {
        validate(&check::CONTRACT_REQUEST_BODY, &schema, value, "request body", findings);
    }
}
