//! The credential of a connection.

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

/// The credential of a connection. Secrets are checked and discarded: nothing needs them later, and what is
/// not stored cannot leak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A token of the app.
    Token {
        /// The base URL of the request.
        base_url: Option<Box<str>>,
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
