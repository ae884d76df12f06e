//! How an org begins.

use super::clock::Clock;

/// How an org begins.
#[derive(Clone, Debug)]
pub(crate) struct OrgSettings {
    /// Repeats every id, key and code.
    pub(crate) seed: Option<u64>,
    /// Where the time comes from.
    pub(crate) clock: Clock,
    /// How many requests a minute are let through; without it, all.
    pub(crate) rate_limit: Option<u32>,
    /// How many apps the org can hold.
    pub(crate) app_limit: usize,
    /// Whether a request with members of which the org takes no notice is refused.
    pub(crate) strict: bool,
}

impl Default for OrgSettings {
    fn default() -> Self {
        Self {
            seed: None,
            clock: Clock::System { offset: 0 },
            rate_limit: None,
            app_limit: 250_000,
            strict: false,
        }
    }
}
