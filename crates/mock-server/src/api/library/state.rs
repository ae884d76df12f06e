//! The state of an org from Rust.

use std::time::SystemTime;

use super::super::MockOrg;
use super::super::render::state::StateDocument;
use super::super::render::to_json;
use crate::org::clock::{Clock, ClockEnd};
use crate::org::document::LoadError;
use crate::org::rate::{RateLimit, RateWindow};
use crate::org::third_party::{ConsentMode, ThirdPartyBehavior};
use crate::rules::body::{check_no_unknown_members, parse_object};
use crate::rules::error::OktaError;

/// A refusal by the rules of the org.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} ({rule})")]
#[non_exhaustive]
pub struct Refused {
    /// The causes, or the summary of an error without causes.
    pub reason: String,
    /// The entry of the [rule book](crate::RULE_BOOK) that refused.
    pub rule: &'static str,
}

impl From<OktaError> for Refused {
    fn from(error: OktaError) -> Self {
        let reason = match error.causes.is_empty() {
            true => error.summary.into_owned(),
            false => error.causes.join("; "),
        };
        Self { reason, rule: error.rule.name }
    }
}

impl MockOrg {
    /// Returns the state of the org as a JSON document, without secrets. `fixtures/orgs/org.schema.json` is
    /// its schema.
    #[must_use]
    pub fn state(&self) -> String {
        let state = StateDocument::new(&self.lock());
        String::from_utf8_lossy(&to_json(&state)).into_owned()
    }

    /// Replaces all apps of the org by those of a JSON document, or changes nothing.
    ///
    /// # Errors
    /// If the document is malformed, or the rules refuse an app or its state.
    pub fn replace_state(&self, document: &str) -> Result<(), LoadError> {
        let mut org = self.lock();
        let next = org.with_state(document)?;
        org.controlled().org = next;
        Ok(())
    }

    /// Puts an app straight into a state: a JSON object with `status`, `connection` and `features`, as in a
    /// state document. Members that are absent stay as they are.
    ///
    /// # Errors
    /// If there is no such app, or the rules refuse the state.
    pub fn set_app_state(&self, app: &str, state: &str) -> Result<(), Refused> {
        let members = parse_object(state.as_bytes())?;
        self.lock().describe_app(app, &members, check_no_unknown_members)?;
        Ok(())
    }

    /// Keeps the state of the org under a name. Returns false if there are too many checkpoints.
    pub fn keep_checkpoint(&self, name: &str) -> bool {
        self.lock().controlled().keep_checkpoint(name)
    }

    /// Puts the org into the state of a checkpoint. Returns false if there is no such checkpoint.
    pub fn restore_checkpoint(&self, name: &str) -> bool {
        self.lock().controlled().restore_checkpoint(name)
    }

    /// Freezes the org's clock at this time, in whole seconds.
    ///
    /// # Errors
    /// If the time is before 1970 or after the end of the clock.
    pub fn freeze_clock(&self, time: SystemTime) -> Result<(), ClockEnd> {
        let clock = Clock::frozen_at(time).ok_or(ClockEnd)?;
        self.lock().clock = clock;
        Ok(())
    }

    /// Returns how the third-party app of an app answers, or without one, those that have no behavior of their
    /// own.
    ///
    /// # Errors
    /// If there is no such app.
    pub fn third_party(&self, app: Option<&str>) -> Result<ThirdPartyBehavior, Refused> {
        let org = self.lock();
        Ok(match app {
            Some(app) => org.third_party.at(&org.app(app)?.0),
            None => org.third_party.default(),
        })
    }

    /// Sets how the third-party app of an app answers, or without one, those that have no behavior of their
    /// own.
    ///
    /// # Errors
    /// If there is no such app.
    pub fn set_third_party(&self, app: Option<&str>, behavior: ThirdPartyBehavior) -> Result<(), Refused> {
        let mut org = self.lock();
        let app = app.map(|id| org.app(id).map(|(id, _)| id)).transpose()?;
        org.third_party.set(app, behavior);
        Ok(())
    }

    /// Makes third-party apps refuse or accept the credential of a connection that is activated.
    pub fn refuse_credentials(&self, refuse: bool) {
        let mut org = self.lock();
        let behavior = org.third_party.default();
        org.third_party.set(None, ThirdPartyBehavior { refuses_credential: refuse, ..behavior });
    }

    /// Sets what third-party apps do when a client opens the authorize link.
    pub fn set_consent(&self, consent: ConsentMode) {
        let mut org = self.lock();
        let behavior = org.third_party.default();
        org.third_party.set(None, ThirdPartyBehavior { consent, ..behavior });
    }

    /// Answers 429 after this many requests in a window of seconds, from now on.
    ///
    /// # Errors
    /// If the window is empty or longer than an hour.
    pub fn set_rate_limit(&self, requests: u32, seconds: u32) -> Result<(), Refused> {
        let limit = RateLimit::new(requests, seconds)?;
        self.lock().rate = RateWindow::new(Some(limit));
        Ok(())
    }

    /// Ends the enforced rate limit.
    pub fn remove_rate_limit(&self) {
        self.lock().rate = RateWindow::new(None);
    }
}
