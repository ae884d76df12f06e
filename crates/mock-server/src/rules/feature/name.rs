//! The names of features.

use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;

/// OpenAPI ApplicationFeatureType.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeatureName {
    /// From Okta to the app.
    UserProvisioning,
    /// From the app to Okta.
    InboundProvisioning,
}

impl FeatureName {
    /// Parses a feature name.
    ///
    /// # Errors
    /// E0000007 (PublicAppFeatureSetName). This check comes before the app is looked up (recorded).
    pub(crate) fn parse(text: &str) -> Result<Self, OktaError> {
        match text {
            "USER_PROVISIONING" => Ok(Self::UserProvisioning),
            "INBOUND_PROVISIONING" => Ok(Self::InboundProvisioning),
            _ => Err(OktaError::not_found(&rule::FEATURE_UNKNOWN, text, KIND)),
        }
    }

    /// Returns the name as Okta writes it.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::UserProvisioning => "USER_PROVISIONING",
            Self::InboundProvisioning => "INBOUND_PROVISIONING",
        }
    }

    /// Returns the description (recorded).
    #[must_use]
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::UserProvisioning => "User provisioning settings from Okta to a downstream application",
            Self::InboundProvisioning => {
                "In-bound provisioning settings for provisioning users from an application to Okta"
            }
        }
    }
}

pub(super) const KIND: &str = "PublicAppFeatureSetName";
