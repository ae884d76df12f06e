//! What a browser says of the page a request comes from. Pages of other sites neither use the
//! control plane nor decide at the third-party app.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use super::call::Arrival;
use super::origin::Origin;
use super::refusal::Refusal;
use crate::rules::behaviour::{self as rule, Rule};
use crate::rules::error::{ErrorCode, OktaError};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Refuses requests of pages of other sites to the control plane.
pub(super) async fn control_plane_of_own_pages(request: Request, next: Next) -> Response {
    match is_foreign(&request) {
        true => refused(&rule::CONTROL_FOREIGN_ORIGIN),
        false => next.run(request).await,
    }
}

/// Refuses requests of pages of other sites to the third-party app; links that lead a person there
/// are followed.
pub(super) async fn consent_of_own_pages(request: Request, next: Next) -> Response {
    let is_link = request.method() == Method::GET
        && request.headers().get(FETCH_MODE).is_some_and(|mode| mode == "navigate")
        && !request.headers().contains_key(header::ORIGIN);
    match !is_link && is_foreign(&request) {
        true => refused(&rule::THIRD_PARTY_FOREIGN_ORIGIN),
        false => next.run(request).await,
    }
}

fn refused(rule: &'static Rule) -> Response {
    let cause = "Requests from pages of other sites are refused here.";
    Refusal::from(OktaError::new(rule, ErrorCode::InvalidSession).because(cause)).into_response()
}

fn is_foreign(request: &Request) -> bool {
    let own = request.extensions().get::<Arrival>().map(|arrival| &arrival.origin);
    names_other_origin(request.headers(), own)
        || request.headers().get(FETCH_SITE).is_some_and(|site| site == "cross-site" || site == "same-site")
}

/// Whether Origin names another authority than the one that the request came in by. The scheme is
/// not compared: a TLS proxy before the mock changes it.
fn names_other_origin(headers: &HeaderMap, own: Option<&Origin>) -> bool {
    let authority_of = |origin: &HeaderValue| {
        let text = origin.to_str().unwrap_or_default();
        text.split_once("://").map(|(_, authority)| authority.to_owned())
    };
    headers.get_all(header::ORIGIN).iter().any(|origin| {
        let named = authority_of(origin);
        !own.is_some_and(|own| named.is_some_and(|named| named.eq_ignore_ascii_case(own.authority())))
    })
}
