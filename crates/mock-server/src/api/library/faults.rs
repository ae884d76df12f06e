//! Faults from Rust: an operation fails on purpose.

use std::time::Duration;

use super::super::MockOrg;
use super::super::operation;
use super::state::Refused;
use crate::org::faults::{self, FaultAnswer};
use crate::rules::behaviour as rule;
use crate::rules::error::ErrorCode;

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

    /// Answers this status, from 200 to 599, with Okta's error envelope. The request has no effect.
    pub fn status(operation: &str, status: u16) -> Self {
        Self::new(operation, FaultAnswer::Status { status, retry_after: None })
    }

    /// Answers 429, with its headers and a window of the rate limit that ends in a second.
    pub fn rate_limited(operation: &str) -> Self {
        Self::new(operation, FaultAnswer::Error(ErrorCode::RateLimitExceeded))
    }

    /// Answers later, by at most a minute.
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

    /// Answers another body, of at most 64 KiB. The request has no effect.
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
    /// If there is no such operation, the answer cannot be sent, or there are too many faults.
    pub fn add_fault(&self, fault: Fault) -> Result<u64, Refused> {
        let Fault { operation, app, after, times, answer } = fault;
        let operation = operation::named(&operation, &rule::CONTROL_FAULT)?;
        let fault = faults::Fault { operation, app, after, times, answer };
        Ok(self.lock().controlled().faults.add(fault)?)
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.lock().controlled().faults.clear();
    }
}
