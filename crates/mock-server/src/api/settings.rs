//! How an org is served, and the limits of a request.

use std::time::Duration;

use secrecy::SecretString;

/// The largest body that is read.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// The largest head that is taken, in bytes.
pub(crate) const HEAD_LIMIT: usize = 64 * 1024;

/// How the third-party app answers a person who comes with the authorize link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsentMode {
    /// Asks whoever wants HTML; takes others through as if they had allowed.
    #[default]
    AskBrowsers,
    /// Asks everybody.
    Ask,
    /// Allows without asking.
    Grant,
    /// Denies without asking.
    Deny,
}

/// How the org is served.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The API tokens that are administrators'. With no token of either kind, every well-formed
    /// credential is one.
    pub(crate) api_tokens: Vec<SecretString>,
    /// The OAuth 2.0 access tokens that are administrators'.
    pub(crate) access_tokens: Vec<SecretString>,
    /// How the third-party app answers.
    pub(crate) consent: ConsentMode,
    /// Whether what a real org does not have is served under `/_mock`.
    pub(crate) control_plane: bool,
    /// Hosts that are served besides addresses and private names, while no token is declared; `*`
    /// allows any. The control plane is served at these alone, whatever is declared.
    pub(crate) allowed_hosts: Vec<String>,
    /// How long a body may take to arrive.
    pub(crate) body_timeout: Duration,
}

impl Settings {
    pub(super) fn declares_tokens(&self) -> bool {
        !self.api_tokens.is_empty() || !self.access_tokens.is_empty()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_tokens: Vec::new(),
            access_tokens: Vec::new(),
            consent: ConsentMode::default(),
            control_plane: true,
            allowed_hosts: Vec::new(),
            body_timeout: Duration::from_secs(10),
        }
    }
}
