//! The feature settings of an app.

use super::inbound::InboundProvisioning;
use super::user::UserProvisioning;

/// The feature settings of one app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FeatureSettings {
    /// USER_PROVISIONING.
    pub(crate) user: UserProvisioning,
    /// INBOUND_PROVISIONING; absent while it has the defaults, as for most apps.
    pub(crate) inbound: Option<Box<InboundProvisioning>>,
}

impl FeatureSettings {
    /// Returns the INBOUND_PROVISIONING settings.
    #[must_use]
    pub(crate) fn inbound(&self) -> InboundProvisioning {
        self.inbound.as_deref().cloned().unwrap_or_default()
    }
}
