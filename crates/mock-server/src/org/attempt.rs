//! Consents that a person has not completed.

use crate::rules::identifier::AppId;
use crate::rules::third_party::Codes;

/// An open consent attempt.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) app: AppId,
    pub(super) codes: Codes,
}

impl Attempt {
    pub(super) const fn new(app: AppId) -> Self {
        Self { app, codes: Codes::new() }
    }
}
