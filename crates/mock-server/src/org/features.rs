//! Features: list, read, update.

use std::sync::Arc;

use serde_json::Value;

use super::state::{Body, Org, mark_unchanged, read};
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
    pub(crate) fn features(&self, id: &str) -> Result<(AppId, &Arc<App>, &'static [FeatureName]), OktaError> {
        let (id, app) = self.app(id)?;
        Ok((id, app, feature::list(app.provisioning(), &app.connection)?))
    }

    /// GET features/{featureName}.
    ///
    /// # Errors
    /// E0000007 for the feature name, then for the app, then as [`feature::check_available`].
    pub(crate) fn feature(&self, id: &str, name: &str) -> Result<(AppId, &Arc<App>, FeatureName), OktaError> {
        let name = FeatureName::parse(name)?;
        let (id, app) = self.app(id)?;
        feature::check_available(app.provisioning(), &app.connection, name)?;
        Ok((id, app, name))
    }

    /// PUT features/{featureName}. The recorded order of checks is: the name, the app, the body, whether
    /// the app supports provisioning. The connection and the values follow (inferred). `as_read` returns
    /// the feature as a GET answers it.
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
        feature::check_name(app.provisioning(), name)?;
        let body = read(body)?;
        let updated = match name {
            FeatureName::UserProvisioning => {
                let patch = UserPatch::read(body)?;
                feature::check_available(app.provisioning(), &app.connection, name)?;
                UpdatedSettings::User(patch.merge(app.features.user)?)
            }
            FeatureName::InboundProvisioning => {
                let patch = InboundPatch::read(body)?;
                feature::check_available(app.provisioning(), &app.connection, name)?;
                UpdatedSettings::Inbound(Box::new(patch.merge(&app.features.inbound())?))
            }
        };
        mark_unchanged(body, || as_read(id, app, name));
        self.check_nothing_ignored(body)?;
        rule::FEATURE_KEPT.apply();
        let app = self.app_mut(&id)?;
        match updated {
            UpdatedSettings::User(user) => app.features.user = user,
            UpdatedSettings::Inbound(inbound) => app.features.inbound = Some(inbound),
        }
        Ok((id, app, name))
    }
}

/// The settings of a feature after an update.
enum UpdatedSettings {
    User(UserProvisioning),
    Inbound(Box<InboundProvisioning>),
}
