//! The consent of a three-legged connection: its state, and its completion.

use super::behaviour as rule;
use super::error::{OktaError, Parameter};
use super::identifier::{Seconds, State};

/// Lifetime of an attempt, in seconds.
pub(crate) const STATE_LIFETIME: i64 = 3600;

/// A consent, with its open attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Consent {
    /// The single-use state of the open attempt.
    pub(crate) state: State,
    /// The time when the attempt began.
    pub(crate) started: Seconds,
    /// True if a callback has completed an attempt.
    pub(crate) granted: bool,
}

impl Consent {
    /// Checks that the attempt is still open.
    ///
    /// # Errors
    /// E0000001 if the state has expired.
    pub(crate) fn check_open(&self, now: Seconds) -> Result<(), OktaError> {
        if now >= self.started.plus(STATE_LIFETIME) {
            let cause = "state: The state has expired";
            return Err(OktaError::validation(&rule::CONSENT_STATE_EXPIRED, "state", cause));
        }
        Ok(())
    }

    /// Completes the attempt. The state is spent, and the authorize link gets a new one.
    #[must_use]
    pub(crate) const fn granted(fresh: State, now: Seconds) -> Self {
        Self { state: fresh, started: now, granted: true }
    }
}

/// Returns a required parameter of a redirect or callback.
///
/// # Errors
/// E0000001 naming the parameter if it is missing, blank or repeated.
pub(crate) fn required<'a>(value: Parameter<'a>, name: &str) -> Result<&'a str, OktaError> {
    value?
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| OktaError::blank(&rule::CONSENT_PARAMETER_MISSING, name))
}

/// Returns the state of a redirect or callback.
///
/// # Errors
/// E0000001 if it is missing or malformed.
pub(crate) fn state(value: Parameter<'_>) -> Result<State, OktaError> {
    State::parse(required(value, "state")?).ok_or_else(unknown_state)
}

/// Returns the refusal of a state that is not the open one of its app.
#[must_use]
pub(crate) fn unknown_state() -> OktaError {
    OktaError::invalid(&rule::CONSENT_STATE_UNKNOWN, "state")
}

/// Returns the refusal of a redirect with an error instead of a code (RFC 6749, 4.1.2.1).
#[must_use]
pub(crate) fn denied() -> OktaError {
    let cause = "The resource owner or the third-party app denied the request.";
    OktaError::validation(&rule::CONSENT_DENIED, "consent", cause)
}
