//! Answers: their type, and those of the API when it refuses nothing.

use bytes::Bytes;
use http_body_util::{Either, Full};

use super::header_set::HeaderSet;
use super::render::app_list::StreamedList;

/// The body of an answer. It is no boxed body: most answers are whole, and `CatchPanic` boxes them
/// anyway.
pub(crate) type AnswerBody = Either<Full<Bytes>, Box<StreamedList>>;

/// An answer of the org.
pub(crate) type Response = http::Response<AnswerBody>;

/// A body that is there as a whole.
pub(crate) fn full_body(bytes: impl Into<Bytes>) -> AnswerBody {
    Either::Left(Full::new(bytes.into()))
}

/// An answer of the API with this JSON.
pub(crate) fn json(body: Vec<u8>) -> Response {
    json_body(full_body(body))
}

/// An answer of the API with JSON that may come in pieces.
pub(crate) fn json_body(body: AnswerBody) -> Response {
    let mut response = Response::new(body);
    *response.headers_mut() = HeaderSet::Json.headers();
    response
}

/// An answer of the API without a body.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(full_body(""));
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    *response.headers_mut() = HeaderSet::NoContent.headers();
    response
}
