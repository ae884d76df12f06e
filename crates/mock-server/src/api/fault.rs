//! The answers of faults.

use http::{HeaderValue, StatusCode, header};

use super::answer::{Response, full_body};
use super::header_set::HeaderSet;
use super::refusal::{Refusal, envelope_json};
use crate::org::faults::FaultAnswer;
use crate::rules::behaviour as rule;
use crate::rules::error::{ErrorCode, OktaError};

/// The fault that applies to a request.
pub(super) struct AppliedFault {
    /// The number of the fault.
    pub(super) id: u64,
    pub(super) answer: FaultAnswer,
}

/// The error of a connection that a fault closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fault closes the connection")]
pub(crate) struct ConnectionClosed;

impl AppliedFault {
    /// Returns the answer in place of the operation's own, or `None` if the operation is performed.
    pub(super) fn answer_instead(&self, error_id: [u8; 16]) -> Option<Response> {
        match &self.answer {
            FaultAnswer::Status { status, retry_after } => Some(with_status(*status, *retry_after, error_id)),
            FaultAnswer::Error(code) => {
                Some(Refusal::from(OktaError::new(&rule::CONTROL_FAULT, *code)).answer(error_id))
            }
            FaultAnswer::Body { status, text, content_type } => Some(with_body(*status, text, content_type)),
            FaultAnswer::CloseBefore => Some(Response::new(full_body(""))),
            FaultAnswer::Delay(_) | FaultAnswer::CloseAfter | FaultAnswer::Truncate(_) => None,
        }
    }

    /// Applies the fault to the final answer.
    ///
    /// # Errors
    /// If the fault closes the connection.
    pub(super) fn finish(&self, response: Response) -> Result<Response, ConnectionClosed> {
        match self.answer {
            FaultAnswer::CloseBefore | FaultAnswer::CloseAfter => Err(ConnectionClosed),
            FaultAnswer::Truncate(length) => Ok(response.map(|body| body.truncated(length))),
            _ => Ok(response),
        }
    }

    /// Returns true if no answer is sent, and the request has no effect.
    pub(super) const fn is_silent(&self) -> bool {
        matches!(self.answer, FaultAnswer::CloseBefore)
    }
}

fn with_status(status: u16, retry_after: Option<u32>, error_id: [u8; 16]) -> Response {
    let error = OktaError::new(&rule::CONTROL_FAULT, code_of(status));
    let mut response = Response::new(full_body(envelope_json(&error, error_id)));
    let set = if status == 429 { HeaderSet::RateLimited } else { HeaderSet::Json };
    *response.headers_mut() = set.headers();
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Returns Okta's code for a status, as far as its table has one.
const fn code_of(status: u16) -> ErrorCode {
    match status {
        401 => ErrorCode::InvalidToken,
        403 => ErrorCode::AccessDenied,
        404 => ErrorCode::PathNotFound,
        405 => ErrorCode::MethodNotSupported,
        429 => ErrorCode::RateLimitExceeded,
        503 => ErrorCode::ReadOnlyMode,
        500.. => ErrorCode::InternalServerError,
        _ => ErrorCode::ApiValidationFailed,
    }
}

fn with_body(status: u16, text: &str, content_type: &str) -> Response {
    let mut response = Response::new(full_body(text.to_owned()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    if let Ok(value) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}
