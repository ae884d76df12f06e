//! A recorded exchange: a request and its answer, with secrets removed.

use std::time::UNIX_EPOCH;

use serde_json::Value;

/// A recorded body; JSON keeps its member order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// A body that is JSON.
    Json(Value),
    /// Any other body, as text.
    Text(String),
}

impl Body {
    /// The body as a JSON value; text becomes a string.
    pub fn value(&self) -> Value {
        match self {
            Self::Json(value) => value.clone(),
            Self::Text(text) => Value::String(text.clone()),
        }
    }

    /// True if the body takes more bytes than this.
    pub(crate) fn is_larger_than(&self, limit: usize) -> bool {
        match self {
            Self::Json(value) => is_larger(value, limit),
            Self::Text(text) => text.len() > limit,
        }
    }

    /// The approximate size in bytes, counted up to a limit.
    pub(crate) fn weight(&self, limit: usize) -> usize {
        match self {
            Self::Json(value) => limit - weigh(value, limit).unwrap_or(0),
            Self::Text(text) => text.len().min(limit),
        }
    }

    /// The sent bytes, close enough to repeat the request.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Json(value) => value.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// True if a value takes more bytes than this.
pub(crate) fn is_larger(value: &Value, limit: usize) -> bool {
    weigh(value, limit).is_none()
}

/// The approximate overhead of a value, in bytes.
const VALUE: usize = 32;

/// Subtracts the size of a value from a limit; `None` if it is larger.
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

/// A recorded request: without its credential, secrets replaced.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// The method, in upper case.
    pub method: String,
    /// The full URL.
    pub url: String,
    /// The path.
    pub path: String,
    /// The query, in order, decoded.
    pub query: Vec<(String, String)>,
    /// The values of the path's parameters.
    pub path_parameters: Vec<(String, String)>,
    /// Headers that the step sets; never `Authorization`.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<Body>,
    /// The credential that was sent.
    pub credential: CredentialUse,
}

/// A recorded answer, secrets replaced.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ResponseRecord {
    /// The status code.
    pub status: u16,
    /// All header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; `None` when it is empty.
    pub body: Option<Body>,
    /// The parser's error for a body that claims to be JSON and is not.
    pub broken_json: Option<String>,
}

impl ResponseRecord {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The media type without parameters, in lower case.
    pub fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        let essence = value.split(';').next().unwrap_or_default();
        Some(essence.trim().to_ascii_lowercase())
    }

    /// The value of its `Date` header, in seconds since the epoch.
    pub(crate) fn date(&self) -> Option<i64> {
        http_date(self.header("date")?)
    }
}

/// Reads an HTTP date (RFC 9110, section 5.6.7), as seconds since the epoch.
pub(crate) fn http_date(text: &str) -> Option<i64> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// The credential of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialUse {
    /// The runner's own credential.
    Runner,
    /// A credential that the step itself sets, to be refused.
    Stated,
    /// No credential.
    None,
}

impl CredentialUse {
    /// The word used in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Runner => "runner",
            Self::Stated => "stated",
            Self::None => "none",
        }
    }
}
