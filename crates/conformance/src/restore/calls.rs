//! The calls of putting back: plain requests over the run's transport.

use serde_json::Value;

use super::plan::RestoreRequest;
use crate::exchange::{Body, RequestRecord, ResponseRecord};
use crate::shortened::shortened;
use crate::transport::{PlannedRequest, SendError, Transport};

/// Why something could not be read or put back.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The network: it may come back.
    Network(String),
    /// The org answered, and not as it should.
    Answer(String),
}

/// A way to the org.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrgClient<'a> {
    pub(crate) transport: &'a Transport,
}

impl OrgClient<'_> {
    /// Reads what has to be there.
    pub(super) async fn read(&self, step: &RestoreRequest) -> Result<Value, CallError> {
        good(step, &self.carry_out(step).await?)
    }

    /// Sends a step; 404 is an answer like any other.
    pub(super) async fn carry_out(&self, step: &RestoreRequest) -> Result<ResponseRecord, CallError> {
        self.send(&step.planned()).await
    }

    /// A step as a person may repeat it.
    pub(super) fn record(&self, step: &RestoreRequest) -> Option<RequestRecord> {
        self.transport.record(&step.planned()).ok()
    }

    async fn send(&self, planned: &PlannedRequest) -> Result<ResponseRecord, CallError> {
        match self.transport.send(planned).await {
            // The org is busy or broken: as good as gone for now.
            Ok(answered) if answered.response.status >= 500 || answered.response.status == 429 => {
                Err(CallError::Network(told(planned, &answered.response)))
            }
            Ok(answered) => Ok(answered.response),
            Err(SendError::Failed(reason)) => Err(CallError::Network(format!("no answer: {reason}"))),
            Err(SendError::Refused(reason) | SendError::Invalid(reason)) => Err(CallError::Answer(reason)),
        }
    }
}

/// An exchange in one line.
pub(super) fn told(planned: &PlannedRequest, answer: &ResponseRecord) -> String {
    let body = answer.body.as_ref().map(Body::text).unwrap_or_default();
    let (method, path) = (&planned.method, &planned.path_template);
    format!("{method} {path} answered {} {}", answer.status, shortened(&body, 300)).trim_end().to_owned()
}

/// The body of a good answer to a step.
pub(super) fn good(step: &RestoreRequest, answer: &ResponseRecord) -> Result<Value, CallError> {
    match (&answer.body, answer.status) {
        (Some(Body::Json(value)), 200) => Ok(value.clone()),
        _ => Err(CallError::Answer(told(&step.planned(), answer))),
    }
}
