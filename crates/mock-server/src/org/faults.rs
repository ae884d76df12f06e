//! Faults: answers that the org gives on purpose in place of its own, or on the way to it.

use std::time::Duration;

use crate::rules::behaviour as rule;
use crate::rules::error::{ErrorCode, OktaError};

/// Maximum delay of an answer.
const MAX_DELAY: Duration = Duration::from_secs(60);
/// Maximum size of a body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The effect of a fault on a request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FaultAnswer {
    /// Another status, with Okta's envelope. The request has no effect.
    Status {
        /// The status.
        status: u16,
        /// The value of Retry-After, in seconds.
        retry_after: Option<u32>,
    },
    /// An error of Okta, with its own status and headers. The request has no effect.
    Error(ErrorCode),
    /// The own answer, after a delay.
    Delay(Duration),
    /// No answer: the connection is closed. The request has no effect.
    CloseBefore,
    /// No answer: the connection is closed. The request took effect.
    CloseAfter,
    /// The own answer, cut after this number of bytes of its body.
    Truncate(usize),
    /// Another body with status 200. The request has no effect.
    Body {
        /// The status.
        status: u16,
        /// The body.
        text: String,
        /// Its media type.
        content_type: String,
    },
}

impl FaultAnswer {
    /// Checks that the answer can be sent.
    fn check(&self) -> Result<(), String> {
        let is_text = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        match self {
            Self::Status { status, .. } | Self::Body { status, .. } if !(200..=599).contains(status) => {
                Err("status must be from 200 to 599".to_owned())
            }
            Self::Body { text, content_type, .. } if text.len() > MAX_BODY || !is_text(content_type) => {
                Err(format!("body is at most {MAX_BODY} bytes, and content_type a media type"))
            }
            Self::Delay(delay) if *delay > MAX_DELAY => {
                Err(format!("delay_ms is at most {}", MAX_DELAY.as_millis()))
            }
            _ => Ok(()),
        }
    }
}

/// A fault, and the requests that it applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The operationId.
    pub(crate) operation: &'static str,
    /// The app id in the path; any app if absent.
    pub(crate) app: Option<String>,
    /// Number of matching requests that are answered normally first.
    pub(crate) after: u64,
    /// Number of requests that the fault then applies to; all if absent.
    pub(crate) times: Option<u64>,
    /// The effect.
    pub(crate) answer: FaultAnswer,
}

/// A fault with its number and the number of requests that matched it.
#[derive(Clone, Debug)]
pub(crate) struct CountedFault {
    /// The number of the fault, counted from one.
    pub(crate) id: u64,
    /// The fault.
    pub(crate) fault: Fault,
    /// Number of requests that matched.
    matched: u64,
}

impl CountedFault {
    /// Returns the number of requests that the fault was applied to.
    pub(crate) fn applied(&self) -> u64 {
        let applied = self.matched.saturating_sub(self.fault.after);
        self.fault.times.map_or(applied, |times| applied.min(times))
    }

    /// Counts a request that matches, and returns true if the fault applies to it.
    fn count(&mut self) -> bool {
        let before = self.applied();
        self.matched += 1;
        self.applied() > before
    }
}

/// The faults of an org, in the order in which they were added.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    faults: Vec<CountedFault>,
    last_id: u64,
    limit: usize,
}

impl Faults {
    /// Creates an empty list that takes at most this many faults.
    pub(crate) const fn new(limit: usize) -> Self {
        Self { faults: Vec::new(), last_id: 0, limit }
    }

    /// Returns true if there is no fault.
    pub(crate) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Adds a fault and returns its number.
    ///
    /// # Errors
    /// E0000001 if its answer cannot be sent, or there are too many faults.
    pub(crate) fn add(&mut self, fault: Fault) -> Result<u64, OktaError> {
        let refused = |cause: String| OktaError::validation(&rule::CONTROL_FAULT, "answer", cause);
        fault.answer.check().map_err(|cause| refused(format!("answer: {cause}")))?;
        if self.faults.len() >= self.limit {
            return Err(refused(format!("answer: there are {} faults already", self.limit)));
        }
        self.last_id += 1;
        self.faults.push(CountedFault { id: self.last_id, fault, matched: 0 });
        Ok(self.last_id)
    }

    /// Returns the number and effect of the fault for a request, if one applies. Of several, the first one
    /// added applies. A request counts for that one, and for each before it that lets it pass (`after`).
    pub(crate) fn apply(&mut self, operation: &str, app: &str) -> Option<(u64, FaultAnswer)> {
        let matches = |fault: &Fault| {
            fault.operation == operation && fault.app.as_deref().is_none_or(|named| named == app)
        };
        let is_spent =
            |counted: &CountedFault| counted.fault.times.is_some_and(|times| counted.applied() >= times);
        let mut candidates =
            self.faults.iter_mut().filter(|counted| matches(&counted.fault) && !is_spent(counted));
        candidates.find_map(|counted| counted.count().then(|| (counted.id, counted.fault.answer.clone())))
    }

    /// Returns all faults.
    pub(crate) fn all(&self) -> &[CountedFault] {
        &self.faults
    }

    /// Removes a fault. Returns false if there is none with this number.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.faults.len();
        self.faults.retain(|counted| counted.id != id);
        self.faults.len() < before
    }

    /// Removes all faults.
    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn fault(operation: &'static str, after: u64, times: Option<u64>) -> Fault {
        let answer = FaultAnswer::Status { status: 503, retry_after: None };
        Fault { operation, app: None, after, times, answer }
    }

    fn applied(faults: &mut Faults, requests: usize) -> Vec<Option<u64>> {
        (0..requests).map(|_| faults.apply("read", "0oa1").map(|(id, _)| id)).collect()
    }

    #[test]
    fn a_fault_applies_a_number_of_times_after_a_number_of_requests() {
        let mut faults = Faults::new(1_000);
        faults.add(fault("read", 1, Some(2))).unwrap();
        assert_eq!(applied(&mut faults, 5), [None, Some(1), Some(1), None, None]);
        assert_eq!(faults.all().first().map(CountedFault::applied), Some(2));
    }

    #[test]
    fn of_several_faults_the_first_one_that_is_not_spent_applies() {
        let mut faults = Faults::new(1_000);
        faults.add(fault("read", 0, Some(1))).unwrap();
        faults.add(fault("other", 0, None)).unwrap();
        faults.add(fault("read", 0, None)).unwrap();
        assert_eq!(applied(&mut faults, 3), [Some(1), Some(3), Some(3)]);
        assert!(faults.remove(3) && !faults.remove(3));
        assert_eq!(applied(&mut faults, 1), [None]);
    }

    #[test]
    fn a_fault_of_an_app_leaves_the_others_alone() {
        let mut faults = Faults::new(1_000);
        faults.add(Fault { app: Some("0oa2".to_owned()), ..fault("read", 0, None) }).unwrap();
        assert_eq!(applied(&mut faults, 1), [None]);
    }

    #[test]
    fn the_number_of_faults_is_bounded() {
        let mut faults = Faults::new(1_000);
        let added = (0..1500).filter(|_| faults.add(fault("read", 0, None)).is_ok()).count();
        assert_eq!(added, 1_000);
    }
}
