//! Authentication: API tokens (SSWS) and OAuth 2.0 access tokens (Bearer, DPoP).

use std::borrow::Cow;

use http::request::Parts;
use http::{Method, StatusCode, header};
use percent_encoding::{AsciiSet, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};

use super::access_token::{self, TokenScheme, looks_like_a_token};
use super::operation::{Operation, Surface};
use super::origin::Origin;
use super::refusal::Refusal;
use super::{MockOrg, Settings};
use crate::rules::behaviour::{self as rule, Rule};
use crate::rules::error::{ErrorCode, OktaError, echo};
use crate::rules::identifier::AppId;
use crate::rules::jose::Algorithm;
use crate::rules::oauth::Scope;

/// The caller of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A caller with an administrator's credential.
    Administrator,
    /// A client with an access token.
    Client(AppId),
    /// A caller without a credential, where that is allowed.
    Anonymous,
}

/// Identifies the caller of an operation. The API requires a credential.
///
/// # Errors
/// If the credential is missing, unknown or malformed, or an access token does not allow the operation.
pub(super) fn caller(
    parts: &Parts,
    operation: Option<&Operation>,
    origin: &Origin,
    org: &MockOrg,
) -> Result<Caller, Refusal> {
    let path = parts.uri.path();
    let is_api = path.starts_with("/api/") || path == "/api";
    let needs_credential = match operation {
        Some(operation) => operation.surface == Surface::Api || is_api,
        None => is_api,
    };
    if !needs_credential {
        return Ok(Caller::Anonymous);
    }
    identify(parts, operation, origin, org).inspect_err(|_| rule::AUTHENTICATION_FIRST.apply())
}

fn identify(
    parts: &Parts,
    operation: Option<&Operation>,
    origin: &Origin,
    org: &MockOrg,
) -> Result<Caller, Refusal> {
    let settings = org.settings();
    let scope = operation.and_then(|operation| operation.scope);
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let text = match (values.next(), values.next()) {
        (None, _) if operation.is_some_and(|operation| operation.surface == Surface::PublicApi) => {
            return Ok(Caller::Anonymous);
        }
        // A value that is not valid text still names its scheme.
        (Some(value), None) => {
            value.to_str().map_or_else(|_| String::from_utf8_lossy(value.as_bytes()), Cow::from)
        }
        _ => "".into(),
    };
    let (scheme, token) = match Credential::read(&text) {
        None => return Err(OktaError::new(&rule::AUTHENTICATION_ABSENT, ErrorCode::InvalidSession).into()),
        Some(Credential::Ssws(token)) => {
            return check(token, &settings.api_tokens, settings, &rule::AUTHENTICATION_SSWS_UNKNOWN)
                .map_err(|rule| OktaError::new(rule, ErrorCode::InvalidToken).into());
        }
        Some(Credential::Bearer(token)) => (TokenScheme::Bearer, token),
        Some(Credential::Dpop(token)) => (TokenScheme::Dpop, token),
    };
    let is_declared = || settings.access_tokens.iter().any(|secret| secret.expose_secret() == token);
    let may_be_of_org = || looks_like_a_token(token) && org.lock().has_clients() && !is_declared();
    if scheme == TokenScheme::Dpop || may_be_of_org() {
        return access_token::check(parts, scope, origin, org, scheme, token);
    }
    check(token, &settings.access_tokens, settings, &rule::AUTHENTICATION_BEARER_REFUSED).map_err(|rule| {
        let challenge = Challenge { parts, origin, scope, scheme: scheme.as_str() };
        challenge.refuse(rule, StatusCode::UNAUTHORIZED, "invalid_token", "The access token is invalid.")
    })
}

/// A credential of a scheme that Okta knows.
enum Credential<'a> {
    /// An API token.
    Ssws(&'a str),
    /// An OAuth 2.0 access token.
    Bearer(&'a str),
    /// An access token that is bound to a key.
    Dpop(&'a str),
}

impl<'a> Credential<'a> {
    fn read(value: &'a str) -> Option<Self> {
        // The Python SDK sends no space after SSWS, and real orgs accept that (sdk).
        if let Some(token) = value.strip_prefix("SSWS") {
            rule::AUTHENTICATION_SSWS_SPACES.apply();
            return Some(Self::Ssws(token.trim_start_matches(' ')));
        }
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        // Schemes are case-insensitive (RFC 9110, 11.1).
        let token = token.trim_start_matches(' ');
        if scheme.eq_ignore_ascii_case("Bearer") {
            Some(Self::Bearer(token))
        } else if scheme.eq_ignore_ascii_case("DPoP") {
            Some(Self::Dpop(token))
        } else {
            None
        }
    }
}

/// Returns the owner of this token, or the rule that refuses it.
fn check(
    token: &str,
    known: &[SecretString],
    settings: &Settings,
    unknown: &'static Rule,
) -> Result<Caller, &'static Rule> {
    if settings.declares_tokens() {
        let is_known = known.iter().any(|secret| secret.expose_secret() == token);
        return if is_known { Ok(Caller::Administrator) } else { Err(unknown) };
    }
    if is_placeholder(token) {
        return Err(&rule::AUTHENTICATION_PLACEHOLDER);
    }
    rule::AUTHENTICATION_ANY_ADMINISTRATOR.apply();
    if is_token68(token) { Ok(Caller::Administrator) } else { Err(unknown) }
}

/// Returns true for a placeholder instead of a token: empty text, the name of a missing value, a word such
/// as `changeme`, or a variable that was not expanded.
fn is_placeholder(token: &str) -> bool {
    const OPENING_CHARACTERS: [char; 6] = ['{', '<', '$', '%', '[', '('];
    let token = token.trim();
    token.starts_with(OPENING_CHARACTERS)
        || is_placeholder_word(&token.to_ascii_lowercase())
        || is_variable_name(token)
        || is_one_character(token)
        || token.len() > 4 && token.starts_with("__") && token.ends_with("__")
}

/// Returns true if a lower-case text is the name of a missing value or a word that asks for a token.
fn is_placeholder_word(lower: &str) -> bool {
    let is_missing = matches!(
        lower,
        "" | "undefined"
            | "null"
            | "none"
            | "nil"
            | "nan"
            | "true"
            | "false"
            | "[object object]"
            | "[object promise]"
            | "changeme"
            | "change-me"
            | "change_me"
            | "todo"
            | "tbd"
            | "placeholder"
    );
    let asks = |word| lower.strip_prefix(word).is_some_and(|rest| rest.starts_with(['_', '-', '.']));
    is_missing || ["your", "insert", "replace", "enter"].into_iter().any(asks)
}

/// Returns true for the name of a variable, such as `MY_API_TOKEN`. In lower case it may be a token.
fn is_variable_name(token: &str) -> bool {
    token.starts_with("MY_") && !token.contains(|character: char| character.is_ascii_lowercase())
}

/// Returns true if the text repeats one character at least three times, as in `xxx`.
fn is_one_character(token: &str) -> bool {
    let mut characters = token.chars();
    let first = characters.next();
    characters.all(|character| Some(character) == first) && token.chars().count() >= 3
}

/// Returns true if the text has the form of a credential (RFC 9110, 11.2: token68).
fn is_token68(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

/// Characters that would end a quoted string or escape in it. No path of RFC 3986 contains them.
const QUOTED: &AsciiSet = &percent_encoding::CONTROLS.add(b'"').add(b'\\');

/// The request whose access token is refused.
pub(super) struct Challenge<'a> {
    pub(super) parts: &'a Parts,
    pub(super) origin: &'a Origin,
    /// The scope of the operation.
    pub(super) scope: Option<Scope>,
    /// The scheme of the challenge.
    pub(super) scheme: &'static str,
}

impl Challenge<'_> {
    /// Returns an answer without a body (docs, issue). The URIs in it begin with http:// as reported.
    pub(super) fn refuse(&self, rule: &'static Rule, status: StatusCode, error: &str, text: &str) -> Refusal {
        let host = self.origin.authority();
        let scope = match (self.scope, &self.parts.method) {
            (Some(scope), _) => scope.to_string(),
            (None, &Method::GET | &Method::HEAD) => "okta.apps.read".to_owned(),
            (None, _) => "okta.apps.manage".to_owned(),
        };
        let names = || Algorithm::names().collect::<Vec<_>>().join(" ");
        let algorithms =
            if self.scheme == "DPoP" { format!("algs=\"{}\", ", names()) } else { String::new() };
        let challenge = format!(
            "{} {algorithms}authorization_uri=\"http://{host}/oauth2/v1/authorize\", \
             realm=\"http://{host}\", scope=\"{scope}\", error=\"{error}\", \
             error_description=\"{text}\", resource=\"{}\"",
            self.scheme,
            utf8_percent_encode(&echo(self.parts.uri.path()), QUOTED)
        );
        let error = Box::new(OktaError::new(rule, ErrorCode::InvalidToken));
        Refusal::Challenge { error, status, challenge }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_schemes_are_recognised_even_without_a_token() {
        assert!(matches!(Credential::read("SSWStoken"), Some(Credential::Ssws("token"))));
        assert!(matches!(Credential::read("SSWS   token"), Some(Credential::Ssws("token"))));
        assert!(matches!(Credential::read("bearer token"), Some(Credential::Bearer("token"))));
        assert!(matches!(Credential::read("Bearer"), Some(Credential::Bearer(""))));
        assert!(matches!(Credential::read("DPoP"), Some(Credential::Dpop(""))));
        assert!(Credential::read("Basic dTpw").is_none());
        assert!(Credential::read("").is_none());
    }

    #[test]
    fn placeholders_are_distinguished_from_tokens() {
        for text in [
            "",
            " ",
            "undefined",
            "null",
            "NULL",
            "None",
            "nil",
            "{{token}}",
            "${OKTA_API_TOKEN}",
            "$TOKEN",
            "%TOKEN%",
            "<token>",
            "[object Object]",
            "YOUR_API_TOKEN",
            "your-token",
            "INSERT_TOKEN_HERE",
            "__TOKEN__",
            "__api_token__",
            "MY_API_TOKEN",
            "changeme",
            "ChangeMe",
            "change-me",
            "ToDo",
            "tbd",
            "Placeholder",
            "XXXXXXXX",
            "xxx",
            "...",
            "***",
            "000",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "any-token",
            "token",
            "test",
            "api-token",
            "t",
            "xx",
            "00abc",
            "my_token",
            "__",
            "__x",
            "todos",
            "nullable",
            "eyJ.x.y",
            "yourself",
            "undefined2",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn only_token68_is_a_well_formed_credential() {
        for text in ["a", "00Ab-_.~+/==", "eyJ.x.y"] {
            assert!(is_token68(text), "{text}");
        }
        for text in ["", "=", "a b", "a\"b", "{token}", "a=b"] {
            assert!(!is_token68(text), "{text}");
        }
    }
}
