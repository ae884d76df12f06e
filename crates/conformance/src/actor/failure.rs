//! The reasons that a consent was not completed.

use crate::judge::documented;
use crate::judgement::Finding;
use crate::transport::SendError;

/// The reason that a consent was not completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConsentFailure {
    /// The pages deviate.
    Page(Finding),
    /// A request could not be sent.
    Send(SendError),
    /// Nobody consented.
    Nobody(String),
    /// The consent command failed, or returned an answer to another consent. The cause may or may not be the
    /// org.
    Mistaken(String),
}

impl From<SendError> for ConsentFailure {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

/// The failure of a page that deviates.
pub(super) fn stuck(place: &str, expected: &str, actual: &str) -> ConsentFailure {
    ConsentFailure::Page(Finding {
        check: &documented::CONSENT,
        place: place.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
    })
}
