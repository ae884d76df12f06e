//! Names of orgs, which are labels of host names.

use std::fmt;

use super::origin::Address;

/// The org that the mock starts with.
const DEFAULT: &str = "default";

/// Maximum length of a label (RFC 1035, 2.3.4).
const MAX_LENGTH: usize = 63;

/// The name of an org: a label of a host name in lower case (RFC 1123, 2.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OrgName(Box<str>);

impl OrgName {
    /// Parses a name as a user gives it.
    ///
    /// # Errors
    /// The reason, if it cannot be the name of an org.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.eq_ignore_ascii_case("localhost") {
            return Err("localhost is the host of the default org");
        }
        Self::from_label(text)
            .ok_or("must be 1 to 63 letters, digits and hyphens, without a hyphen at either end")
    }

    /// Reads a label, of any case.
    fn from_label(label: &str) -> Option<Self> {
        let is_label = (1..=MAX_LENGTH).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-');
        is_label.then(|| Self(label.to_ascii_lowercase().into()))
    }

    /// Returns the name of the org that the mock starts with.
    pub(crate) fn default_org() -> Self {
        Self(DEFAULT.into())
    }

    /// Returns the name that the host of a request may be: its first label.
    pub(super) fn of_host(address: &Address) -> Option<Self> {
        if address.is_ip() {
            return None;
        }
        Self::from_label(address.host().split('.').next()?)
    }

    /// Returns true for the org that the mock starts with.
    pub(crate) fn is_default(&self) -> bool {
        &*self.0 == DEFAULT
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrgName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
