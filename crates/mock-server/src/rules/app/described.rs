//! An app in a state that a document describes.

use super::instance::{App, AppStatus};
use crate::rules::behaviour as rule;
use crate::rules::body::{Json, Members, Object, Presence, wrong_type};
use crate::rules::connection::Connection;
use crate::rules::consent::Consent;
use crate::rules::error::OktaError;
use crate::rules::feature::inbound::InboundPatch;
use crate::rules::feature::user::UserPatch;
use crate::rules::feature::{FeatureName, FeatureSettings, check_name, supported};

impl App {
    /// Returns the app with the `status`, `connection` and `features` of a document. A member that is absent
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
                supported(next.kind)?;
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
            supported(self.kind)?;
            check_name(self.kind, feature)?;
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
