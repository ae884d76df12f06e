//! What the API answers when it refuses nothing.

use axum::body::Body;
use axum::response::Response;

use super::header_set::HeaderSet;

/// An answer of the API with this JSON.
pub(crate) fn json(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.headers_mut() = HeaderSet::Json.headers();
    response
}

/// An answer of the API without a body.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    *response.headers_mut() = HeaderSet::NoContent.headers();
    response
}
