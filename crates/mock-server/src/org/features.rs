//! Features: list, read, update.

use serde_json::Value;

use super::state::{Body, Org, pass_over_as_read, read};
use crate::rules::app::App;
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;
use crate::rules::feature::inbound::InboundPatch;
use crate::rules::feature::user::UserPatch;
use crate::rules::feature::{self, FeatureName, InboundProvisioning, UserProvisioning};
use crate::rules::identifier::AppId;

impl Org {
    /// GET features.
    ///
    /// # Errors
    /// E0000007, then as [`feature::list`].
    pub(crate) fn features(&self, id: &str) -> Result<(AppId, &App, &'static [FeatureName]), OktaError> {
        let (id, app) = self.app(id)?;
        Ok((id, app, feature::list(app.kind, &app.connection)?))
    }

    /// GET features/{featureName}.
    ///
    /// # Errors
    /// E0000007 for the feature's name, then for the app, then as [`feature::of_app`].
    pub(crate) fn feature(&self, id: &str, name: &str) -> Result<(AppId, &App, FeatureName), OktaError> {
        let name = FeatureName::parse(name)?;
        let (id, app) = self.app(id)?;
        feature::of_app(app.kind, &app.connection, name)?;
        Ok((id, app, name))
    }

    /// PUT features/{featureName}. The order of its checks is recorded: the name, the app, the
    /// body, whether the app supports provisioning; then the connection and the values (inferred).
    /// `as_read` is what a GET of the feature answers.
    ///
    /// # Errors
    /// As [`Org::feature`]; E0000003 for the body, E0000001 for its values.
    pub(crate) fn update_feature(
        &mut self,
        id: &str,
        name: &str,
        body: &Body<'_>,
        as_read: impl FnOnce(AppId, &App, FeatureName) -> Value,
    ) -> Result<(AppId, &App, FeatureName), OktaError> {
        let name = FeatureName::parse(name)?;
        let (id, app) = self.app(id)?;
        feature::named(app.kind, name)?;
        let body = read(body)?;
        let merged = match name {
            FeatureName::UserProvisioning => {
                let patch = UserPatch::read(body)?;
                feature::of_app(app.kind, &app.connection, name)?;
                Merged::User(patch.merge(app.features.user)?)
            }
            FeatureName::InboundProvisioning => {
                let patch = InboundPatch::read(body)?;
                feature::of_app(app.kind, &app.connection, name)?;
                Merged::Inbound(Box::new(patch.merge(&app.features.inbound())?))
            }
        };
        pass_over_as_read(body, || as_read(id, app, name));
        self.check_nothing_ignored(body)?;
        rule::FEATURE_KEPT.apply();
        let app = self.app_mut(&id)?;
        match merged {
            Merged::User(user) => app.features.user = user,
            Merged::Inbound(inbound) => app.features.inbound = Some(inbound),
        }
        Ok((id, app, name))
    }
}

/// The settings of one feature after an update.
enum Merged {
    User(UserProvisioning),
    Inbound(Box<InboundProvisioning>),
}
