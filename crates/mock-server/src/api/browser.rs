//! Cross-site checks of browser requests. Pages of other sites can neither use the control plane nor decide
//! at the third-party app.

use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method};

use super::origin::Origin;
use crate::rules::behaviour::{self as rule, Rule};
use crate::rules::error::{ErrorCode, OktaError};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Refuses control plane requests from pages of other sites.
pub(super) fn check_control_plane(parts: &Parts, own: &Origin) -> Result<(), OktaError> {
    match is_foreign(&parts.headers, own) {
        true => Err(refused(&rule::CONTROL_FOREIGN_ORIGIN)),
        false => Ok(()),
    }
}

/// Refuses decisions at the third-party app from pages of other sites. Links to it are allowed.
pub(super) fn check_consent(parts: &Parts, own: &Origin) -> Result<(), OktaError> {
    let is_link = parts.method == Method::GET
        && is_navigation(&parts.headers)
        && !parts.headers.contains_key(header::ORIGIN);
    match !is_link && is_foreign(&parts.headers, own) {
        true => Err(refused(&rule::THIRD_PARTY_FOREIGN_ORIGIN)),
        false => Ok(()),
    }
}

/// Returns true if a person opens a page. Browsers tell this to hosts of this machine, and over TLS.
pub(super) fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get(FETCH_MODE).is_some_and(|mode| mode == "navigate")
}

fn refused(rule: &'static Rule) -> OktaError {
    let cause = "Requests from pages of other sites are refused here.";
    OktaError::new(rule, ErrorCode::InvalidSession).because(cause)
}

fn is_foreign(headers: &HeaderMap, own: &Origin) -> bool {
    names_other_origin(headers, own)
        || headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site" || site == "same-site")
}

/// Returns true if Origin names another authority than the request's own. The scheme is not compared: a TLS
/// proxy in front of the mock changes it.
fn names_other_origin(headers: &HeaderMap, own: &Origin) -> bool {
    let authority_of = |origin: &HeaderValue| {
        let text = origin.to_str().unwrap_or_default();
        text.split_once("://").map(|(_, authority)| authority.to_owned())
    };
    headers.get_all(header::ORIGIN).iter().any(|origin| {
        let named = authority_of(origin);
        !named.is_some_and(|named| named.eq_ignore_ascii_case(own.authority()))
    })
}
