//! Availability of features.

use super::name::{FeatureName, KIND};
use crate::rules::behaviour as rule;
use crate::rules::catalogue::Provisioning;
use crate::rules::connection::Connection;
use crate::rules::error::OktaError;

/// The provisioning that an app offers, if any.
type Offered = Option<&'static Provisioning>;

/// Checks that the app supports provisioning.
///
/// # Errors
/// E0000001 `feature` / `Provisioning is not supported.` (recorded).
pub(crate) fn supported(provisioning: Offered) -> Result<&'static Provisioning, OktaError> {
    provisioning.ok_or_else(|| {
        OktaError::validation(&rule::FEATURE_UNSUPPORTED, "feature", "Provisioning is not supported.")
    })
}

/// Checks that features of the app can be read and set now.
///
/// # Errors
/// E0000001 if the app does not support provisioning or its connection is not enabled.
pub(crate) fn available(
    provisioning: Offered,
    connection: &Connection,
) -> Result<&'static Provisioning, OktaError> {
    let provisioning = supported(provisioning)?;
    if !connection.is_enabled() {
        let cause = "Provisioning is not enabled for the app instance.";
        return Err(OktaError::validation(&rule::FEATURE_NOT_ENABLED, "feature", cause));
    }
    rule::FEATURE_ALWAYS_ENABLED.apply();
    Ok(provisioning)
}

/// Checks that the app has this feature and that it is available.
///
/// # Errors
/// As [`available`]; E0000007 for the one app without INBOUND_PROVISIONING.
pub(crate) fn check_available(
    provisioning: Offered,
    connection: &Connection,
    name: FeatureName,
) -> Result<(), OktaError> {
    check_name(provisioning, name)?;
    available(provisioning, connection).map(drop)
}

/// Checks that an app with provisioning has a feature of this name. This check comes before the body and
/// the connection.
///
/// # Errors
/// E0000007 for the one app without INBOUND_PROVISIONING.
pub(crate) fn check_name(provisioning: Offered, name: FeatureName) -> Result<(), OktaError> {
    let lacks = provisioning.is_some_and(|provisioning| !provisioning.inbound);
    if name == FeatureName::InboundProvisioning && lacks {
        return Err(OktaError::not_found(&rule::FEATURE_NOT_OF_APP, name.as_str(), KIND));
    }
    Ok(())
}

/// Returns the features of the app, in the order of the list.
///
/// # Errors
/// As [`available`].
pub(crate) fn list(
    provisioning: Offered,
    connection: &Connection,
) -> Result<&'static [FeatureName], OktaError> {
    Ok(if available(provisioning, connection)?.inbound {
        &[FeatureName::UserProvisioning, FeatureName::InboundProvisioning]
    } else {
        &[FeatureName::UserProvisioning]
    })
}
