//! The calls of a restore: plain requests over the run's transport.

use serde_json::Value;

use super::plan::RestoreRequest;
use crate::exchange::{Body, RequestRecord, ResponseRecord};
use crate::shortened::shortened;
use crate::transport::{PlannedRequest, SendError, Transport};

/// The reason that something could not be read or restored.
#[derive(Debug)]
pub(crate) enum CallError {
    /// A network failure, which may be temporary.
    Network(String),
    /// An unexpected answer of the org.
    Answer(String),
}

/// A client of the org.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrgClient<'a> {
    pub(crate) transport: &'a Transport,
}

impl OrgClient<'_> {
    /// Sends a read that must succeed.
    pub(super) async fn read(&self, step: &RestoreRequest) -> Result<Value, CallError> {
        good(step, &self.carry_out(step).await?)
    }

    /// Sends a request; 404 is a valid answer.
    pub(super) async fn carry_out(&self, step: &RestoreRequest) -> Result<ResponseRecord, CallError> {
        self.send(&step.planned()).await
    }

    /// The request as shown to a person who repeats it.
    pub(super) fn record(&self, step: &RestoreRequest) -> Option<RequestRecord> {
        self.transport.record(&step.planned()).ok()
    }

    async fn send(&self, planned: &PlannedRequest) -> Result<ResponseRecord, CallError> {
        match self.transport.send(planned).await {
            // A busy or broken org counts as temporarily unreachable.
            Ok(answered) if answered.response.status >= 500 || answered.response.status == 429 => {
                Err(CallError::Network(describe(planned, &answered.response)))
            }
            Ok(answered) => Ok(answered.response),
            Err(SendError::Failed(reason)) => Err(CallError::Network(format!("no answer: {reason}"))),
            Err(SendError::Refused(reason) | SendError::Invalid(reason)) => Err(CallError::Answer(reason)),
        }
    }
}

/// An exchange in one line.
pub(super) fn describe(planned: &PlannedRequest, answer: &ResponseRecord) -> String {
    let body = answer.body.as_ref().map(Body::text).unwrap_or_default();
    let (method, path) = (&planned.method, &planned.path_template);
    format!("{method} {path} answered {} {}", answer.status, shortened(&body, 300)).trim_end().to_owned()
}

/// The body of a successful answer.
pub(super) fn good(step: &RestoreRequest, answer: &ResponseRecord) -> Result<Value, CallError> {
    match (&answer.body, answer.status) {
        (Some(Body::Json(value)), 200) => Ok(value.clone()),
        _ => Err(CallError::Answer(describe(&step.planned(), answer))),
    }
}
