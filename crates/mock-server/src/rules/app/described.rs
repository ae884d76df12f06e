//! Apps as documents describe them: in a state, or as a recorded object.

use serde_json::Value;

use super::instance::{App, AppSource, AppStatus};
use super::keys::AppKeys;
use super::recorded::Recorded;
use crate::rules::behaviour as rule;
use crate::rules::body::{Json, Members, Object, Presence, wrong_type};
use crate::rules::catalogue::{AppKind, SignOnMode};
use crate::rules::connection::Connection;
use crate::rules::consent::Consent;
use crate::rules::error::OktaError;
use crate::rules::feature::inbound::InboundPatch;
use crate::rules::feature::user::UserPatch;
use crate::rules::feature::{FeatureName, FeatureSettings, check_name, supported};
use crate::rules::identifier::{AppId, KeyId, OktaId, Seconds};

impl App {
    /// Returns the app with the `status`, `connection`, `features`, `client` and `signingKeys` of a document. A member that is absent
    /// stays as it is; a connection that is `null` was never set.
    ///
    /// # Errors
    /// With the name of the member: E0000003 for a wrong type, else the refusal of the rule that forbids the
    /// state.
    pub(crate) fn described(
        &self,
        members: &Object<'_>,
        attempt: impl FnOnce() -> Consent,
    ) -> Result<Self, (&'static str, OktaError)> {
        let members = Members::from(members);
        let within = |member| move |error| (member, error);
        let next = self.with_status(members).map_err(within("status"))?;
        let next = next.with_connection(members, attempt).map_err(within("connection"))?;
        let next = next.with_client(members).map_err(within("client"))?;
        let next = next.with_signing_keys(members).map_err(within("signingKeys"))?;
        next.with_features(members).map_err(within("features"))
    }

    fn with_status(&self, members: Members<'_>) -> Result<Self, OktaError> {
        let mut next = self.clone();
        if let Some(status) = members.text("status")? {
            next.status =
                AppStatus::parse(status).ok_or_else(|| OktaError::invalid(&rule::CONTROL_STATE, "status"))?;
        }
        Ok(next)
    }

    fn with_connection(
        self,
        members: Members<'_>,
        attempt: impl FnOnce() -> Consent,
    ) -> Result<Self, OktaError> {
        let mut next = self;
        match members.object_or_null("connection")? {
            Presence::Absent => {}
            Presence::Null => {
                next.connection = Connection::NeverSet;
                next.features = FeatureSettings::default();
            }
            Presence::Value(connection) => {
                supported(next.provisioning())?;
                let Some(facts) = next.connection_facts() else { return Ok(next) };
                next.connection = Connection::described(facts, connection.into_object(), attempt)?;
            }
        }
        Ok(next)
    }

    fn with_features(self, members: Members<'_>) -> Result<Self, OktaError> {
        let Some(features) = members.object("features")? else { return Ok(self) };
        let features = self.described_features(features.into_object())?;
        Ok(Self { features, ..self })
    }

    fn described_features(&self, features: &Object<'_>) -> Result<FeatureSettings, OktaError> {
        let mut next = self.features.clone();
        for name in features.names() {
            let feature = FeatureName::parse(name)?;
            supported(self.provisioning())?;
            check_name(self.provisioning(), feature)?;
            if self.connection == Connection::NeverSet {
                // An org keeps features while the connection is disabled, but it has none before.
                let cause = "Provisioning is not enabled for the app instance.";
                return Err(OktaError::validation(&rule::FEATURE_NOT_ENABLED, "feature", cause));
            }
            let Some(Json::Object(body)) = features.get(name) else { return Err(wrong_type()) };
            match feature {
                FeatureName::UserProvisioning => next.user = UserPatch::read(body)?.merge(next.user)?,
                FeatureName::InboundProvisioning => {
                    let merged = InboundPatch::read(body)?.merge(&next.inbound())?;
                    next.inbound = Some(Box::new(merged));
                }
            }
        }
        Ok(next)
    }
}

impl App {
    /// Reads an app from its recorded object.
    ///
    /// # Errors
    /// E0000001 if the object has no `id`, `name`, `label` or `status` of an app, if the catalogue has its
    /// kind, or if it is too large.
    pub(crate) fn recorded(object: &Object<'_>) -> Result<(AppId, Self), OktaError> {
        let Value::Object(members) = serde_json::Value::from(object) else {
            return Err(invalid("recorded"));
        };
        let text = |name: &'static str| {
            let text = members.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
            text.ok_or_else(|| invalid(name))
        };
        let id =
            OktaId::parse(text("id")?).filter(|id| id.prefix() == b"0oa").ok_or_else(|| invalid("id"))?;
        let (name, label) = (text("name")?, text("label")?);
        if AppKind::named(name).is_some() {
            let cause = format!("name: The catalogue has {name}; give the members of its app instead");
            return Err(OktaError::validation(&rule::CONTROL_RECORDED_APP, "name", cause));
        }
        let status = AppStatus::parse(text("status")?).ok_or_else(|| invalid("status"))?;
        let time = |name| text(name).and_then(|text| Seconds::parse(text).ok_or_else(|| invalid(name)));
        let key = members.get("credentials").and_then(|credentials| credentials.pointer("/signing/kid"));
        let key = key.and_then(Value::as_str).and_then(KeyId::parse);
        let (created, last_updated) = (time("created")?, time("lastUpdated")?);
        let (name, label) = (name.into(), label.into());
        let app = Self {
            source: AppSource::Recorded(Recorded::new(name, members)?.into()),
            label,
            status,
            created,
            last_updated,
            sign_on_mode: if key.is_some() { SignOnMode::Saml2 } else { SignOnMode::Bookmark },
            settings: [].into(),
            signing_key: key.unwrap_or(KeyId([0; 32])),
            keys: AppKeys::default(),
            client: None,
            presentation: None,
            connection: Connection::NeverSet,
            features: FeatureSettings::default(),
        };
        Ok((id, app))
    }
}

fn invalid(member: &str) -> OktaError {
    OktaError::invalid(&rule::CONTROL_RECORDED_APP, member)
}
