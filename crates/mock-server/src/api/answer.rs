//! The type of answers, and the successful answers of the API.

use bytes::Bytes;
use http_body_util::{Either, Full};

use super::header_set::HeaderSet;
use super::render::app_list::StreamedList;

/// The body of an answer. Not boxed: most bodies are complete, and `CatchPanic` boxes them anyway.
pub(crate) type AnswerBody = Either<Full<Bytes>, Box<StreamedList>>;

/// An answer of the org.
pub(crate) type Response = http::Response<AnswerBody>;

/// Returns a complete body.
pub(crate) fn full_body(bytes: impl Into<Bytes>) -> AnswerBody {
    Either::Left(Full::new(bytes.into()))
}

/// Returns an API answer with this JSON.
pub(crate) fn json(body: Vec<u8>) -> Response {
    json_body(full_body(body))
}

/// Returns an API answer with a JSON body, which may be streamed.
pub(crate) fn json_body(body: AnswerBody) -> Response {
    let mut response = Response::new(body);
    *response.headers_mut() = HeaderSet::Json.headers();
    response
}

/// Returns an API answer without a body.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(full_body(""));
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    *response.headers_mut() = HeaderSet::NoContent.headers();
    response
}
