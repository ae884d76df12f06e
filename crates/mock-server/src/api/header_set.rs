//! The header sets of each kind of answer, with their fixed values, as recorded.

use std::sync::LazyLock;

use http::HeaderMap;
use http::header::{self, HeaderName, HeaderValue};

use crate::rules::behaviour as rule;

/// The set of headers that an answer carries besides its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderSet {
    /// JSON from the API, including errors.
    Json,
    /// An API answer without a body.
    NoContent,
    /// A refusal by the container, before the API: no request id, no rate limit.
    Container,
    /// 429, without cache headers.
    RateLimited,
}

const STRICT_TRANSPORT: (HeaderName, &str) =
    (header::STRICT_TRANSPORT_SECURITY, "max-age=315360000; includeSubDomains");
const JSON: (HeaderName, &str) = (header::CONTENT_TYPE, "application/json");
const NO_SNIFF: (HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");
const SERVER: (HeaderName, &str) = (header::SERVER, "nginx");

/// Recorded in 2025 and 2026. Without cookies and content security policy, whose real values are not known.
static API_HEADERS: [(HeaderName, &str); 9] = [
    (header::CACHE_CONTROL, "no-cache, no-store"),
    (header::PRAGMA, "no-cache"),
    (header::EXPIRES, "0"),
    (HeaderName::from_static("accept-ch"), "Sec-CH-UA-Platform-Version"),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (header::X_XSS_PROTECTION, "0"),
    (HeaderName::from_static("p3p"), "CP=\"HONK\""),
    SERVER,
    STRICT_TRANSPORT,
];
/// Returns true for a header that answers of the API always carry with the same value. The request log leaves
/// these out: they would be a third of its size.
pub(crate) fn is_always_sent(name: &HeaderName) -> bool {
    // A text is compared by its length first; nine comparisons for each header would cost more.
    matches!(
        name.as_str(),
        "cache-control"
            | "pragma"
            | "expires"
            | "accept-ch"
            | "referrer-policy"
            | "x-xss-protection"
            | "p3p"
            | "server"
            | "strict-transport-security"
    )
}

static WITH_BODY: [(HeaderName, &str); 2] = [JSON, NO_SNIFF];
static WITHOUT_BODY: [(HeaderName, &str); 1] = [(header::X_FRAME_OPTIONS, "SAMEORIGIN")];
static CONTAINER_HEADERS: [(HeaderName, &str); 4] = [JSON, NO_SNIFF, SERVER, STRICT_TRANSPORT];
static NONE: [(HeaderName, &str); 0] = [];

impl HeaderSet {
    fn fixed(self) -> impl Iterator<Item = &'static (HeaderName, &'static str)> {
        let (first, second): (&[_], &[_]) = match self {
            Self::Json => (&WITH_BODY, &API_HEADERS),
            Self::NoContent => (&WITHOUT_BODY, &API_HEADERS),
            Self::Container => (&CONTAINER_HEADERS, &NONE),
            Self::RateLimited => (&WITH_BODY, &NONE),
        };
        first.iter().chain(second)
    }

    /// Returns true if the answer carries the request id and the rate limit.
    const fn has_request_headers(self) -> bool {
        matches!(self, Self::Json | Self::NoContent | Self::RateLimited)
    }

    /// Returns the headers with fixed values, and slots for the per-request headers, which
    /// [`fill_request_headers`] fills. The map is built once and cloned: building it each time took a fifth
    /// of an answer's time.
    pub(crate) fn headers(self) -> HeaderMap {
        static MAPS: LazyLock<[HeaderMap; 4]> = LazyLock::new(|| {
            [HeaderSet::Json, HeaderSet::NoContent, HeaderSet::Container, HeaderSet::RateLimited].map(|set| {
                let mut map = HeaderMap::with_capacity(CAPACITY);
                if set.has_request_headers() {
                    map.extend(
                        REQUEST_HEADERS.iter().map(|name| (name.clone(), HeaderValue::from_static("0"))),
                    );
                }
                let fixed = set.fixed().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
                map.extend(fixed);
                map
            })
        });
        rule::ANSWER_HEADERS.apply();
        MAPS[self as usize].clone()
    }
}

/// Fills the slots for the request id and for limit, remaining and reset of the rate limit, if the answer
/// has them.
pub(crate) fn fill_request_headers(headers: &mut HeaderMap, values: impl FnOnce() -> [HeaderValue; 4]) {
    // The slots come first, so no lookup by name is needed.
    if headers.keys().next() == Some(&REQUEST_HEADERS[0]) {
        headers.values_mut().zip(values()).for_each(|(slot, value)| *slot = value);
    }
}

/// The headers that differ for each request.
static REQUEST_HEADERS: [HeaderName; 4] = [
    HeaderName::from_static("x-okta-request-id"),
    HeaderName::from_static("x-rate-limit-limit"),
    HeaderName::from_static("x-rate-limit-remaining"),
    HeaderName::from_static("x-rate-limit-reset"),
];

/// Large enough for all headers of an answer, so that the map never grows.
const CAPACITY: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_that_are_always_sent_are_those_of_the_api() {
        assert!(API_HEADERS.iter().all(|(name, _)| is_always_sent(name)));
        let others = WITH_BODY.iter().chain(&WITHOUT_BODY).map(|(name, _)| name).chain(&REQUEST_HEADERS);
        assert!(others.into_iter().all(|name| !is_always_sent(name)));
    }
}
