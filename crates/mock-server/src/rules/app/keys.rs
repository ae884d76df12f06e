//! Signing keys.

use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;
use crate::rules::identifier::{KeyId, Seconds};

/// A signing key of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AppKey {
    /// The id.
    pub(crate) id: KeyId,
    /// Creation time.
    pub(crate) created: Seconds,
    /// Time at which its certificate expires.
    pub(crate) expires: Seconds,
}

/// The keys of an app beside the one that it was created with. Most apps have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AppKeys(Option<Box<Generated>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Generated {
    /// The key that the app was created with.
    first: KeyId,
    /// The others, in the order of their creation.
    others: Vec<AppKey>,
}

impl AppKeys {
    /// Creates the keys of an app from a document.
    pub(super) fn new(first: KeyId, others: Vec<AppKey>) -> Self {
        Self((!others.is_empty()).then(|| Box::new(Generated { first, others })))
    }

    /// Returns the key that the app was created with, if there are others.
    pub(super) fn first(&self) -> Option<KeyId> {
        self.0.as_ref().map(|keys| keys.first)
    }

    /// Returns the keys that were generated or cloned.
    pub(crate) fn generated(&self) -> &[AppKey] {
        self.0.as_ref().map_or(&[], |keys| &keys.others)
    }
}

/// Reads `validityYears`.
///
/// # Errors
/// E0000001 for anything but 2 to 10 (OpenAPI ErrorKeyCredentialInvalidValidity).
pub(crate) fn validity_years(parameter: Option<&str>) -> Result<i16, OktaError> {
    let years = parameter.and_then(|text| text.parse().ok()).filter(|years| (2..=10).contains(years));
    years.ok_or_else(|| {
        let cause = "Validity years out of range. It should be 2 - 10 years.";
        OktaError::validation(&rule::APP_KEY_VALIDITY, "generateKey", cause)
    })
}

/// Returns the same time of the year some years later (recorded). The clock ends before the year 10000.
pub(crate) fn years_after(time: Seconds, years: i16) -> Seconds {
    use jiff::ToSpan as _;
    let instant =
        jiff::Timestamp::from_second(time.0).map(|instant| instant.to_zoned(jiff::tz::TimeZone::UTC));
    let later = instant.and_then(|instant| instant.checked_add(years.years()));
    later.map_or(time, |later| Seconds(later.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_valid_for_whole_years() {
        let expires = Seconds::parse("2024-02-29T12:00:00.000Z").map(|start| years_after(start, 2));
        assert_eq!(expires, Seconds::parse("2026-02-28T12:00:00.000Z"));
    }

    #[test]
    fn validity_is_from_two_to_ten_years() {
        assert!(["2", "10"].into_iter().all(|years| validity_years(Some(years)).is_ok()));
        for years in [None, Some(""), Some("1"), Some("11"), Some("2.0"), Some("x")] {
            assert!(validity_years(years).is_err(), "{years:?}");
        }
    }
}
