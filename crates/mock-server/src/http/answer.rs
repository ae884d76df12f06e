//! What the API answers when it refuses nothing.

use axum::body::Body;
use axum::response::Response;

use super::header_set::HeaderSet;

/// An answer of the API with this JSON.
pub(crate) fn json(body: Vec<u8>) -> Response {
    json_of(Body::from(body))
}

/// An answer of the API with JSON that may come in pieces.
pub(crate) fn json_of(body: Body) -> Response {
    let mut response = Response::new(body);
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
