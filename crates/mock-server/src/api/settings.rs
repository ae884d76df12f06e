//! Settings of a served org, and limits of a request.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::org::OrgSettings;
use crate::org::controlled::ControlLimits;

/// Maximum size of a body, in bytes.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// Maximum size of a request head, in bytes.
pub(crate) const HEAD_LIMIT: usize = 64 * 1024;

/// Default maximum number of orgs in a process.
pub(crate) const MAX_ORGS: usize = 10_000;

/// Settings that the orgs of a process share.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Administrators' API tokens. If no token of either kind is declared, every well-formed credential is
    /// an administrator's.
    pub(crate) api_tokens: Vec<SecretString>,
    /// Administrators' OAuth 2.0 access tokens.
    pub(crate) access_tokens: Vec<SecretString>,
    /// True if the control plane is served under `/_mock`.
    pub(crate) control_plane: bool,
    /// Hosts that are served in addition to IP addresses and private names while no token is declared; `*`
    /// allows any. The control plane is never served at other hosts, even if a token is declared.
    pub(crate) allowed_hosts: Vec<String>,
    /// Origins whose pages may call the API of every org, such as `https://app.example.com`.
    pub(crate) trusted_origins: Vec<String>,
    /// Page to which a browser returns after a consent.
    pub(crate) after_consent: Option<Url>,
    /// Maximum time for a body to arrive.
    pub(crate) body_timeout: Duration,
    /// Bounds of what the control plane keeps of each org.
    pub(crate) control_limits: ControlLimits,
    /// Maximum number of orgs in the process.
    pub(crate) max_orgs: usize,
    /// Settings of the orgs that are added while the mock runs.
    pub(crate) new_org: OrgSettings,
}

impl Settings {
    /// Returns true if the request log keeps anything that somebody can read.
    pub(super) const fn keeps_requests(&self) -> bool {
        self.control_plane && self.control_limits.log.entries > 0
    }

    pub(super) fn declares_tokens(&self) -> bool {
        !self.api_tokens.is_empty() || !self.access_tokens.is_empty()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_tokens: Vec::new(),
            access_tokens: Vec::new(),
            control_plane: true,
            allowed_hosts: Vec::new(),
            trusted_origins: Vec::new(),
            after_consent: None,
            body_timeout: Duration::from_secs(10),
            control_limits: ControlLimits::default(),
            max_orgs: MAX_ORGS,
            new_org: OrgSettings::default(),
        }
    }
}
