//! An exchange as it is kept and shown: a request and its answer, secrets already removed.

use std::time::UNIX_EPOCH;

use serde_json::Value;

/// A body as kept: JSON keeps its member order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// A body that is JSON.
    Json(Value),
    /// Any other body, as text.
    Text(String),
}

impl Body {
    /// The body as one JSON value (a text becomes a string).
    pub fn value(&self) -> Value {
        match self {
            Self::Json(value) => value.clone(),
            Self::Text(text) => Value::String(text.clone()),
        }
    }

    /// Whether it takes more octets than this.
    pub(crate) fn is_larger_than(&self, limit: usize) -> bool {
        match self {
            Self::Json(value) => is_larger(value, limit),
            Self::Text(text) => text.len() > limit,
        }
    }

    /// About what it takes in octets, counted up to a limit.
    pub(crate) fn weight(&self, limit: usize) -> usize {
        match self {
            Self::Json(value) => limit - weigh(value, limit).unwrap_or(0),
            Self::Text(text) => text.len().min(limit),
        }
    }

    /// The bytes that were sent, near enough to repeat the request.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Json(value) => value.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Whether a value takes more octets than this.
pub(crate) fn is_larger(value: &Value, limit: usize) -> bool {
    weigh(value, limit).is_none()
}

/// About what a value takes beside its text.
const VALUE: usize = 32;

/// What is left of a limit, once a value is taken from it.
fn weigh(value: &Value, limit: usize) -> Option<usize> {
    let limit = limit.checked_sub(VALUE)?;
    match value {
        Value::String(text) => limit.checked_sub(text.len()),
        Value::Array(items) => items.iter().try_fold(limit, |left, item| weigh(item, left)),
        Value::Object(members) => members
            .iter()
            .try_fold(limit, |left, (name, member)| weigh(member, left.checked_sub(name.len())?)),
        _ => Some(limit),
    }
}

/// A request as it is kept and shown: without its credential, secrets replaced.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// The method, in capitals.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The path alone.
    pub path: String,
    /// The query, in order, decoded.
    pub query: Vec<(String, String)>,
    /// The values of the path's parameters.
    pub path_parameters: Vec<(String, String)>,
    /// Headers that the step itself asks for; never `Authorization`.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<Body>,
    /// Whose credential went with it.
    pub credential: CredentialUse,
}

/// An answer as it is kept and shown, secrets replaced.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ResponseRecord {
    /// The status code.
    pub status: u16,
    /// All header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; `None` when it is empty.
    pub body: Option<Body>,
    /// Whether a body that says it is JSON could not be parsed.
    pub broken_json: Option<String>,
}

impl ResponseRecord {
    /// The first line of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The media type without parameters, in lower case.
    pub fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        let essence = value.split(';').next().unwrap_or_default();
        Some(essence.trim().to_ascii_lowercase())
    }

    /// The time of the answer by its own `Date`, in seconds since the epoch.
    pub(crate) fn date(&self) -> Option<i64> {
        http_date(self.header("date")?)
    }
}

/// Reads an HTTP date (RFC 9110, section 5.6.7), as seconds since the epoch.
pub(crate) fn http_date(text: &str) -> Option<i64> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// Whose credential a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialUse {
    /// The runner's own.
    Runner,
    /// One that the step itself states, to see it refused.
    Stated,
    /// None at all.
    None,
}

impl CredentialUse {
    /// The word in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Runner => "runner",
            Self::Stated => "stated",
            Self::None => "none",
        }
    }
}
