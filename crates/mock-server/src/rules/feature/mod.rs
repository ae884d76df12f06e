//! The provisioning features of an app: which there are, when they exist, and their settings.

pub(crate) mod inbound;
pub(crate) mod schedule;
pub(crate) mod user;

use super::behaviour as rule;
use super::body::{Members, Object};
use super::catalogue::{AppKind, Provisioning};
use super::connection::Connection;
use super::error::OktaError;

pub(crate) use inbound::InboundProvisioning;
pub(crate) use user::UserProvisioning;

/// Notes members that are not the feature's own: they are ignored.
fn note_foreign_members(body: &Object<'_>, own: [&str; 2]) {
    if body.names().any(|name| !own.contains(&name)) {
        rule::FEATURE_FOREIGN_MEMBER.apply();
    }
}

/// OpenAPI ApplicationFeatureType.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeatureName {
    /// From Okta to the app.
    UserProvisioning,
    /// From the app to Okta.
    InboundProvisioning,
}

impl FeatureName {
    /// Reads a feature name.
    ///
    /// # Errors
    /// E0000007 (PublicAppFeatureSetName), recorded: it comes before the app is looked for.
    pub(crate) fn parse(text: &str) -> Result<Self, OktaError> {
        match text {
            "USER_PROVISIONING" => Ok(Self::UserProvisioning),
            "INBOUND_PROVISIONING" => Ok(Self::InboundProvisioning),
            _ => Err(OktaError::not_found(&rule::FEATURE_UNKNOWN, text, KIND)),
        }
    }

    /// The name as Okta writes it.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::UserProvisioning => "USER_PROVISIONING",
            Self::InboundProvisioning => "INBOUND_PROVISIONING",
        }
    }

    /// The description (recorded).
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

const KIND: &str = "PublicAppFeatureSetName";

/// OpenAPI EnabledStatus: whether one capability is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum EnabledStatus {
    /// Off, as every capability begins (recorded).
    #[default]
    Disabled,
    /// On.
    Enabled,
}

impl EnabledStatus {
    /// The status as Okta writes it.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "DISABLED",
            Self::Enabled => "ENABLED",
        }
    }

    /// Whether it is on.
    #[must_use]
    pub(crate) const fn is_enabled(self) -> bool {
        matches!(self, Self::Enabled)
    }
}

/// The feature settings of one app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FeatureSettings {
    /// USER_PROVISIONING.
    pub(crate) user: UserProvisioning,
    /// INBOUND_PROVISIONING; absent while it is as it began, which most apps' is.
    pub(crate) inbound: Option<Box<InboundProvisioning>>,
}

impl FeatureSettings {
    /// The INBOUND_PROVISIONING settings.
    #[must_use]
    pub(crate) fn inbound(&self) -> InboundProvisioning {
        self.inbound.as_deref().cloned().unwrap_or_default()
    }
}

/// That the app supports provisioning at all.
///
/// # Errors
/// E0000001 `feature` / `Provisioning is not supported.` (recorded).
pub(crate) fn supported(kind: AppKind) -> Result<&'static Provisioning, OktaError> {
    kind.definition().provisioning.as_ref().ok_or_else(|| {
        OktaError::validation(&rule::FEATURE_UNSUPPORTED, "feature", "Provisioning is not supported.")
    })
}

/// That features of the app can be read and set now.
///
/// # Errors
/// E0000001 while the app does not support provisioning or its connection is not enabled.
pub(crate) fn available(kind: AppKind, connection: &Connection) -> Result<&'static Provisioning, OktaError> {
    let provisioning = supported(kind)?;
    if !connection.is_enabled() {
        let cause = "Provisioning is not enabled for the app instance.";
        return Err(OktaError::validation(&rule::FEATURE_NOT_ENABLED, "feature", cause));
    }
    rule::FEATURE_ALWAYS_ENABLED.apply();
    Ok(provisioning)
}

/// That the app has this very feature.
///
/// # Errors
/// As [`available`]; E0000007 for the one app that lacks INBOUND_PROVISIONING.
pub(crate) fn of_app(kind: AppKind, connection: &Connection, name: FeatureName) -> Result<(), OktaError> {
    named(kind, name)?;
    available(kind, connection).map(drop)
}

/// That an app with provisioning has a feature of this name: this is about the name, so it comes
/// before the body and the connection.
///
/// # Errors
/// E0000007 for the one app that lacks INBOUND_PROVISIONING.
pub(crate) fn named(kind: AppKind, name: FeatureName) -> Result<(), OktaError> {
    let lacks = kind.definition().provisioning.as_ref().is_some_and(|provisioning| !provisioning.inbound);
    if name == FeatureName::InboundProvisioning && lacks {
        return Err(OktaError::not_found(&rule::FEATURE_NOT_OF_APP, name.as_str(), KIND));
    }
    Ok(())
}

/// The features of the app, in the order of the list.
///
/// # Errors
/// As [`available`].
pub(crate) fn list(kind: AppKind, connection: &Connection) -> Result<&'static [FeatureName], OktaError> {
    Ok(if available(kind, connection)?.inbound {
        &[FeatureName::UserProvisioning, FeatureName::InboundProvisioning]
    } else {
        &[FeatureName::UserProvisioning]
    })
}

/// Reads `{member: {"status": …}}`, the form of most capabilities.
fn status_of<'a>(members: Option<Members<'a>>, member: &str) -> Result<Option<&'a str>, OktaError> {
    let capability = members.map(|it| it.object(member)).transpose()?.flatten();
    capability.map(|it| it.text("status")).transpose().map(Option::flatten)
}

/// A value of a small enumeration, or the one that stands if none was sent.
fn choose<T: Copy>(
    sent: Option<&str>,
    stands: T,
    member: &str,
    values: &[(&str, T)],
) -> Result<T, OktaError> {
    let Some(sent) = sent else { return Ok(stands) };
    values
        .iter()
        .find(|(name, _)| *name == sent)
        .map(|(_, value)| *value)
        .ok_or_else(|| OktaError::invalid(&rule::FEATURE_VALUE, member))
}

/// The values of EnabledStatus, for [`choose`].
const STATUSES: [(&str, EnabledStatus); 2] =
    [("ENABLED", EnabledStatus::Enabled), ("DISABLED", EnabledStatus::Disabled)];
