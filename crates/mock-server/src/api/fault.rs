//! The answers of faults.

use http::{HeaderValue, StatusCode, header};

use super::answer::{Answer, full_body};
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
    pub(super) fn answer_instead(&self, error_id: [u8; 16]) -> Option<Answer> {
        match &self.answer {
            FaultAnswer::Status { status, retry_after } => Some(with_status(*status, *retry_after, error_id)),
            FaultAnswer::Error(code) => {
                Some(Refusal::from(OktaError::new(&rule::CONTROL_FAULT, *code)).answer(error_id))
            }
            FaultAnswer::Body { status, text, content_type } => Some(with_body(*status, text, content_type)),
            FaultAnswer::CloseBefore => Some(Answer::new(HeaderSet::None, full_body(""))),
            FaultAnswer::Delay(_) | FaultAnswer::CloseAfter | FaultAnswer::Truncate(_) => None,
        }
    }

    /// Applies the fault to the final answer.
    ///
    /// # Errors
    /// If the fault closes the connection.
    pub(super) fn finish(&self, answer: Answer) -> Result<Answer, ConnectionClosed> {
        match self.answer {
            FaultAnswer::CloseBefore | FaultAnswer::CloseAfter => Err(ConnectionClosed),
            FaultAnswer::Truncate(length) => Ok(Answer { body: answer.body.truncated(length), ..answer }),
            _ => Ok(answer),
        }
    }

    /// Returns true if no answer is sent, and the request has no effect.
    pub(super) const fn is_silent(&self) -> bool {
        matches!(self.answer, FaultAnswer::CloseBefore)
    }
}

fn with_status(status: u16, retry_after: Option<u32>, error_id: [u8; 16]) -> Answer {
    let error = OktaError::new(&rule::CONTROL_FAULT, code_of(status));
    let set = if status == 429 { HeaderSet::RateLimited } else { HeaderSet::Json };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let answer = Answer::new(set, full_body(envelope_json(&error, error_id))).with_status(status);
    match retry_after {
        Some(seconds) => answer.with_header(header::RETRY_AFTER, HeaderValue::from(seconds)),
        None => answer,
    }
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

fn with_body(status: u16, text: &str, content_type: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let answer = Answer::new(HeaderSet::None, full_body(text.to_owned())).with_status(status);
    match HeaderValue::from_str(content_type) {
        Ok(value) => answer.with_header(header::CONTENT_TYPE, value),
        Err(_) => answer,
    }
}
