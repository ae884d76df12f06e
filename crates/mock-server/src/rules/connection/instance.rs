//! The default provisioning connection of an app: its settings and states.

use std::borrow::Cow;

use super::credential::Credential;
use super::request::Request;
use crate::rules::behaviour as rule;
use crate::rules::body::Object;
use crate::rules::catalogue::{OauthScheme, Provisioning};
use crate::rules::consent::Consent;
use crate::rules::error::OktaError;

/// The status of a connection that was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// In use.
    Enabled,
    /// Not in use.
    Disabled,
}

impl Status {
    /// Returns the status as Okta writes it.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Disabled => "DISABLED",
        }
    }
}

/// The connection of an app that supports provisioning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Connection {
    /// Never set.
    #[default]
    NeverSet,
    /// Set.
    Set {
        /// The credential.
        credential: Credential,
        /// The status.
        status: Status,
    },
}

/// A link of a connection object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Activate it.
    Activate,
    /// Read or set it.
    SelfLink,
    /// Deactivate it.
    Deactivate,
    /// Consent at the third-party app.
    Authorize,
}

/// The facts about a connection's app that the rules need.
#[derive(Clone, Copy)]
pub(crate) struct AppFacts<'a> {
    /// The app's provisioning, from the catalogue.
    pub(crate) provisioning: &'static Provisioning,
    /// True if the app is ACTIVE.
    pub(crate) is_active: bool,
    /// The app's `settings.app.baseUrl`, if any.
    pub(crate) base_url: Option<&'a str>,
    /// What the target says of the credential when it is verified.
    pub(crate) verification: Verification<'a>,
}

/// What the target of a connection says of its credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verification<'a> {
    /// Nothing: the target is not an org of this process. The credential is trusted.
    NotAsked,
    /// An org of this process accepts it.
    Accepted,
    /// The third-party app was told to refuse it.
    Refused,
    /// An org of this process refuses it, with this reason.
    RefusedByOrg(&'a str),
}

impl Connection {
    /// Returns true if the connection is ENABLED.
    #[must_use]
    pub(crate) const fn is_enabled(&self) -> bool {
        matches!(self, Self::Set { status: Status::Enabled, .. })
    }

    /// Returns the links of this state, in the recorded order.
    #[must_use]
    pub(crate) fn links(&self) -> &'static [Relation] {
        match self {
            Self::Set { status: Status::Enabled, .. } => &[Relation::SelfLink, Relation::Deactivate],
            Self::Set { credential: Credential::Consent(_), .. } => {
                rule::CONNECTION_AUTHORIZE_LINK.apply();
                rule::CONNECTION_AUTHORIZE_PARAMETERS.apply();
                &[Relation::Activate, Relation::SelfLink, Relation::Authorize]
            }
            Self::Set { .. } | Self::NeverSet => &[Relation::Activate, Relation::SelfLink],
        }
    }

    /// Returns the credential, if the connection was set.
    pub(crate) const fn credential(&self) -> Option<&Credential> {
        match self {
            Self::Set { credential, .. } => Some(credential),
            Self::NeverSet => None,
        }
    }

    /// Returns the consent, if the connection needs one.
    #[must_use]
    pub(crate) const fn consent(&self) -> Option<&Consent> {
        match self {
            Self::Set { credential: Credential::Consent(consent), .. } => Some(consent),
            _ => None,
        }
    }

    /// Returns the consent for modification, if the connection needs one.
    pub(crate) const fn consent_mut(&mut self) -> Option<&mut Consent> {
        match self {
            Self::Set { credential: Credential::Consent(consent), .. } => Some(consent),
            _ => None,
        }
    }

    /// POST connections/default. Returns the new connection.
    ///
    /// `attempt` is the consent attempt to begin, if the app needs one.
    ///
    /// # Errors
    /// E0000003 for members of a wrong type. E0000001 for values that the app does not accept and, with
    /// `activate`, for a credential that cannot be verified. The connection itself does not change.
    pub(crate) fn set(
        &self,
        app: AppFacts<'_>,
        body: &Object<'_>,
        activate: bool,
        attempt: Consent,
    ) -> Result<Self, OktaError> {
        let request = Request::read(body)?;
        let credential = request.credential(app.provisioning, self.kept_grant(attempt))?;
        let status = match self {
            Self::Set { status, credential: before } if before.same_scheme(&credential) => *status,
            _ => Status::Disabled,
        };
        if self.is_enabled() {
            rule::CONNECTION_RESET.apply();
        }
        let next = Self::Set { credential, status };
        if activate {
            return next.verified(app);
        }
        rule::CONNECTION_NOT_VERIFIED.apply();
        Ok(next)
    }

    /// Keeps the grant of the current consent for a new attempt.
    fn kept_grant(&self, attempt: Consent) -> Consent {
        let granted = self.consent().is_some_and(|consent| consent.granted);
        Consent { granted, ..attempt }
    }

    /// POST lifecycle/activate. Returns the enabled connection; an enabled one stays as it is (sdk).
    ///
    /// # Errors
    /// E0000001 if there is no credential to verify, or it cannot be valid.
    pub(crate) fn activated(&self, app: AppFacts<'_>) -> Result<Self, OktaError> {
        if self.is_enabled() {
            rule::CONNECTION_LIFECYCLE_IDEMPOTENT.apply();
            return Ok(self.clone());
        }
        self.verified(app)
    }

    /// Verifies the stored credential and returns the enabled connection.
    fn verified(&self, app: AppFacts<'_>) -> Result<Self, OktaError> {
        if !app.is_active {
            return Err(unverified(
                &rule::CONNECTION_ACTIVATE_APP_INACTIVE,
                "Verification failed: The app instance is not active.",
            ));
        }
        let Self::Set { credential, .. } = self else {
            // A connection with consent has no URL that could be wrong.
            let consents = app.provisioning.schemes.oauth2.is_some_and(OauthScheme::needs_consent);
            let cause = if consents { NOT_AUTHORIZED } else { INVALID_URL };
            return Err(unverified(&rule::CONNECTION_ACTIVATE_NEVER_SET, cause));
        };
        credential.verify(app)?;
        match app.verification {
            Verification::NotAsked => rule::CONNECTION_ACTIVATE_TRUSTED.apply(),
            Verification::Accepted => rule::CONNECTION_ACTIVATE_VERIFIED.apply(),
            Verification::Refused => {
                return Err(unverified(&rule::CONTROL_THIRD_PARTY, credential.refusal()));
            }
            Verification::RefusedByOrg(reason) => {
                let cause = format!("Verification failed: {reason}");
                return Err(unverified(&rule::CONNECTION_ACTIVATE_VERIFIED, cause));
            }
        }
        Ok(Self::Set { credential: credential.clone(), status: Status::Enabled })
    }

    /// POST lifecycle/deactivate. Returns the disabled connection, without verifying anything (sdk).
    #[must_use]
    pub(crate) fn deactivated(&self) -> Self {
        match self {
            Self::NeverSet => {
                rule::CONNECTION_DEACTIVATE_NEVER_SET.apply();
                Self::NeverSet
            }
            Self::Set { credential, status } => {
                if *status == Status::Disabled {
                    rule::CONNECTION_LIFECYCLE_IDEMPOTENT.apply();
                }
                Self::Set { credential: credential.clone(), status: Status::Disabled }
            }
        }
    }
}

/// The only verification failure whose text is known (sdk).
const INVALID_URL: &str = "Verification failed: Invalid URL. Not authorized.";
/// The verification failure of a connection without URL (inferred).
pub(super) const NOT_AUTHORIZED: &str = "Verification failed: Not authorized.";

pub(super) fn unverified(rule: &'static rule::Rule, cause: impl Into<Cow<'static, str>>) -> OktaError {
    OktaError::validation(rule, "credential", cause)
}

impl Credential {
    /// Returns true if two credentials have the same scheme (TOKEN or OAUTH2).
    const fn same_scheme(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Token { .. }, Self::Token { .. })
                | (Self::ServiceApp { .. } | Self::Consent(_), Self::ServiceApp { .. } | Self::Consent(_))
        )
    }

    /// Returns the cause of a verification that failed.
    const fn refusal(&self) -> &'static str {
        match self {
            Self::Token { .. } => INVALID_URL,
            Self::ServiceApp { .. } | Self::Consent(_) => NOT_AUTHORIZED,
        }
    }

    fn verify(&self, app: AppFacts<'_>) -> Result<(), OktaError> {
        match self {
            Self::Token { base_url, .. } => {
                if !is_http_url(base_url.as_deref().or(app.base_url)) {
                    return Err(unverified(&rule::CONNECTION_ACTIVATE_INVALID_URL, INVALID_URL));
                }
            }
            Self::Consent(consent) if !consent.granted => {
                return Err(unverified(&rule::CONNECTION_ACTIVATE_CONSENT_MISSING, NOT_AUTHORIZED));
            }
            Self::Consent(_) | Self::ServiceApp { .. } => {}
        }
        Ok(())
    }
}

fn is_http_url(text: Option<&str>) -> bool {
    text.and_then(|text| url::Url::parse(text).ok())
        .is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::rules::body::parse_object;
    use crate::rules::catalogue::AppKind;
    use crate::rules::identifier::{Seconds, State};

    fn attempt() -> Consent {
        Consent { state: State([1; 16]), started: Seconds(0), granted: false }
    }

    fn facts(kind: AppKind) -> AppFacts<'static> {
        let provisioning = kind.definition().provisioning.as_ref().unwrap();
        AppFacts { provisioning, is_active: true, base_url: None, verification: Verification::NotAsked }
    }

    fn post(
        connection: &Connection,
        app: AppFacts<'_>,
        body: &Value,
        activate: bool,
    ) -> Result<Connection, OktaError> {
        connection.set(app, &parse_object(body.to_string().as_bytes())?, activate, attempt())
    }

    fn set(kind: AppKind, body: &Value) -> Result<Connection, OktaError> {
        post(&Connection::NeverSet, facts(kind), body, false)
    }

    #[test]
    fn each_app_accepts_the_request_of_the_guide() {
        let token = json!({"profile": {"authScheme": "TOKEN", "token": "t"}});
        let zscaler =
            json!({"baseUrl": "https://z.example/scim", "profile": {"authScheme": "TOKEN", "token": "t"}});
        let consent = json!({"profile": {"authScheme": "OAUTH2"}});
        let office = json!({"profile": {"authScheme": "OAUTH2", "settings": {"adminUsername": "u", "adminPassword": "p"}}});
        let service = json!({"profile": {"authScheme": "OAUTH2", "clientId": "0oa1", "signing": {"rotationMode": "AUTO"}}});
        for (kind, body) in [
            (AppKind::Org2Org, &token),
            (AppKind::Zscaler, &zscaler),
            (AppKind::Google, &consent),
            (AppKind::Slack, &consent),
            (AppKind::Zoom, &consent),
            (AppKind::Office365, &office),
            (AppKind::Org2Org, &service),
        ] {
            let connection = set(kind, body).unwrap();
            assert!(matches!(connection, Connection::Set { status: Status::Disabled, .. }), "{kind:?}");
        }
    }

    #[test]
    fn missing_members_of_the_scheme_are_named() {
        for (kind, body, subject) in [
            (AppKind::Org2Org, json!({}), "profile"),
            (AppKind::Org2Org, json!({"profile": {}}), "authScheme"),
            (AppKind::Org2Org, json!({"profile": {"authScheme": "TOKEN"}}), "token"),
            (AppKind::Org2Org, json!({"profile": {"authScheme": "TOKEN", "token": " "}}), "token"),
            (AppKind::Org2Org, json!({"profile": {"authScheme": "OAUTH2"}}), "clientId"),
            (
                AppKind::Org2Org,
                json!({"profile": {"authScheme": "OAUTH2", "clientId": "c", "signing": {}}}),
                "rotationMode",
            ),
            (
                AppKind::Org2Org,
                json!({"profile": {"authScheme": "OAUTH2", "clientId": "c", "signing": {"rotationMode": "auto"}}}),
                "rotationMode",
            ),
            (AppKind::Zscaler, json!({"profile": {"authScheme": "TOKEN", "token": "t"}}), "baseUrl"),
            (AppKind::Zscaler, json!({"profile": {"authScheme": "OAUTH2"}}), "authScheme"),
            (AppKind::Google, json!({"profile": {"authScheme": "TOKEN", "token": "t"}}), "authScheme"),
            (AppKind::Google, json!({"profile": {"authScheme": "OAUTH"}}), "authScheme"),
            (AppKind::Google, json!({"profile": {"authScheme": "UNKNOWN"}}), "authScheme"),
            (AppKind::Office365, json!({"profile": {"authScheme": "OAUTH2"}}), "settings"),
            (
                AppKind::Office365,
                json!({"profile": {"authScheme": "OAUTH2", "settings": {"adminUsername": "u"}}}),
                "adminPassword",
            ),
        ] {
            let error = set(kind, &body).unwrap_err();
            assert_eq!(error.summary, format!("Api validation failed: {subject}"), "{kind:?} {body}");
        }
    }

    #[test]
    fn a_wrong_json_type_is_a_malformed_body() {
        for body in [
            json!({"profile": []}),
            json!({"profile": {"authScheme": 1}}),
            json!({"profile": {"authScheme": "TOKEN", "token": true}}),
            json!({"baseUrl": {}, "profile": {"authScheme": "TOKEN", "token": "t"}}),
            json!({"profile": {"authScheme": "OAUTH2", "clientId": "c", "signing": "AUTO"}}),
        ] {
            assert_eq!(set(AppKind::Org2Org, &body).unwrap_err().rule.name, "body.wrong-type", "{body}");
        }
    }

    #[test]
    fn only_a_changed_scheme_disables_the_connection() {
        let app = AppFacts { base_url: Some("https://hub.example.com"), ..facts(AppKind::Org2Org) };
        let token = json!({"profile": {"authScheme": "TOKEN", "token": "t"}});
        let oauth = json!({"profile": {"authScheme": "OAUTH2", "clientId": "c"}});
        let enabled = post(&Connection::NeverSet, app, &token, true).unwrap();
        assert!(enabled.is_enabled());
        let again = post(&enabled, app, &token, false).unwrap();
        assert!(again.is_enabled());
        let changed = post(&enabled, app, &oauth, false).unwrap();
        assert!(!changed.is_enabled());
    }

    #[test]
    fn activation_verifies_the_credential() {
        let token = json!({"profile": {"authScheme": "TOKEN", "token": "t"}});
        let no_url = post(&Connection::NeverSet, facts(AppKind::Org2Org), &token, true);
        assert_eq!(no_url.unwrap_err().causes, [INVALID_URL]);
        let consent = set(AppKind::Google, &json!({"profile": {"authScheme": "OAUTH2"}})).unwrap();
        let error = consent.activated(facts(AppKind::Google)).unwrap_err();
        assert_eq!(error.rule.name, "connection.activate.consent-missing");
        let never = Connection::NeverSet.activated(facts(AppKind::Google)).unwrap_err();
        assert_eq!(never.rule.name, "connection.activate.never-set");
        let inactive = AppFacts { is_active: false, ..facts(AppKind::Google) };
        let error = consent.activated(inactive).unwrap_err();
        assert_eq!(error.rule.name, "connection.activate.app-inactive");
    }

    #[test]
    fn activating_an_enabled_connection_verifies_nothing() {
        let app = AppFacts { base_url: Some("https://hub.example.com"), ..facts(AppKind::Org2Org) };
        let token = json!({"profile": {"authScheme": "TOKEN", "token": "t"}});
        let enabled = post(&Connection::NeverSet, app, &token, true).unwrap();
        for later in [AppFacts { is_active: false, ..app }, AppFacts { base_url: None, ..app }] {
            assert_eq!(enabled.activated(later).unwrap(), enabled);
            assert!(post(&enabled, later, &token, true).is_err(), "a new credential is verified");
        }
    }
}
