//! The calls of putting back: plain requests over the run's transport.

use serde_json::Value;

use super::plan::Step;
use crate::exchange::{Body, RequestRecord, ResponseRecord};
use crate::shortened::shortened;
use crate::transport::{Planned, SendError, Transport};

/// Why something could not be read or put back.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The network: it may come back.
    Network(String),
    /// The org answered, and not as it should.
    Answer(String),
}

/// A way to the org.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calls<'a> {
    pub(crate) transport: &'a Transport,
}

impl Calls<'_> {
    /// Reads what has to be there.
    pub(super) async fn read(&self, step: &Step) -> Result<Value, Trouble> {
        good(step, &self.carry_out(step).await?)
    }

    /// Sends a step; 404 is an answer like any other.
    pub(super) async fn carry_out(&self, step: &Step) -> Result<ResponseRecord, Trouble> {
        self.send(&step.planned()).await
    }

    /// A step as a person may repeat it.
    pub(super) fn record(&self, step: &Step) -> Option<RequestRecord> {
        self.transport.record(&step.planned()).ok()
    }

    async fn send(&self, planned: &Planned) -> Result<ResponseRecord, Trouble> {
        match self.transport.send(planned).await {
            // The org is busy or broken: as good as gone for now.
            Ok(answered) if answered.response.status >= 500 || answered.response.status == 429 => {
                Err(Trouble::Network(told(planned, &answered.response)))
            }
            Ok(answered) => Ok(answered.response),
            Err(SendError::Failed(reason)) => Err(Trouble::Network(format!("no answer: {reason}"))),
            Err(SendError::Refused(reason) | SendError::Invalid(reason)) => Err(Trouble::Answer(reason)),
        }
    }
}

/// An exchange in one line.
pub(super) fn told(planned: &Planned, answer: &ResponseRecord) -> String {
    let body = answer.body.as_ref().map(Body::text).unwrap_or_default();
    let (method, path) = (&planned.method, &planned.path_template);
    format!("{method} {path} answered {} {}", answer.status, shortened(&body, 300)).trim_end().to_owned()
}

/// The body of a good answer to a step.
pub(super) fn good(step: &Step, answer: &ResponseRecord) -> Result<Value, Trouble> {
    match (&answer.body, answer.status) {
        (Some(Body::Json(value)), 200) => Ok(value.clone()),
        _ => Err(Trouble::Answer(told(&step.planned(), answer))),
    }
}
