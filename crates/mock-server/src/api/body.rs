//! Reads request bodies: size, time and media type. Parse errors are reported later, by the org.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::call::Call;
use crate::org;
use crate::rules::behaviour as rule;
use crate::rules::body::parse_object;
use crate::rules::error::{ErrorCode, OktaError};

/// A body of acceptable size and media type.
pub(crate) struct JsonBody(Bytes);

impl JsonBody {
    /// Parses the JSON object. The org reports a parse error when it reads the body.
    pub(crate) fn object(&self) -> org::Body<'_> {
        parse_object(&self.0)
    }
}

impl JsonBody {
    /// Returns the body of a call that the mock itself makes.
    pub(super) fn from_json(value: &serde_json::Value) -> Self {
        Self(value.to_string().into())
    }

    /// Returns the bytes of the body.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the body of a call.
    ///
    /// # Errors
    /// If the body is too large, too slow, compressed, or of another media type.
    pub(super) async fn read(call: &Call<'_>, body: &mut Body) -> Result<Self, OktaError> {
        let bytes = read(call, body).await?;
        if !bytes.is_empty() {
            check_media_type(&call.parts.headers)?;
            if is_encoded(&call.parts.headers) {
                return Err(OktaError::malformed(&rule::BODY_ENCODED));
            }
        }
        Ok(Self(bytes))
    }
}

/// Reads a body of at most the size that the operation takes.
///
/// # Errors
/// If the body is too large, too slow or incomplete.
pub(super) async fn read(call: &Call<'_>, body: &mut Body) -> Result<Bytes, OktaError> {
    // A client that waits for 100 Continue is refused before it sends anything.
    let announced = call.parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let limit = call.operation().body_limit;
    if announced.and_then(|length| length.parse().ok()).is_some_and(|length: u64| length > limit as u64) {
        return Err(too_large(limit));
    }
    let body = Limited::new(body, limit);
    match with_timeout(call.org.settings().body_timeout, body.collect()).await {
        None => {
            Err(OktaError::malformed(&rule::BODY_TOO_SLOW)
                .because("The request body did not arrive in time."))
        }
        Some(Ok(collected)) => {
            let bytes = collected.to_bytes();
            call.observe_body(&bytes);
            Ok(bytes)
        }
        Some(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Some(Err(_)) => Err(OktaError::malformed(&rule::BODY_BROKEN_OFF)),
    }
}

fn too_large(limit: usize) -> OktaError {
    let cause = format!("The request body is larger than {} MiB.", limit / (1024 * 1024));
    OktaError::malformed(&rule::BODY_TOO_LARGE).because(cause)
}

/// Waits at most this long. Most bodies arrive with their head and need no timer.
async fn with_timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
        Poll::Ready(output) => Some(output),
        Poll::Pending => tokio::time::timeout(limit, future).await.ok(),
    }
}

fn check_media_type(headers: &HeaderMap) -> Result<(), OktaError> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(OktaError::new(&rule::REQUEST_MEDIA_TYPE_MISSING, ErrorCode::MediaTypeNotSet)),
        (Some(value), None) if value.to_str().is_ok_and(is_json) => Ok(()),
        _ => Err(OktaError::new(&rule::REQUEST_MEDIA_TYPE, ErrorCode::UnsupportedMediaType)),
    }
}

/// Returns true if the body has a content coding, such as gzip.
fn is_encoded(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Returns true for `application/json` with any parameters, unless the charset is not UTF-8.
fn is_json(value: &str) -> bool {
    if value == "application/json" {
        return true;
    }
    let mut pieces = value.split(';').map(str::trim);
    let is_named = pieces.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    is_named
        && pieces.filter_map(|piece| piece.split_once('=')).all(|(name, value)| {
            !name.trim().eq_ignore_ascii_case("charset")
                || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_in_utf_8_is_accepted() {
        for value in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json; okta-version=1.0.0",
            "application/json;charset=\"utf-8\"",
        ] {
            assert!(is_json(value), "{value}");
        }
        for value in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/scim+json",
            "application/json; charset=latin1",
            "application/jsonp",
        ] {
            assert!(!is_json(value), "{value}");
        }
    }
}
