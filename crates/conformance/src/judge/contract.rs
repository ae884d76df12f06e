//! The second layer: the OpenAPI document. Is the status declared, do the
//! headers and the body fit, is the content type one of those named?

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, Registry, ValidationError, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::tolerance::Tolerances;
use super::{consistency, links};
use crate::coverage::Declared;
use crate::event::{Finding, Judgement};
use crate::flow::text::pointer_token;
use crate::openapi::{OpenApi, Operation};
use crate::transport::{Body, RequestRecord, ResponseRecord};

/// The name under which the document stands in the registry of schemas.
const DOCUMENT: &str = "urn:okta-conformance:contract";
/// More findings of one body say nothing more to a person.
const MOST_FINDINGS: usize = 12;
/// References that lead to references: bounded.
const MOST_HOPS: usize = 8;

/// The contract with its validators, compiled when first needed.
pub(crate) struct Contract {
    api: OpenApi,
    tolerances: Tolerances,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Result<Arc<Validator>, String>>>,
}

impl std::fmt::Debug for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contract").finish_non_exhaustive()
    }
}

impl Contract {
    pub(crate) fn new(api: OpenApi, tolerances: Tolerances) -> Result<Self, String> {
        let document = (*api.value).clone();
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(DOCUMENT, document)
            .and_then(|builder| builder.prepare())
            .map_err(|error| format!("its schemas cannot be read: {error}"))?;
        let validators = Mutex::new(HashMap::new());
        Ok(Self { api, tolerances, registry, validators })
    }

    /// That every schema of the document's answers can be used: one that cannot would judge nothing.
    ///
    /// # Errors
    /// The first that cannot, and why.
    pub(crate) fn check_schemas(&self) -> Result<(), String> {
        for operation in self.api.operations_in_order() {
            let responses = format!("{}/responses", operation.pointer);
            let statuses = self.at(&responses).and_then(Value::as_object).into_iter().flatten();
            for (status, _) in statuses {
                let place = format!("{responses}/{}", pointer_token(status));
                let response = self
                    .resolved(place.clone())
                    .ok_or_else(|| format!("{place} refers to something that is not there"))?;
                let media = self.at(&format!("{response}/content")).and_then(Value::as_object);
                for (name, _) in media.into_iter().flatten() {
                    let schema = format!("{response}/content/{}/schema", pointer_token(name));
                    if self.at(&schema).is_some() {
                        self.validator(&schema).map_err(|reason| format!("{schema}: {reason}"))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Title and version of the document.
    pub(crate) fn title(&self) -> String {
        let text = |pointer: &str| self.at(pointer).and_then(Value::as_str).unwrap_or("?");
        format!("{} {}", text("/info/title"), text("/info/version"))
    }

    /// The operations of the document, with the statuses that they declare.
    pub(crate) fn declared_operations(&self) -> Vec<Declared> {
        let operations = self.api.operations_in_order().map(|operation| {
            let listed = self.at(&format!("{}/responses", operation.pointer)).and_then(Value::as_object);
            let statuses = listed.into_iter().flatten().map(|(name, _)| name.clone()).collect();
            (operation.id.clone(), format!("{} {}", operation.method, operation.path), statuses)
        });
        operations.collect()
    }

    /// Whether the document has the operation.
    pub(crate) fn has(&self, operation: &str) -> bool {
        self.api.operation(operation).is_some()
    }

    /// Judges one answer to an operation.
    pub(crate) fn judge(
        &self,
        operation: &Operation,
        request: &RequestRecord,
        response: &ResponseRecord,
    ) -> Judgement {
        let Some(known) = self.api.operation(&operation.id) else {
            return Judgement::unjudged(format!("the contract has no operation `{}`", operation.id));
        };
        let Some(pointer) = self.declared(&known.pointer, response.status) else {
            if let Some(why) = self.tolerances.undeclared_status(&operation.id, response.status) {
                return Judgement { reason: Some(why), ..Judgement::of(Vec::new()) };
            }
            return Judgement::of(vec![Finding {
                place: "status".to_owned(),
                wanted: format!("one of {}", self.statuses(&known.pointer)),
                came: response.status.to_string(),
            }]);
        };
        let mut findings = Vec::new();
        self.headers(&pointer, response, &mut findings);
        self.content(&pointer, response, &mut findings);
        if let (200..=299, Some(Body::Json(body))) = (response.status, &response.body) {
            links::check(body, self.api.paths(), &request.path_parameters, &mut findings);
            links::walk(body, String::new(), &mut |object, place| {
                consistency::object(object, place, response, &mut findings);
            });
            consistency::items(body, &mut findings);
        }
        consistency::headers(response, &mut findings);
        findings.retain(|finding| !self.tolerances.tolerates(&operation.id, &finding.place));
        Judgement::of(findings)
    }

    fn at(&self, pointer: &str) -> Option<&Value> {
        self.api.value.pointer(pointer)
    }

    /// The pointer with references (`$ref` into the document) followed.
    fn resolved(&self, pointer: String) -> Option<String> {
        let mut pointer = pointer;
        for _ in 0..MOST_HOPS {
            match self.at(&pointer)?.get("$ref").and_then(Value::as_str) {
                None => return Some(pointer),
                Some(reference) => pointer = reference.strip_prefix('#')?.to_owned(),
            }
        }
        None
    }

    /// The response object for a status: exact, by class (`4XX`), or default.
    fn declared(&self, operation: &str, status: u16) -> Option<String> {
        let class = format!("{}XX", status / 100);
        [status.to_string(), class, "default".to_owned()]
            .into_iter()
            .map(|key| format!("{operation}/responses/{key}"))
            .find_map(|pointer| self.resolved(pointer))
    }

    fn statuses(&self, operation: &str) -> String {
        let listed = self.at(&format!("{operation}/responses")).and_then(Value::as_object);
        let names: Vec<&str> = listed.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    }

    fn headers(&self, response: &str, record: &ResponseRecord, findings: &mut Vec<Finding>) {
        let declared = self.at(&format!("{response}/headers")).and_then(Value::as_object);
        for (name, _) in declared.into_iter().flatten() {
            // OpenAPI 3.1, Response Object: a Content-Type header here is ignored.
            if name.eq_ignore_ascii_case("content-type") {
                continue;
            }
            let place = format!("{response}/headers/{}", pointer_token(name));
            let Some(header) = self.resolved(place) else { continue };
            let required = self.at(&format!("{header}/required")) == Some(&Value::Bool(true));
            let Some(value) = record.header(name) else {
                if required {
                    findings.push(Finding {
                        place: format!("header {name}"),
                        wanted: "present".to_owned(),
                        came: "absent".to_owned(),
                    });
                }
                continue;
            };
            let schema = format!("{header}/schema");
            if self.at(&schema).is_some() {
                let value = self.typed(&schema, value);
                self.schema(&schema, &value, &format!("header {name}"), findings);
            }
        }
    }

    /// A header's text as the type that its schema asks for.
    fn typed(&self, schema: &str, text: &str) -> Value {
        let resolved = self.resolved(schema.to_owned()).unwrap_or_default();
        let kind = self.at(&resolved).and_then(|schema| schema.get("type")).and_then(Value::as_str);
        let parsed = match kind {
            Some("integer") => text.parse::<i64>().ok().map(Value::from),
            Some("number") => text.parse::<f64>().ok().map(Value::from),
            Some("boolean") => text.parse::<bool>().ok().map(Value::from),
            _ => None,
        };
        parsed.unwrap_or_else(|| Value::String(text.to_owned()))
    }

    fn content(&self, response: &str, record: &ResponseRecord, findings: &mut Vec<Finding>) {
        let declared = self.at(&format!("{response}/content")).and_then(Value::as_object);
        let declared = declared.filter(|declared| !declared.is_empty());
        let (Some(declared), Some(body)) = (declared, &record.body) else {
            match (declared, &record.body) {
                (Some(_), None) if !is_challenge(record) => findings.push(Finding {
                    place: "body".to_owned(),
                    wanted: "a body".to_owned(),
                    came: "none".to_owned(),
                }),
                (None, Some(body)) => findings.push(Finding {
                    place: "body".to_owned(),
                    wanted: "none".to_owned(),
                    came: body.text(),
                }),
                _ => {}
            }
            return;
        };
        let media = record.media_type().unwrap_or_default();
        let Some((name, _)) = declared.iter().find(|(name, _)| covers(name, &media)) else {
            let names: Vec<&str> = declared.keys().map(String::as_str).collect();
            findings.push(Finding {
                place: "header content-type".to_owned(),
                wanted: names.join(" or "),
                came: if media.is_empty() { "absent".to_owned() } else { media },
            });
            return;
        };
        if let Some(reason) = &record.broken_json {
            findings.push(Finding {
                place: "body".to_owned(),
                wanted: "JSON".to_owned(),
                came: format!("not JSON: {reason}"),
            });
            return;
        }
        let schema = format!("{response}/content/{}/schema", pointer_token(name));
        if self.at(&schema).is_some() {
            let value = match body {
                Body::Json(value) => value.clone(),
                Body::Text(text) => Value::String(text.clone()),
            };
            self.schema(&schema, &value, "body", findings);
        }
    }

    fn schema(&self, pointer: &str, value: &Value, place: &str, findings: &mut Vec<Finding>) {
        let validator = match self.validator(pointer) {
            Ok(validator) => validator,
            // That is a fault of the document, and says nothing of the org.
            Err(_) => return,
        };
        for error in validator.iter_errors(value).take(MOST_FINDINGS) {
            let path = error.instance_path().as_str().to_owned();
            let came = value.pointer(&path).map(short).unwrap_or_default();
            findings.push(Finding {
                place: format!("{place}{}{path}", if path.is_empty() { "" } else { "#" }),
                wanted: wanted(&error),
                came,
            });
        }
    }

    fn validator(&self, pointer: &str) -> Result<Arc<Validator>, String> {
        // A panic elsewhere leaves the map whole: entries are only added.
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        // One schema serves many answers: compiling it is what takes time.
        let pointer = &self.resolved(pointer.to_owned()).unwrap_or_else(|| pointer.to_owned());
        if let Some(known) = validators.get(pointer) {
            return known.clone();
        }
        let reference = format!("{DOCUMENT}#{}", fragment(pointer));
        let built = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .build(&json!({ "$ref": reference }))
            .map(Arc::new)
            .map_err(|error| error.to_string());
        validators.insert(pointer.to_owned(), built.clone());
        built
    }
}

/// What a keyword asks for, in words that stand beside "wanted".
fn wanted(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Enum { options } => format!("one of {options}"),
        ValidationErrorKind::Constant { expected_value } => expected_value.to_string(),
        ValidationErrorKind::Required { property } => format!("a member {property}"),
        ValidationErrorKind::Pattern { pattern } => format!("matches {pattern}"),
        ValidationErrorKind::Format { format } => format!("of the form `{format}`"),
        ValidationErrorKind::Type { kind: TypeKind::Single(kind) } => format!("of type {kind}"),
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            format!("no member {}", unexpected.join(", "))
        }
        _ => format!("to be valid: {}", error.masked_with("the value")),
    }
}

/// A bearer challenge comes without a body (RFC 6750, section 3), whatever
/// content the document names for the same status.
fn is_challenge(record: &ResponseRecord) -> bool {
    matches!(record.status, 401 | 403) && record.header("www-authenticate").is_some()
}

/// Whether a media type range of the document covers a media type.
fn covers(range: &str, media: &str) -> bool {
    let range = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match range.strip_suffix("/*") {
        Some("*") => true,
        Some(kind) => media.strip_prefix(kind).is_some_and(|rest| rest.starts_with('/')),
        None => range == media,
    }
}

/// A JSON pointer as a URI fragment (RFC 6901, section 6).
fn fragment(pointer: &str) -> String {
    const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'~').remove(b'-').remove(b'.').remove(b'_');
    utf8_percent_encode(pointer, &KEPT).to_string()
}

fn short(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
#[path = "contract_tests.rs"]
mod tests;
