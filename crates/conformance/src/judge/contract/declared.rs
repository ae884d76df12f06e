//! The declared headers and bodies of a response.

use std::sync::Arc;

use serde_json::Value;

use super::document::ContractDocument;
use super::schema::Schema;
use crate::exchange::ResponseRecord;
use crate::value_path::pointer_token;

/// One declared response of an operation.
pub(super) struct DeclaredResponse {
    headers: Vec<DeclaredHeader>,
    content: Vec<DeclaredContent>,
}

struct DeclaredHeader {
    name: String,
    required: bool,
    kind: HeaderType,
    schema: Option<Arc<Schema>>,
}

/// The type of a header's value.
#[derive(Clone, Copy)]
enum HeaderType {
    Integer,
    Number,
    Boolean,
    Text,
}

/// A body of one media type.
pub(super) struct DeclaredContent {
    media: String,
    pub(super) schema: Option<Arc<Schema>>,
}

impl DeclaredResponse {
    /// Reads the response object at a place of the document.
    pub(super) fn read(document: &ContractDocument, pointer: &str) -> Self {
        let names = |member: &str| {
            let listed = document.at(&format!("{pointer}/{member}")).and_then(Value::as_object);
            listed.into_iter().flatten().map(|(name, _)| name)
        };
        let headers = names("headers")
            // A Content-Type header is ignored here (OpenAPI 3.1, Response Object).
            .filter(|name| !name.eq_ignore_ascii_case("content-type"))
            .filter_map(|name| DeclaredHeader::read(document, pointer, name))
            .collect();
        let content = names("content")
            .map(|media| DeclaredContent {
                media: media.clone(),
                schema: document.schema(&format!("{pointer}/content/{}/schema", pointer_token(media))),
            })
            .collect();
        Self { headers, content }
    }

    /// True if a body is declared.
    pub(super) fn has_content(&self) -> bool {
        !self.content.is_empty()
    }

    /// The declared media types.
    pub(super) fn media_types(&self) -> Vec<&str> {
        self.content.iter().map(|declared| declared.media.as_str()).collect()
    }

    /// The declared content for an answer's media type.
    pub(super) fn content_of(&self, answer: &ResponseRecord) -> Option<&DeclaredContent> {
        let media = answer.media_type().unwrap_or_default();
        self.content.iter().find(|declared| covers(&declared.media, &media))
    }

    /// The names of the required headers.
    pub(super) fn required_headers(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(|header| header.required).map(|header| header.name.as_str())
    }

    /// The headers of an answer with a schema: name, schema and value.
    pub(super) fn described_headers<'a>(
        &'a self,
        answer: &'a ResponseRecord,
    ) -> impl Iterator<Item = (&'a str, &'a Arc<Schema>, Value)> {
        self.headers.iter().filter_map(|header| {
            let (text, schema) = (answer.header(&header.name)?, header.schema.as_ref()?);
            Some((header.name.as_str(), schema, header.kind.read(text)))
        })
    }
}

impl DeclaredHeader {
    fn read(document: &ContractDocument, response: &str, name: &str) -> Option<Self> {
        let header = document.resolved(format!("{response}/headers/{}", pointer_token(name)))?;
        let place = format!("{header}/schema");
        let kind = document.resolved(place.clone()).and_then(|schema| {
            Some(match document.at(&schema)?.get("type")?.as_str()? {
                "integer" => HeaderType::Integer,
                "number" => HeaderType::Number,
                "boolean" => HeaderType::Boolean,
                _ => HeaderType::Text,
            })
        });
        Some(Self {
            name: name.to_owned(),
            required: document.at(&format!("{header}/required")) == Some(&Value::Bool(true)),
            kind: kind.unwrap_or(HeaderType::Text),
            schema: document.schema(&place),
        })
    }
}

impl HeaderType {
    /// A header's value as this type, or as text if it does not parse.
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

/// True for a bearer challenge, which has no body (RFC 6750, section 3), whatever the document declares for
/// its status.
pub(super) fn is_challenge(record: &ResponseRecord) -> bool {
    matches!(record.status, 401 | 403) && record.header("www-authenticate").is_some()
}

/// True if a media type range of the document covers a media type.
pub(super) fn covers(range: &str, media: &str) -> bool {
    let range = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match range.strip_suffix("/*") {
        Some("*") => true,
        Some(kind) => media.strip_prefix(kind).is_some_and(|rest| rest.starts_with('/')),
        None => range == media,
    }
}
