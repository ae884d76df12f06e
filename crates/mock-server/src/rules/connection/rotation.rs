//! Rotation of the keys that sign for a connection.

use super::credential::{Credential, RotationMode};
use super::instance::Connection;
use crate::rules::behaviour as rule;
use crate::rules::identifier::Seconds;

/// Seconds between two rotations. Okta rotates the keys of its authorization servers four times a year (docs).
const PERIOD: i64 = 90 * 24 * 60 * 60;
/// Seconds for which the key before is still published (inferred).
const OVERLAP: i64 = 7 * 24 * 60 * 60;

impl Connection {
    /// Returns true if the org rotates the key of this connection.
    pub(crate) fn rotates_automatically(&self) -> bool {
        let Self::Set { credential: Credential::ServiceApp { rotation_mode, .. }, .. } = self else {
            return false;
        };
        *rotation_mode == Some(RotationMode::Auto)
    }
}

/// Returns the number of the period whose key signs.
pub(crate) const fn current_period(start: Seconds, now: Seconds) -> i64 {
    (now.0 - start.0).div_euclid(PERIOD)
}

/// Returns the numbers of the periods whose keys are published, the current one first.
pub(crate) fn published_periods(start: Seconds, now: Seconds) -> Vec<i64> {
    let (elapsed, period) = (now.0 - start.0, current_period(start, now));
    if period > 0 && elapsed.rem_euclid(PERIOD) < OVERLAP {
        rule::CONNECTION_JWKS_OVERLAP.apply();
        return vec![period, period - 1];
    }
    vec![period]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_rotation_the_key_before_is_published_for_a_week() {
        let at = |seconds| published_periods(Seconds(1000), Seconds(1000 + seconds));
        assert_eq!(at(0), [0]);
        assert_eq!(at(PERIOD - 1), [0]);
        assert_eq!(at(PERIOD), [1, 0]);
        assert_eq!(at(PERIOD + OVERLAP), [1]);
    }
}
