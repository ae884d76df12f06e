//! The credential of a run: from the environment or a file, never an argument.

use std::path::Path;

use crate::bundle;
use crate::error::RunError;
use crate::setting::{ACCESS_TOKEN, API_TOKEN};

/// The authorization scheme of a credential.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scheme {
    /// An API token (`SSWS`).
    #[default]
    ApiToken,
    /// An OAuth 2.0 access token (`Bearer`).
    AccessToken,
}

impl Scheme {
    /// The scheme of the `Authorization` header.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::ApiToken => "SSWS",
            Self::AccessToken => "Bearer",
        }
    }

    /// The environment variable for a credential of this scheme.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::ApiToken => API_TOKEN,
            Self::AccessToken => ACCESS_TOKEN,
        }
    }
}

/// A credential and its scheme.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    pub(crate) scheme: Scheme,
    pub(crate) secret: String,
}

impl Credential {
    /// Creates a credential from an API token of Okta.
    pub fn api_token(secret: impl Into<String>) -> Self {
        Self { scheme: Scheme::ApiToken, secret: secret.into() }
    }

    /// Creates a credential from an OAuth 2.0 access token.
    pub fn access_token(secret: impl Into<String>) -> Self {
        Self { scheme: Scheme::AccessToken, secret: secret.into() }
    }

    /// A made-up credential for a mock.
    pub(crate) fn made_up() -> Self {
        Self::api_token("made-up-token-for-the-mock")
    }

    /// Reads the environment; setting both variables is an error.
    pub fn from_environment() -> Result<Option<Self>, RunError> {
        let read = |name: &str| match std::env::var(name) {
            Ok(value) if value.trim().is_empty() => Ok(None),
            Ok(value) => Ok(Some(value.trim().to_owned())),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(RunError::usage(format!("{name} is not valid Unicode; set it again")))
            }
        };
        match (read(API_TOKEN)?, read(ACCESS_TOKEN)?) {
            (Some(_), Some(_)) => Err(RunError::usage(format!(
                "both {API_TOKEN} and {ACCESS_TOKEN} are set; unset one of them"
            ))),
            (Some(token), None) => checked(Self::api_token(token), API_TOKEN).map(Some),
            (None, Some(token)) => checked(Self::access_token(token), ACCESS_TOKEN).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Reads a file: `SSWS token`, `Bearer token`, or an API token alone.
    pub fn from_file(path: &Path) -> Result<Self, RunError> {
        let shown = path.display().to_string();
        let text = bundle::read(path)?.text;
        let text = text.trim();
        let credential = match text.split_once(char::is_whitespace) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Self::access_token(token.trim())
            }
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("ssws") => Self::api_token(token.trim()),
            Some(_) => {
                return Err(RunError::usage(format!(
                    "{shown}: expected one line, `SSWS token`, `Bearer token` or an API token alone"
                )));
            }
            None => Self::api_token(text),
        };
        checked(credential, &shown)
    }
}

fn checked(credential: Credential, place: &str) -> Result<Credential, RunError> {
    // A shorter one could not be distinguished from other text when it is removed from a report.
    const MIN_LENGTH: usize = 4;
    let secret = &credential.secret;
    if secret.len() < MIN_LENGTH || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(RunError::usage(format!(
            "{place} contains no valid credential; expected one word of at least {MIN_LENGTH} printable characters"
        )));
    }
    Ok(credential)
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}
