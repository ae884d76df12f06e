//! Initial settings of an org.

use std::sync::Arc;

use super::clock::Clock;
use super::signing::SigningKey;
use super::third_party::ConsentMode;

/// Initial settings of an org.
#[derive(Clone, Debug)]
pub(crate) struct OrgSettings {
    /// Seed that makes ids, keys and codes reproducible.
    pub(crate) seed: Option<u64>,
    /// The source of the time.
    pub(crate) clock: Clock,
    /// Maximum number of requests per minute; unlimited if absent.
    pub(crate) rate_limit: Option<u32>,
    /// Maximum number of apps.
    pub(crate) app_limit: usize,
    /// What third-party apps do when a client opens the authorize link.
    pub(crate) consent: ConsentMode,
    /// True if requests with members that the org ignores are refused.
    pub(crate) strict: bool,
    /// The key that signs access tokens; one that the org generates if absent.
    pub(crate) token_key: Option<Arc<SigningKey>>,
}

impl Default for OrgSettings {
    fn default() -> Self {
        Self {
            seed: None,
            clock: Clock::System { offset: 0 },
            rate_limit: None,
            app_limit: 250_000,
            consent: ConsentMode::default(),
            strict: false,
            token_key: None,
        }
    }
}
