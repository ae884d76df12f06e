//! Faults from Rust: an operation fails on purpose.

use std::time::Duration;

use super::super::MockOrg;
use super::super::operation::{self, Surface};
use super::state::Refused;
use crate::org::faults::{self, FaultAnswer, MAX_FAULTS};
use crate::rules::behaviour as rule;
use crate::rules::nearest::nearest;

/// A fault: what happens to the requests of an operation.
///
/// ```
/// use okta_mock_server::Fault;
///
/// let twice = Fault::status("activateDefaultProvisioningConnectionForApplication", 503).times(2);
/// # let _ = twice;
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Fault {
    operation: String,
    app: Option<String>,
    after: u64,
    times: Option<u64>,
    answer: FaultAnswer,
}

impl Fault {
    fn new(operation: &str, answer: FaultAnswer) -> Self {
        Self { operation: operation.to_owned(), app: None, after: 0, times: None, answer }
    }

    /// Answers this status, with Okta's error envelope. The request has no effect.
    pub fn status(operation: &str, status: u16) -> Self {
        Self::new(operation, FaultAnswer::Status { status, retry_after: None })
    }

    /// Answers later.
    pub fn delay(operation: &str, delay: Duration) -> Self {
        Self::new(operation, FaultAnswer::Delay(delay))
    }

    /// Closes the connection; the request has no effect.
    pub fn close_before(operation: &str) -> Self {
        Self::new(operation, FaultAnswer::CloseBefore)
    }

    /// Closes the connection after the request took effect.
    pub fn close_after(operation: &str) -> Self {
        Self::new(operation, FaultAnswer::CloseAfter)
    }

    /// Breaks the answer off after this many bytes of its body.
    pub fn truncate(operation: &str, bytes: usize) -> Self {
        Self::new(operation, FaultAnswer::Truncate(bytes))
    }

    /// Answers another body. The request has no effect.
    pub fn body(operation: &str, status: u16, content_type: &str, text: &str) -> Self {
        let (text, content_type) = (text.to_owned(), content_type.to_owned());
        Self::new(operation, FaultAnswer::Body { status, text, content_type })
    }

    /// Applies to requests of this app only.
    pub fn app(mut self, app: &str) -> Self {
        self.app = Some(app.to_owned());
        self
    }

    /// Lets this many requests pass first.
    pub const fn after(mut self, requests: u64) -> Self {
        self.after = requests;
        self
    }

    /// Applies to this many requests. Without it, the fault stays until it is removed.
    pub const fn times(mut self, requests: u64) -> Self {
        self.times = Some(requests);
        self
    }
}

impl MockOrg {
    /// Adds a fault, and returns its number.
    ///
    /// # Errors
    /// If there is no such operation, or there are too many faults.
    pub fn add_fault(&self, fault: Fault) -> Result<u64, Refused> {
        let Fault { operation, app, after, times, answer } = fault;
        let refused = |reason| Refused { reason, rule: rule::CONTROL_FAULT.name };
        let ids = || operation::ids(|surface| surface != Surface::Control);
        let operation = ids().find(|id| *id == operation).ok_or_else(|| {
            let hint = nearest(&operation, ids()).map(|id| format!("; did you mean {id}?"));
            refused(format!("there is no operation {operation:?}{}", hint.unwrap_or_default()))
        })?;
        let fault = faults::Fault { operation, app, after, times, answer };
        let added = self.lock().controlled().faults.add(fault);
        added.ok_or_else(|| refused(format!("there are {MAX_FAULTS} faults already")))
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.lock().controlled().faults.clear();
    }
}
