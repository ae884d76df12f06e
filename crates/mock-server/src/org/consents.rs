//! Consents: codes, the redirect from the third-party app, the callback.

use super::attempt::Attempt;
use super::state::Org;
use super::third_party::ConsentMode;
use crate::rules::app::App;
use crate::rules::behaviour as rule;
use crate::rules::catalogue::AppKind;
use crate::rules::consent::{self, Consent};
use crate::rules::error::{OktaError, Parameter, Refusals};
use crate::rules::identifier::{AppId, Code, Seconds, State};

/// The data with which the flow continues after the redirect from the third-party app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Continuation {
    /// The app whose consent this is.
    pub(crate) app: AppId,
    /// The kind of the app.
    pub(crate) kind: AppKind,
    /// The code for the callback.
    pub(crate) code: Code,
    /// The state for the callback.
    pub(crate) state: State,
}

impl Org {
    /// Issues a code, as the third-party app does after the person allowed. Only a state of an open attempt
    /// at an app of this kind gets a code; nothing is stored for any other state.
    pub(crate) fn issue_code(&mut self, kind: AppKind, state: &str, redirect_uri: &str) -> Option<Code> {
        let now = self.clock.now();
        let attempt = self.attempts.get_mut(&State::parse(state)?)?;
        if self.apps.get(&attempt.app)?.kind() != Some(kind) {
            return None;
        }
        let code = self.random.code(state);
        attempt.codes.issue(code, redirect_uri, now);
        rule::THIRD_PARTY_OPEN_ATTEMPT.apply();
        Some(code)
    }

    /// Returns what the third-party app does when a client opens the authorize link of a state.
    pub(crate) fn consent_mode(&self, state: &str) -> ConsentMode {
        let attempt = State::parse(state).and_then(|state| self.attempts.get(&state));
        let behavior = attempt.map(|attempt| self.third_party.at(&attempt.app));
        behavior.unwrap_or_else(|| self.third_party.default()).consent
    }

    /// The redirect from the third-party app, with a code or an error.
    ///
    /// # Errors
    /// E0000001 for a state or code that is missing, unknown, expired or of another app, for a redirect URI
    /// other than the one the code was issued for, and for a denial.
    pub(crate) fn redirect(
        &self,
        kind: AppKind,
        redirect_uri: &str,
        code: Parameter<'_>,
        state: Parameter<'_>,
        error: Parameter<'_>,
    ) -> Result<Continuation, OktaError> {
        let now = self.clock.now();
        let mut refusals = Refusals::default();
        let error = refusals.take(error, None);
        let open = consent::state(state).and_then(|state| self.open_attempt(kind, state, now));
        let open = refusals.take(open.map(Some), None);
        // Either a code or an error is present (RFC 6749, 4.1.2).
        let code = if error.is_some() { Ok("") } else { consent::required(code, "code") };
        let code = refusals.take(code, "");
        let (state, attempt) = refusals.into_result(open)?.ok_or_else(consent::unknown_state)?;
        if error.is_some() {
            return Err(consent::denied());
        }
        let app = attempt.app;
        let code = attempt.codes.check(code, Some(redirect_uri), now)?;
        rule::CONSENT_CONTINUE_URL.apply();
        rule::CONSENT_CODE_KIND.apply();
        Ok(Continuation { app, kind, code, state })
    }

    /// Returns the open attempt with this state, at an app of this kind.
    fn open_attempt(
        &self,
        kind: AppKind,
        state: State,
        now: Seconds,
    ) -> Result<(State, &Attempt), OktaError> {
        let attempt = self.attempts.get(&state).ok_or_else(consent::unknown_state)?;
        let (_, instance) = self.app(attempt.app.as_str())?;
        if instance.kind() != Some(kind) {
            return Err(consent::unknown_state());
        }
        check_open_consent(instance, state, now)?;
        Ok((state, attempt))
    }

    /// POST /apps/{appName}/{appId}/oauth2/callback.
    ///
    /// # Errors
    /// E0000007 for an unknown app or an app name that does not match; E0000001 for an invalid code or
    /// state. The connection is then unchanged.
    pub(crate) fn verify_connection(
        &mut self,
        app_name: &str,
        id: &str,
        code: Parameter<'_>,
        state: Parameter<'_>,
    ) -> Result<(), OktaError> {
        let now = self.clock.now();
        let (id, app) = self.app(id)?;
        if app.name() != app_name || !app.kind().is_some_and(AppKind::consents) {
            return Err(OktaError::not_found(&rule::CONSENT_APP_NAME, id.as_str(), "AppInstance"));
        }
        let mut refusals = Refusals::default();
        let code = refusals.take(consent::required(code, "code"), "");
        let state = refusals.take(consent::state(state).map(Some), None);
        let state = refusals.into_result(state)?.ok_or_else(consent::unknown_state)?;
        check_open_consent(app, state, now)?;
        let attempt = self.attempts.get(&state).ok_or_else(consent::unknown_state)?;
        attempt.codes.check(code, None, now)?;
        if self.third_party.at(&id).refuses_code {
            return Err(OktaError::invalid(&rule::CONTROL_THIRD_PARTY, "code"));
        }
        let granted = Consent::granted(self.random.state(&id), now);
        let fresh = granted.state;
        if let Some(open) = self.app_mut(&id)?.connection.consent_mut() {
            *open = granted;
        }
        // The code is spent with its attempt; the authorize link begins a new attempt.
        self.attempts.remove(&state);
        self.attempts.insert(fresh, Attempt::new(id));
        rule::CONSENT_GRANTED.apply();
        Ok(())
    }

    /// Ages the attempt with this state, and the codes issued for it.
    ///
    /// # Errors
    /// E0000001 if no attempt with this state is open.
    pub(crate) fn age_consent(&mut self, state: &str, seconds: u32) -> Result<(), OktaError> {
        let parsed = State::parse(state).ok_or_else(consent::unknown_state)?;
        let attempt = self.attempts.get_mut(&parsed).ok_or_else(consent::unknown_state)?;
        attempt.codes.age(seconds);
        let app = attempt.app;
        if let Some(open) = self.app_mut(&app)?.connection.consent_mut() {
            open.started = open.started.plus(-i64::from(seconds));
        }
        Ok(())
    }
}

/// Checks that this state is the open one of the app and has not expired.
fn check_open_consent(app: &App, state: State, now: Seconds) -> Result<(), OktaError> {
    let consent = app.connection.consent().filter(|consent| consent.state == state);
    consent.ok_or_else(consent::unknown_state)?.check_open(now)
}
