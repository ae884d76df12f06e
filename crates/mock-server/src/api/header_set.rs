//! The header sets of each kind of answer, with their fixed values, as recorded.

use std::sync::LazyLock;

use http::HeaderMap;
use http::header::{self, HeaderName, HeaderValue};

use crate::org::rate::RateStatus;
use crate::rules::behaviour as rule;
use crate::rules::identifier::Seconds;

/// The set of headers that an answer carries besides its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderSet {
    /// JSON from the API, including errors.
    Json,
    /// XML from the API.
    Xml,
    /// An API answer without a body.
    NoContent,
    /// A refusal by the container, before the API: no request id, no rate limit.
    Container,
    /// 429, without cache headers.
    RateLimited,
    /// Pages and the control plane, which are not Okta's: no header but their own.
    None,
}

/// What the headers of an answer tell of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestFacts {
    /// The number of `x-okta-request-id`.
    pub(crate) id: [u8; 16],
    /// The rate limit after the request.
    pub(crate) rate: RateStatus,
    /// The org's time, if it differs from the system's: clients subtract it from `x-rate-limit-reset`.
    pub(crate) date: Option<Seconds>,
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
static WITH_BODY: [(HeaderName, &str); 2] = [JSON, NO_SNIFF];
static WITH_XML: [(HeaderName, &str); 2] = [(header::CONTENT_TYPE, "application/xml"), NO_SNIFF];
static WITHOUT_BODY: [(HeaderName, &str); 1] = [(header::X_FRAME_OPTIONS, "SAMEORIGIN")];
static CONTAINER_HEADERS: [(HeaderName, &str); 4] = [JSON, NO_SNIFF, SERVER, STRICT_TRANSPORT];
static NONE: [(HeaderName, &str); 0] = [];

impl HeaderSet {
    /// All sets, each at its index.
    pub(crate) const ALL: [Self; 6] =
        [Self::Json, Self::Xml, Self::NoContent, Self::Container, Self::RateLimited, Self::None];

    fn fixed(self) -> impl Iterator<Item = &'static (HeaderName, &'static str)> {
        let (first, second): (&[_], &[_]) = match self {
            Self::Json => (&WITH_BODY, &API_HEADERS),
            Self::Xml => (&WITH_XML, &API_HEADERS),
            Self::NoContent => (&WITHOUT_BODY, &API_HEADERS),
            Self::Container => (&CONTAINER_HEADERS, &NONE),
            Self::RateLimited => (&WITH_BODY, &NONE),
            Self::None => (&NONE, &NONE),
        };
        first.iter().chain(second)
    }

    /// Returns true if the answer carries the request id and the rate limit.
    const fn has_request_headers(self) -> bool {
        matches!(self, Self::Json | Self::Xml | Self::NoContent | Self::RateLimited)
    }

    /// Returns the headers of an answer to this request.
    pub(crate) fn headers(self, request: &RequestFacts) -> HeaderMap {
        let mut headers = self.template();
        if self.has_request_headers() {
            // Their slots come first, so no lookup by name is needed.
            headers.values_mut().zip(request_headers(request)).for_each(|(slot, value)| *slot = value);
        }
        if let Some(date) = request.date.and_then(http_date) {
            headers.insert(header::DATE, date);
        }
        headers
    }

    /// Returns the headers with fixed values, and slots for the others. The map is built once and cloned:
    /// building it each time took a fifth of an answer's time.
    fn template(self) -> HeaderMap {
        static MAPS: LazyLock<[HeaderMap; HeaderSet::ALL.len()]> = LazyLock::new(|| {
            HeaderSet::ALL.map(|set| {
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

/// The headers that differ for each request.
static REQUEST_HEADERS: [HeaderName; 4] = [
    HeaderName::from_static("x-okta-request-id"),
    HeaderName::from_static("x-rate-limit-limit"),
    HeaderName::from_static("x-rate-limit-remaining"),
    HeaderName::from_static("x-rate-limit-reset"),
];

/// Large enough for all headers of an answer, so that the map never grows.
const CAPACITY: usize = 24;

/// Returns the values of [`REQUEST_HEADERS`].
fn request_headers(request: &RequestFacts) -> [HeaderValue; 4] {
    rule::REQUEST_ID.apply();
    let id = HeaderValue::from_bytes(&hex(request.id)).unwrap_or(HeaderValue::from_static(""));
    let RateStatus { limit, remaining, reset } = request.rate;
    [id, limit.into(), remaining.into(), reset.0.into()]
}

/// Returns the digits of a number, as in `x-okta-request-id`.
pub(super) fn hex(bytes: [u8; 16]) -> [u8; 32] {
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        for (digit, half) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
            *digit = b"0123456789abcdef"[usize::from(half)];
        }
    }
    digits
}

/// Returns a time as the value of Date.
fn http_date(time: Seconds) -> Option<HeaderValue> {
    let instant = jiff::Timestamp::from_second(time.0).ok()?;
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&instant).ok()?;
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_is_at_its_index() {
        assert!(HeaderSet::ALL.iter().enumerate().all(|(index, set)| *set as usize == index));
    }
}
