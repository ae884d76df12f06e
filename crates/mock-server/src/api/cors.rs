//! Cross-origin requests of pages (Fetch, 3.2). As at a real org, only trusted origins may call the API.

use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::answer::{Answer, full_body};
use super::header_set::HeaderSet;
use crate::rules::behaviour as rule;

/// The headers that a page may read besides those that Fetch always allows. `WWW-Authenticate` is reported
/// (issue), the others are those that clients need.
const EXPOSED: &str = "Link, WWW-Authenticate, X-Okta-Request-Id, X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Reset";

/// How long a browser may keep the answer to a preflight, in seconds (docs: the token endpoint).
const MAX_AGE: &str = "3600";

/// Methods of the API.
const METHODS: &str = "GET, POST, PUT, DELETE";

/// Returns the origin of a page, if it is trusted and calls the API.
pub(super) fn trusted_origin(parts: &Parts, trusted: &[String]) -> Option<HeaderValue> {
    if trusted.is_empty() || !parts.uri.path().starts_with("/api/") {
        return None;
    }
    let origin = single(&parts.headers, &header::ORIGIN)?;
    let is_trusted = trusted.iter().any(|trusted| origin == trusted.as_str());
    is_trusted.then(|| origin.clone())
}

/// Parses an origin as browsers send it: scheme, host, and the port if it is not the usual one.
///
/// # Errors
/// What to give instead.
pub(crate) fn parse_origin(text: &str) -> Result<String, &'static str> {
    const HINT: &str =
        "give scheme, host and port of a page, such as https://app.example.com or http://localhost:3000";
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let origin = url.ok_or(HINT)?.origin().ascii_serialization();
    match text.trim_end_matches('/').eq_ignore_ascii_case(&origin) {
        true => Ok(origin),
        false => Err(HINT),
    }
}

/// Returns true for a preflight: the question of a browser whether a page may send a request.
pub(super) fn is_preflight(parts: &Parts) -> bool {
    parts.method == Method::OPTIONS && parts.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Returns the answer to a preflight. It needs no credential: browsers send none.
pub(super) fn preflight(parts: &Parts) -> Answer {
    rule::REQUEST_PREFLIGHT.apply();
    let answer = Answer::new(HeaderSet::None, full_body(""))
        .with_status(StatusCode::NO_CONTENT)
        .with_header(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS))
        .with_header(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    match single(&parts.headers, &header::ACCESS_CONTROL_REQUEST_HEADERS) {
        Some(requested) => answer.with_header(header::ACCESS_CONTROL_ALLOW_HEADERS, requested.clone()),
        None => answer,
    }
}

/// Adds the headers that let a page of a trusted origin read an answer.
pub(super) fn with_origin(answer: Answer, origin: HeaderValue) -> Answer {
    rule::REQUEST_TRUSTED_ORIGIN.apply();
    answer
        .with_header(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin)
        .with_header(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"))
        .with_header(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED))
        .with_header(header::VARY, HeaderValue::from_static("Origin"))
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}
