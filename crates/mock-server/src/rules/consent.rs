//! The consent of a three-legged connection: its state, and what completes it.

use super::behaviour as rule;
use super::error::{OktaError, Parameter};
use super::identifier::{Seconds, State};

/// How long an attempt may take, in seconds.
pub(crate) const STATE_LIFETIME: i64 = 3600;

/// A consent: whether it was given, and the attempt that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Consent {
    /// The single-use state of the open attempt.
    pub(crate) state: State,
    /// When the attempt began.
    pub(crate) started: Seconds,
    /// Whether a callback has completed an attempt.
    pub(crate) granted: bool,
}

impl Consent {
    /// Checks that the attempt is still open.
    ///
    /// # Errors
    /// E0000001 once the state has expired.
    pub(crate) fn check_open(&self, now: Seconds) -> Result<(), OktaError> {
        if now >= self.started.plus(STATE_LIFETIME) {
            let cause = "state: The state has expired";
            return Err(OktaError::validation(&rule::CONSENT_STATE_EXPIRED, "state", cause));
        }
        Ok(())
    }

    /// Completes the attempt: its state is spent, and a fresh one current in the authorize link.
    #[must_use]
    pub(crate) const fn granted(fresh: State, now: Seconds) -> Self {
        Self { state: fresh, started: now, granted: true }
    }
}

/// A parameter of a redirect or callback that has to be there.
///
/// # Errors
/// E0000001 naming it when it is missing, blank or given more than once.
pub(crate) fn required<'a>(value: Parameter<'a>, name: &str) -> Result<&'a str, OktaError> {
    value?
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| OktaError::blank(&rule::CONSENT_PARAMETER_MISSING, name))
}

/// The state of a redirect or callback.
///
/// # Errors
/// E0000001 when it is missing or not of the form of a state.
pub(crate) fn state(value: Parameter<'_>) -> Result<State, OktaError> {
    State::parse(required(value, "state")?).ok_or_else(unknown_state)
}

/// The refusal of a state that is not the open one of the app it is used for.
#[must_use]
pub(crate) fn unknown_state() -> OktaError {
    OktaError::invalid(&rule::CONSENT_STATE_UNKNOWN, "state")
}

/// The refusal of a redirect that carries an error instead of a code (RFC 6749, 4.1.2.1).
#[must_use]
pub(crate) fn denied() -> OktaError {
    let cause = "The resource owner or the third-party app denied the request.";
    OktaError::validation(&rule::CONSENT_DENIED, "consent", cause)
}
