//! The statuses of capabilities, and the reading of them from updates.

use crate::rules::behaviour as rule;
use crate::rules::body::{Members, Object};
use crate::rules::error::OktaError;

/// Records members that are not the feature's own, which are ignored.
pub(super) fn note_foreign_members(body: &Object<'_>, own: [&str; 2]) {
    if body.names().any(|name| !own.contains(&name)) {
        rule::FEATURE_FOREIGN_MEMBER.apply();
    }
}

/// OpenAPI EnabledStatus of a capability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum EnabledStatus {
    /// Off, the default of every capability (recorded).
    #[default]
    Disabled,
    /// On.
    Enabled,
}

impl EnabledStatus {
    /// Returns the status as Okta writes it.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "DISABLED",
            Self::Enabled => "ENABLED",
        }
    }

    /// Returns true if the capability is on.
    #[must_use]
    pub(crate) const fn is_enabled(self) -> bool {
        matches!(self, Self::Enabled)
    }
}

/// Reads `{member: {"status": …}}`, the form of most capabilities.
pub(super) fn read_status<'a>(
    members: Option<Members<'a>>,
    member: &str,
) -> Result<Option<&'a str>, OktaError> {
    let capability = members.map(|members| members.object(member)).transpose()?.flatten();
    capability.map(|members| members.text("status")).transpose().map(Option::flatten)
}

/// Returns the sent value of a small enumeration, or the current value if none was sent.
pub(super) fn choose<T: Copy>(
    sent: Option<&str>,
    current: T,
    member: &str,
    values: &[(&str, T)],
) -> Result<T, OktaError> {
    let Some(sent) = sent else { return Ok(current) };
    values
        .iter()
        .find(|(name, _)| *name == sent)
        .map(|(_, value)| *value)
        .ok_or_else(|| OktaError::invalid(&rule::FEATURE_VALUE, member))
}

/// The values of EnabledStatus, for [`choose`].
pub(super) const STATUSES: [(&str, EnabledStatus); 2] =
    [("ENABLED", EnabledStatus::Enabled), ("DISABLED", EnabledStatus::Disabled)];
