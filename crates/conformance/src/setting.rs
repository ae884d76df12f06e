//! Settings that error messages suggest. The builder and the command line name them differently.

/// The environment variable with an API token (`SSWS`).
pub(crate) const API_TOKEN: &str = "OKTA_API_TOKEN";
/// The environment variable with an OAuth 2.0 access token (`Bearer`).
pub(crate) const ACCESS_TOKEN: &str = "OKTA_ACCESS_TOKEN";

/// The environment variable with the client id of a service app.
pub(crate) const CLIENT_ID: &str = "OKTA_CLIENT_ID";
/// The environment variable with the path of the service app's private key.
pub(crate) const PRIVATE_KEY_FILE: &str = "OKTA_PRIVATE_KEY_FILE";
/// The environment variable with the `kid` of that key.
pub(crate) const KEY_ID: &str = "OKTA_KEY_ID";
/// The environment variable with the scopes to request, separated by spaces.
pub(crate) const SCOPES: &str = "OKTA_SCOPES";

/// A setting of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Setting {
    Target,
    Credential,
    /// Permission to write to this host.
    AllowWrites(String),
    UndoFolder,
    FailOn,
    SkipCheck,
}

impl Setting {
    /// The name in the library.
    pub(crate) fn method(&self) -> &'static str {
        match self {
            Self::Target => "Builder::target",
            Self::Credential => "Builder::credential",
            Self::AllowWrites(_) => "Builder::allow_writes",
            Self::UndoFolder => "Builder::undo_folder",
            Self::FailOn => "Builder::fail_on",
            Self::SkipCheck => "Builder::skip_check",
        }
    }

    /// The name on the command line.
    pub(crate) fn flag(&self) -> String {
        match self {
            Self::Target => "--target".to_owned(),
            Self::Credential => format!(
                "{API_TOKEN}, {ACCESS_TOKEN}, {CLIENT_ID} with {PRIVATE_KEY_FILE}, or --credential-file"
            ),
            Self::AllowWrites(host) => format!("--allow-writes {host}"),
            Self::UndoFolder => "--undo-dir".to_owned(),
            Self::FailOn => "--fail-on".to_owned(),
            Self::SkipCheck => "--skip-check".to_owned(),
        }
    }
}
