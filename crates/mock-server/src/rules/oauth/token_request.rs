//! Requests for a token: the form, the client's credential, and the scopes.

use super::error::{OauthError, OauthErrorCode};
use crate::rules::behaviour as rule;

/// A request of grant type `client_credentials`, which is the only one that the mock serves.
#[derive(Debug)]
pub(crate) struct TokenRequest<'a> {
    /// How the client authenticates.
    pub(crate) credential: ClientCredential<'a>,
    /// `scope`
    scope: &'a str,
}

/// The credential of a client in a token request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientCredential<'a> {
    /// A signed assertion (RFC 7523), and `client_id` if it was sent too.
    Assertion {
        /// `client_assertion`
        assertion: &'a str,
        /// `client_id`
        client_id: Option<&'a str>,
    },
    /// Another method, for the client with this id.
    Other {
        /// The client id.
        client_id: &'a str,
    },
}

/// The parts of a request that hold client credentials.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Credentials<'a> {
    /// The form.
    pub(crate) form: &'a [(String, String)],
    /// The query.
    pub(crate) query: &'a [(String, String)],
    /// The client id in an Authorization header of scheme Basic.
    pub(crate) basic: Option<Basic<'a>>,
}

/// The parameters of a request: those of the form and those of the query. The Go SDK sends all of them in the
/// query.
#[derive(Debug)]
struct Parameters<'a>(Vec<&'a (String, String)>);

/// An Authorization header at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basic<'a> {
    /// Basic, with this client id.
    Client(&'a str),
    /// Anything else.
    Invalid,
}

/// Grant types of OpenAPI GrantType that the mock does not serve.
const OTHER_GRANT_TYPES: &str = "The authorization grant type is not supported by the authorization server. Configured grant types: [client_credentials].";
const GRANT_TYPE_MISSING: &str =
    "The token request must specify a 'grant_type'. Valid values: [client_credentials].";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl<'a> Parameters<'a> {
    /// Returns the value of a parameter; empty text counts as absent (RFC 6749, 3.2).
    fn get(&self, name: &str) -> Option<&'a str> {
        let value = self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// Returns true if two parameters have the same name.
    fn has_duplicate(&self) -> bool {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }
}

impl<'a> TokenRequest<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// As Okta's table of OAuth errors lists them, in the order in which the request is read (inferred).
    pub(crate) fn read(request: Credentials<'a>) -> Result<Self, OauthError> {
        let Credentials { form, query, basic } = request;
        let invalid = |rule, description| OauthError::new(rule, OauthErrorCode::InvalidRequest, description);
        let parameters = Parameters(query.iter().chain(form).collect());
        if parameters.has_duplicate() {
            let description = "The request contained multiple parameters with the same name.";
            return Err(invalid(&rule::TOKEN_PARAMETER_TWICE, description));
        }
        if query.iter().any(|(name, _)| name == "client_secret") {
            let description = "Client credentials cannot be supplied via query parameters.";
            return Err(invalid(&rule::TOKEN_CREDENTIAL_IN_QUERY, description));
        }
        match parameters.get("grant_type") {
            None => return Err(invalid(&rule::TOKEN_GRANT_TYPE_MISSING, GRANT_TYPE_MISSING)),
            Some("client_credentials") => {}
            Some(_) => {
                let code = OauthErrorCode::UnsupportedGrantType;
                return Err(OauthError::new(&rule::TOKEN_GRANT_TYPE, code, OTHER_GRANT_TYPES));
            }
        }
        if !query.is_empty() {
            rule::TOKEN_QUERY.apply();
        }
        Ok(Self {
            credential: ClientCredential::read(&parameters, basic)?,
            scope: parameters.get("scope").unwrap_or_default(),
        })
    }

    /// Returns the requested scopes that are granted, in the order of the request. Others are dropped (issue).
    ///
    /// # Errors
    /// If no scope is requested, `openid` is, or none is granted.
    pub(crate) fn scopes(&self, is_granted: impl Fn(&str) -> bool) -> Result<Vec<&'a str>, OauthError> {
        let mut requested: Vec<&str> = Vec::new();
        for scope in self.scope.split_ascii_whitespace() {
            if !requested.contains(&scope) {
                requested.push(scope);
            }
        }
        let invalid = |rule, description| OauthError::new(rule, OauthErrorCode::InvalidScope, description);
        if requested.is_empty() {
            return Err(invalid(&rule::TOKEN_NO_SCOPE, "No scopes were requested."));
        }
        if requested.contains(&"openid") {
            let description = "Cannot request 'openid' scopes using client credentials.";
            return Err(invalid(&rule::TOKEN_OPENID, description));
        }
        let count = requested.len();
        requested.retain(|scope| is_granted(scope));
        if requested.is_empty() {
            let description = "You are not allowed any of the requested scopes.";
            let code = OauthErrorCode::ConsentRequired;
            return Err(OauthError::new(&rule::TOKEN_CONSENT_REQUIRED, code, description));
        }
        if requested.len() < count {
            rule::TOKEN_SCOPES_DROPPED.apply();
        }
        Ok(requested)
    }
}

impl<'a> ClientCredential<'a> {
    fn read(parameters: &Parameters<'a>, basic: Option<Basic<'a>>) -> Result<Self, OauthError> {
        let client_id = parameters.get("client_id");
        let assertion = parameters.get("client_assertion");
        let kind = parameters.get("client_assertion_type");
        let secret = parameters.get("client_secret");
        let count = [basic.is_some(), secret.is_some(), assertion.is_some() || kind.is_some()];
        if count.into_iter().filter(|is_given| *is_given).count() > 1 {
            let description = "Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization header, credentials in the post body, or a client_assertion in the post body.";
            let code = OauthErrorCode::SeveralCredentials;
            return Err(OauthError::new(&rule::TOKEN_SEVERAL_CREDENTIALS, code, description));
        }
        match (basic, assertion, kind) {
            (Some(Basic::Client(client_id)), ..) => return Ok(Self::Other { client_id }),
            (Some(Basic::Invalid), ..) => {
                let description = "Found Authentication header but was not valid client credentials.";
                return Err(OauthError::client(&rule::TOKEN_AUTHORIZATION_INVALID, description));
            }
            (None, Some(assertion), Some(ASSERTION_TYPE)) => {
                return Ok(Self::Assertion { assertion, client_id });
            }
            (None, _, Some(kind)) if kind != ASSERTION_TYPE => {
                let code = OauthErrorCode::InvalidRequest;
                let description = "The client_assertion_type is invalid.";
                return Err(OauthError::new(&rule::TOKEN_ASSERTION_TYPE, code, description));
            }
            (None, Some(_), _) => {
                let code = OauthErrorCode::InvalidRequest;
                let description = "The client_assertion_type is invalid.";
                return Err(OauthError::new(&rule::TOKEN_ASSERTION_TYPE, code, description));
            }
            (None, None, _) => {}
        }
        match client_id {
            Some(client_id) => Ok(Self::Other { client_id }),
            None => Err(OauthError::client(&rule::TOKEN_NO_CREDENTIAL, "No client credentials found")),
        }
    }
}
