//! The credential of a run: from the environment or a file, never an argument.

use std::path::Path;
use std::sync::Arc;

use crate::bundle;
use crate::error::RunError;
use crate::service_app::ServiceApp;
use crate::setting::{ACCESS_TOKEN, API_TOKEN, CLIENT_ID, KEY_ID, PRIVATE_KEY_FILE, SCOPES};

/// The scopes that a service app requests unless others are given: those of the provisioning operations.
const DEFAULT_SCOPES: &str = "okta.apps.manage okta.apps.read";

/// The authorization scheme of a credential.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scheme {
    /// An API token (`SSWS`).
    #[default]
    ApiToken,
    /// An OAuth 2.0 access token (`Bearer`).
    AccessToken,
    /// An access token that is bound to a key (`DPoP`). Each request needs a proof of its own.
    BoundToken,
}

impl Scheme {
    /// The scheme of the `Authorization` header.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::ApiToken => "SSWS",
            Self::AccessToken => "Bearer",
            Self::BoundToken => "DPoP",
        }
    }

    /// The environment variable for a credential of this scheme.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::ApiToken => API_TOKEN,
            Self::AccessToken | Self::BoundToken => ACCESS_TOKEN,
        }
    }
}

/// A token and its scheme.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) scheme: Scheme,
    pub(crate) secret: String,
}

/// The credential of a run.
#[derive(Clone, Debug)]
pub struct Credential(pub(crate) Kind);

/// The kind of a credential.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Token(Token),
    /// A service app, which requests a token at the start of a run.
    ServiceApp(Arc<ServiceApp>),
}

impl Credential {
    /// Creates a credential from an API token of Okta.
    pub fn api_token(secret: impl Into<String>) -> Self {
        Self(Kind::Token(Token { scheme: Scheme::ApiToken, secret: secret.into() }))
    }

    /// Creates a credential from an OAuth 2.0 access token.
    pub fn access_token(secret: impl Into<String>) -> Self {
        Self(Kind::Token(Token { scheme: Scheme::AccessToken, secret: secret.into() }))
    }

    /// Creates a credential from a service app, which requests a token at the start of a run.
    #[must_use]
    pub fn service_app(app: ServiceApp) -> Self {
        Self(Kind::ServiceApp(Arc::new(app)))
    }

    /// The scheme of the run's token. A service app's is only known once it has one; until then it counts as not
    /// bound to a key.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        match &self.0 {
            Kind::Token(token) => token.scheme,
            Kind::ServiceApp(_) => Scheme::AccessToken,
        }
    }

    /// Reads the environment: an API token, an access token, or a service app. More than one of them is an error.
    pub fn from_environment() -> Result<Option<Self>, RunError> {
        let values = [API_TOKEN, ACCESS_TOKEN, CLIENT_ID, PRIVATE_KEY_FILE]
            .map(|name| variable(name).map(|value| value.map(|value| (name, value))));
        let [api_token, access_token, client, key] = values;
        let (api_token, access_token, client, key) = (api_token?, access_token?, client?, key?);
        let given: Vec<&str> = [&api_token, &access_token, &client.as_ref().or(key.as_ref()).cloned()]
            .into_iter()
            .flatten()
            .map(|(name, _)| *name)
            .collect();
        if let [one, another, ..] = given.as_slice() {
            return Err(RunError::usage(format!("both {one} and {another} are set; unset one of them")));
        }
        match (api_token, access_token, client, key) {
            (Some((name, token)), ..) => Self::api_token(token).checked(name).map(Some),
            (_, Some((name, token)), ..) => Self::access_token(token).checked(name).map(Some),
            (.., Some((_, client)), Some((_, key))) => service_app(client, &key).map(Some),
            (.., Some(_), None) => {
                Err(RunError::usage(format!("{CLIENT_ID} is set, but {PRIVATE_KEY_FILE} is not; set both")))
            }
            (.., None, Some(_)) => {
                Err(RunError::usage(format!("{PRIVATE_KEY_FILE} is set, but {CLIENT_ID} is not; set both")))
            }
            (None, None, None, None) => Ok(None),
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
        credential.checked(&shown)
    }

    /// Rejects a token that cannot be sent, or not be removed from a report.
    fn checked(self, place: &str) -> Result<Self, RunError> {
        // A shorter one could not be distinguished from other text when it is removed from a report.
        const MIN_LENGTH: usize = 4;
        match &self.0 {
            Kind::Token(Token { secret, .. })
                if secret.len() < MIN_LENGTH || !secret.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Err(RunError::usage(format!(
                    "{place} contains no valid credential; expected one word of at least {MIN_LENGTH} printable characters"
                )))
            }
            _ => Ok(self),
        }
    }
}

/// Reads the service app of the environment.
fn service_app(client: String, key: &str) -> Result<Credential, RunError> {
    let scopes = variable(SCOPES)?.unwrap_or_else(|| DEFAULT_SCOPES.to_owned());
    let app = ServiceApp::new(client, scopes, Path::new(key))?;
    Ok(Credential::service_app(match variable(KEY_ID)? {
        Some(id) => app.key_id(id),
        None => app,
    }))
}

/// The value of an environment variable; white space alone counts as absent.
fn variable(name: &str) -> Result<Option<String>, RunError> {
    match std::env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value.trim().to_owned())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(RunError::usage(format!("{name} is not valid Unicode; set it again")))
        }
    }
}

impl Token {
    /// A made-up token for a mock.
    pub(crate) fn made_up() -> Self {
        Self { scheme: Scheme::ApiToken, secret: "made-up-token-for-the-mock".to_owned() }
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}
