//! The credential of a connection.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use crate::rules::consent::Consent;

/// OpenAPI ConnectionsSigningRotationMode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RotationMode {
    /// Okta rotates the key.
    Auto,
    /// The app's own signing key is used.
    Manual,
}

impl RotationMode {
    /// Returns the mode as Okta writes it.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "AUTO",
            Self::Manual => "MANUAL",
        }
    }
}

/// The token of a connection to an org, which activation shows to that org. It cannot be printed.
#[derive(Clone)]
pub(crate) struct TargetToken(Arc<SecretString>);

impl TargetToken {
    /// Creates a token.
    pub(super) fn new(token: &str) -> Self {
        Self(Arc::new(token.into()))
    }

    /// Returns the token, to be sent to the target.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for TargetToken {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for TargetToken {}

impl fmt::Debug for TargetToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TargetToken(…)")
    }
}

/// The credential of a connection. Secrets are checked and discarded, except the token of a connection to an
/// org: nothing needs the others later, and what is not stored cannot leak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A token of the app.
    Token {
        /// The base URL of the request.
        base_url: Option<Box<str>>,
        /// The token, if the target is an org.
        token: Option<TargetToken>,
    },
    /// A service app of the target org (okta_org2org).
    ServiceApp {
        /// The service app's client id.
        client_id: Box<str>,
        /// The rotation mode of the request, if present.
        rotation_mode: Option<RotationMode>,
    },
    /// A person's consent at the third-party app.
    Consent(Consent),
}
