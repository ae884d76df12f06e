//! A connection as a state document describes it: any state that an org can reach, without secrets.

use super::credential::Credential;
use super::instance::{AppFacts, Connection, NOT_AUTHORIZED, Status, unverified};
use super::request::{service_app, token_credential};
use crate::rules::behaviour as rule;
use crate::rules::body::{Members, Object};
use crate::rules::catalogue::OauthScheme;
use crate::rules::consent::Consent;
use crate::rules::error::{OktaError, Refusals};
use crate::rules::identifier::{Seconds, State};

impl Connection {
    /// Reads a connection: `status`, `baseUrl`, `profile`, `consented`, and `authorize` with the state of the
    /// open attempt. Without `authorize`, the attempt is the one given.
    ///
    /// # Errors
    /// E0000003 for members of a wrong type. E0000001 for values that the app does not accept, and for a
    /// state that no org reaches, such as ENABLED without a consent.
    pub(crate) fn described(
        app: AppFacts<'_>,
        body: &Object<'_>,
        attempt: impl FnOnce() -> Consent,
    ) -> Result<Self, OktaError> {
        let members = Members::from(body);
        let status = status(members)?;
        let profile = members.object("profile")?;
        let profile =
            profile.ok_or_else(|| OktaError::blank(&rule::CONNECTION_PROFILE_MISSING, "profile"))?;
        let schemes = app.provisioning.schemes;
        let credential = match (profile.text("authScheme")?, schemes.token, schemes.oauth2) {
            (None, ..) => Err(OktaError::blank(&rule::CONNECTION_PROFILE_MISSING, "authScheme")),
            (Some("TOKEN"), Some(scheme), _) => {
                let mut refusals = Refusals::default();
                let credential = token_credential(members.text("baseUrl")?, scheme, &mut refusals);
                refusals.into_result(credential)
            }
            (Some("OAUTH2"), _, Some(OauthScheme::ServiceApp)) => service_app(profile),
            (Some("OAUTH2"), _, Some(_)) => consent(members, attempt).map(Credential::Consent),
            _ => Err(OktaError::invalid(&rule::CONNECTION_SCHEME_REFUSED, "authScheme")),
        }?;
        match &credential {
            Credential::Consent(consent) if status == Status::Enabled && !consent.granted => {
                let refusal = unverified(&rule::CONNECTION_ACTIVATE_CONSENT_MISSING, NOT_AUTHORIZED);
                Err(refusal.because("consented: An enabled connection needs a consent"))
            }
            _ => Ok(Self::Set { credential, status }),
        }
    }
}

fn status(members: Members<'_>) -> Result<Status, OktaError> {
    match members.text("status")? {
        Some("ENABLED") => Ok(Status::Enabled),
        None | Some("DISABLED") => Ok(Status::Disabled),
        Some(_) => Err(OktaError::invalid(&rule::CONTROL_STATE, "status")),
    }
}

fn consent(members: Members<'_>, attempt: impl FnOnce() -> Consent) -> Result<Consent, OktaError> {
    let granted = members.boolean("consented")?.unwrap_or_default();
    let Some(authorize) = members.object("authorize")? else { return Ok(Consent { granted, ..attempt() }) };
    let mut refusals = Refusals::default();
    let invalid = |member| OktaError::invalid(&rule::CONTROL_STATE, member);
    let state = authorize.text("state")?.and_then(State::parse).ok_or_else(|| invalid("state"));
    let started = authorize.text("started")?.and_then(Seconds::parse).ok_or_else(|| invalid("started"));
    let state = refusals.take(state.map(Some), None);
    let started = refusals.take(started.map(Some), None);
    let attempt = refusals.into_result(state.zip(started))?;
    let (state, started) = attempt.ok_or_else(|| invalid("authorize"))?;
    Ok(Consent { state, started, granted })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Verification;
    use serde_json::{Value, json};

    use super::*;
    use crate::rules::body::parse_object;
    use crate::rules::catalogue::AppKind;

    fn described(kind: AppKind, body: &Value) -> Result<Connection, OktaError> {
        let provisioning = kind.definition().provisioning.as_ref().unwrap();
        let facts =
            AppFacts { provisioning, is_active: true, base_url: None, verification: Verification::NotAsked };
        let attempt = Consent { state: State([7; 16]), started: Seconds(5), granted: false };
        Connection::described(facts, &parse_object(body.to_string().as_bytes())?, || attempt)
    }

    #[test]
    fn every_state_that_an_org_reaches_can_be_described() {
        for (kind, body, enabled) in [
            (AppKind::Google, json!({"profile": {"authScheme": "OAUTH2"}}), false),
            (
                AppKind::Google,
                json!({"status": "ENABLED", "profile": {"authScheme": "OAUTH2"}, "consented": true}),
                true,
            ),
            (
                AppKind::Zscaler,
                json!({"status": "ENABLED", "baseUrl": "https://s", "profile": {"authScheme": "TOKEN"}}),
                true,
            ),
            // Set again without verification: the connection stays enabled.
            (
                AppKind::Zscaler,
                json!({"status": "ENABLED", "baseUrl": "no url", "profile": {"authScheme": "TOKEN"}}),
                true,
            ),
            (AppKind::Org2Org, json!({"profile": {"authScheme": "OAUTH2", "clientId": "c"}}), false),
        ] {
            assert_eq!(described(kind, &body).unwrap().is_enabled(), enabled, "{body}");
        }
    }

    #[test]
    fn a_state_that_no_org_reaches_is_refused_with_its_rule() {
        for (kind, body, rule) in [
            (
                AppKind::Google,
                json!({"status": "ENABLED", "profile": {"authScheme": "OAUTH2"}}),
                "connection.activate.consent-missing",
            ),
            (AppKind::Google, json!({"profile": {"authScheme": "TOKEN"}}), "connection.scheme-refused"),
            (AppKind::Zscaler, json!({"profile": {"authScheme": "TOKEN"}}), "connection.member-blank"),
            (AppKind::Google, json!({"status": "ENABLED"}), "connection.profile-missing"),
            (AppKind::Google, json!({"status": "on"}), "control.state"),
            (AppKind::Google, json!({"profile": 1}), "body.wrong-type"),
        ] {
            assert_eq!(described(kind, &body).unwrap_err().rule.name, rule, "{body}");
        }
    }

    #[test]
    fn an_open_attempt_keeps_its_state() {
        let body = json!({"profile": {"authScheme": "OAUTH2"}, "authorize": {"state": State([9; 16]).to_string(), "started": "2026-01-31T12:00:00Z"}});
        let connection = described(AppKind::Google, &body).unwrap();
        let consent = connection.consent().unwrap();
        assert_eq!((consent.state, consent.started), (State([9; 16]), Seconds(1_769_860_800)));
        let body = json!({"profile": {"authScheme": "OAUTH2"}, "authorize": {"state": "x", "started": 1}});
        assert_eq!(described(AppKind::Google, &body).unwrap_err().rule.name, "body.wrong-type");
    }
}
