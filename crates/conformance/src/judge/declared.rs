//! What the document declares of one response: the headers and bodies that it may have.

use std::sync::Arc;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use super::document::{Document, Schema};
use crate::check::{self, Check};
use crate::event::Finding;
use crate::place::pointer_token;
use crate::transport::{Body, ResponseRecord};

/// More findings of one body say nothing more to a person.
const MOST_FINDINGS: usize = 12;

/// One response of an operation, ready to be asked.
pub(super) struct DeclaredResponse {
    headers: Vec<DeclaredHeader>,
    content: Vec<DeclaredContent>,
}

struct DeclaredHeader {
    name: String,
    required: bool,
    kind: Kind,
    schema: Option<Arc<Schema>>,
}

/// The type that a header's text is read as.
#[derive(Clone, Copy)]
enum Kind {
    Integer,
    Number,
    Boolean,
    Text,
}

struct DeclaredContent {
    media: String,
    schema: Option<Arc<Schema>>,
}

impl DeclaredResponse {
    /// The response object at a place of the document.
    pub(super) fn read(document: &Document, pointer: &str) -> Self {
        let names = |member: &str| {
            let listed = document.at(&format!("{pointer}/{member}")).and_then(Value::as_object);
            listed.into_iter().flatten().map(|(name, _)| name)
        };
        let headers = names("headers")
            // OpenAPI 3.1, Response Object: a Content-Type header here is ignored.
            .filter(|name| !name.eq_ignore_ascii_case("content-type"))
            .filter_map(|name| DeclaredHeader::read(document, pointer, name))
            .collect();
        let content = names("content")
            .map(|media| DeclaredContent {
                media: media.clone(),
                schema: schema(document, &format!("{pointer}/content/{}/schema", pointer_token(media))),
            })
            .collect();
        Self { headers, content }
    }

    /// What an answer has that it may not, or lacks.
    pub(super) fn judge(&self, answer: &ResponseRecord) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.headers.iter().for_each(|header| header.judge(answer, &mut findings));
        self.content(answer, &mut findings);
        findings
    }

    fn content(&self, answer: &ResponseRecord, findings: &mut Vec<Finding>) {
        let mut found = |check: &'static Check, place: &str, wanted: String, came: String| {
            findings.push(Finding { check, place: place.to_owned(), wanted, came });
        };
        let body = match (self.content.is_empty(), &answer.body) {
            (false, Some(body)) => body,
            (false, None) if !is_challenge(answer) => {
                return found(&check::CONTRACT_BODY, "body", "a body".to_owned(), "none".to_owned());
            }
            (true, Some(body)) => {
                return found(&check::CONTRACT_BODY, "body", "none".to_owned(), body.text());
            }
            (_, None) => return,
        };
        let media = answer.media_type().unwrap_or_default();
        let Some(declared) = self.content.iter().find(|declared| covers(&declared.media, &media)) else {
            let names: Vec<&str> = self.content.iter().map(|declared| declared.media.as_str()).collect();
            let came = if media.is_empty() { "absent".to_owned() } else { media };
            return found(&check::CONTRACT_CONTENT_TYPE, "header content-type", names.join(" or "), came);
        };
        if let Some(reason) = &answer.broken_json {
            return found(&check::CONTRACT_JSON, "body", "JSON".to_owned(), format!("not JSON: {reason}"));
        }
        if let Some(schema) = &declared.schema {
            match body {
                Body::Json(value) => validate(&check::CONTRACT_SCHEMA, schema, value, "body", findings),
                Body::Text(text) => {
                    validate(&check::CONTRACT_SCHEMA, schema, &Value::String(text.clone()), "body", findings)
                }
            }
        }
    }
}

impl DeclaredHeader {
    fn read(document: &Document, response: &str, name: &str) -> Option<Self> {
        let header = document.resolved(format!("{response}/headers/{}", pointer_token(name)))?;
        let place = format!("{header}/schema");
        let kind = document.resolved(place.clone()).and_then(|schema| {
            Some(match document.at(&schema)?.get("type")?.as_str()? {
                "integer" => Kind::Integer,
                "number" => Kind::Number,
                "boolean" => Kind::Boolean,
                _ => Kind::Text,
            })
        });
        Some(Self {
            name: name.to_owned(),
            required: document.at(&format!("{header}/required")) == Some(&Value::Bool(true)),
            kind: kind.unwrap_or(Kind::Text),
            schema: schema(document, &place),
        })
    }

    fn judge(&self, answer: &ResponseRecord, findings: &mut Vec<Finding>) {
        let place = || format!("header {}", self.name);
        match (answer.header(&self.name), &self.schema) {
            (Some(text), Some(schema)) => {
                validate(&check::CONTRACT_SCHEMA, schema, &self.kind.read(text), &place(), findings)
            }
            (None, _) if self.required => findings.push(Finding {
                check: &check::CONTRACT_HEADER,
                place: place(),
                wanted: "present".to_owned(),
                came: "absent".to_owned(),
            }),
            _ => {}
        }
    }
}

impl Kind {
    /// A header's text as this type, or as a text where it is not one.
    fn read(self, text: &str) -> Value {
        let parsed = match self {
            Self::Integer => text.parse::<i64>().ok().map(Value::from),
            Self::Number => text.parse::<f64>().ok().map(Value::from),
            Self::Boolean => text.parse::<bool>().ok().map(Value::from),
            Self::Text => None,
        };
        parsed.unwrap_or_else(|| Value::String(text.to_owned()))
    }
}

/// The validator at a place. A schema that cannot be used is a fault of the document, and says
/// nothing of the org.
pub(super) fn schema(document: &Document, pointer: &str) -> Option<Arc<Schema>> {
    document.at(pointer)?;
    document.validator(pointer).ok()
}

pub(super) fn validate(
    check: &'static Check,
    schema: &Schema,
    value: &Value,
    place: &str,
    findings: &mut Vec<Finding>,
) {
    if !schema.extent.is_affordable(value) {
        return findings.push(Finding {
            check: &check::CONTRACT_SCHEMA_EXTENT,
            place: place.to_owned(),
            wanted: "a value that is nested less deep, as its schema refers to itself more than once"
                .to_owned(),
            came: short(value),
        });
    }
    for error in schema.validator.iter_errors(value).take(MOST_FINDINGS) {
        let error = nearest(&error).unwrap_or(&error);
        let path = error.instance_path().as_str().to_owned();
        let came = value.pointer(&path).map(short).unwrap_or_default();
        findings.push(Finding {
            check,
            place: format!("{place}{}{path}", if path.is_empty() { "" } else { "#" }),
            wanted: wanted(error),
            came,
        });
    }
}

/// Of alternatives that all fail, the one that fails deepest inside the value says most.
fn nearest<'e, 'v>(error: &'e ValidationError<'v>) -> Option<&'e ValidationError<'v>> {
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) =
        error.kind()
    else {
        return None;
    };
    let depth = |error: &ValidationError<'_>| error.instance_path().as_str().matches('/').count();
    let own = depth(error);
    let deepest = context.iter().filter_map(|branch| branch.first()).max_by_key(|error| depth(error))?;
    (depth(deepest) > own).then(|| nearest(deepest).unwrap_or(deepest))
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
pub(super) fn covers(range: &str, media: &str) -> bool {
    let range = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match range.strip_suffix("/*") {
        Some("*") => true,
        Some(kind) => media.strip_prefix(kind).is_some_and(|rest| rest.starts_with('/')),
        None => range == media,
    }
}

fn short(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
