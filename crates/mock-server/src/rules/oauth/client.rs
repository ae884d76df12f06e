//! OAuth 2.0 clients: `settings.oauthClient` and `credentials.oauthClient` of an app of kind `oidc_client`.

use std::cell::RefCell;

use super::assertion::ClientKeys;
use super::client_key::read_keys;
use super::grant::Grant;
use super::role::Role;
use super::scope::Scope;
use crate::rules::behaviour as rule;
use crate::rules::body::{Members, Merge};
use crate::rules::error::{OktaError, Refusals};
use crate::rules::identifier::{OktaId, Seconds};

pub(crate) use super::client_key::{ClientKey, KeyMaterial, KeyStatus, check_set};

/// A registered client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OauthClient {
    /// `client_uri`
    pub(crate) client_uri: Option<Box<str>>,
    /// `logo_uri`
    pub(crate) logo_uri: Option<Box<str>>,
    /// `redirect_uris`
    pub(crate) redirect_uris: Box<[Box<str>]>,
    /// `post_logout_redirect_uris`, if sent (recorded: absent otherwise).
    pub(crate) post_logout_redirect_uris: Option<Box<[Box<str>]>>,
    /// `initiate_login_uri`, if sent.
    pub(crate) initiate_login_uri: Option<Box<str>>,
    /// `response_types`
    pub(crate) response_types: Box<[&'static str]>,
    /// `grant_types`
    pub(crate) grant_types: Box<[&'static str]>,
    /// `jwks` or `jwks_uri`
    pub(crate) keys: KeySource,
    /// `application_type`
    pub(crate) application_type: &'static str,
    /// `consent_method`
    pub(crate) consent_method: &'static str,
    /// `issuer_mode`
    pub(crate) issuer_mode: &'static str,
    /// `idp_initiated_login.mode`
    pub(crate) login_mode: &'static str,
    /// `idp_initiated_login.default_scope`
    pub(crate) login_scopes: Box<[Box<str>]>,
    /// `wildcard_redirect`
    pub(crate) wildcard_redirect: &'static str,
    /// `dpop_bound_access_tokens`
    pub(crate) is_dpop_bound: bool,
    /// `participate_slo`, if sent.
    pub(crate) participate_slo: Option<bool>,
    /// `token_endpoint_auth_method`
    pub(crate) authentication: &'static str,
    /// `autoKeyRotation`
    pub(crate) auto_key_rotation: bool,
    /// `pkce_required`
    pub(crate) pkce_required: bool,
    /// The scopes that are granted to it, oldest first.
    pub(crate) grants: Vec<Grant>,
    /// Its admin roles, in the order of assignment.
    pub(crate) roles: Vec<RoleAssignment>,
    /// Its secrets, oldest first.
    pub(crate) secrets: Vec<ClientSecret>,
}

/// An admin role of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RoleAssignment {
    /// The role.
    pub(crate) role: Role,
    /// Time of the assignment.
    pub(crate) created: Seconds,
}

/// A secret of a client. Its text is derived from its id where it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientSecret {
    /// The id, `ocs…` (recorded).
    pub(crate) id: OktaId,
    /// `status`
    pub(crate) status: KeyStatus,
    /// Creation time.
    pub(crate) created: Seconds,
    /// Time of the last change.
    pub(crate) last_updated: Seconds,
}

/// Creates a secret.
pub(crate) const fn new_secret(id: OktaId, now: Seconds) -> ClientSecret {
    ClientSecret { id, status: KeyStatus::Active, created: now, last_updated: now }
}

/// The source of a client's keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// The client has none.
    #[default]
    None,
    /// `jwks`
    Registered(Vec<ClientKey>),
    /// `jwks_uri`
    Uri(Box<str>),
}

/// `token_endpoint_auth_method` of clients that sign an assertion.
pub(crate) const PRIVATE_KEY_JWT: &str = "private_key_jwt";
/// `application_type` of service apps.
pub(crate) const SERVICE: &str = "service";

/// OpenAPI OpenIdConnectApplicationType.
const APPLICATION_TYPES: [&str; 4] = ["browser", "native", SERVICE, "web"];
/// OpenAPI OAuthEndpointAuthenticationMethod.
const AUTHENTICATION_METHODS: [&str; 5] =
    ["client_secret_basic", "client_secret_jwt", "client_secret_post", "none", PRIVATE_KEY_JWT];
/// OpenAPI OAuthResponseType.
const RESPONSE_TYPES: [&str; 3] = ["code", "id_token", "token"];
/// OpenAPI GrantType.
const GRANT_TYPES: [&str; 15] = [
    "authorization_code",
    "client_credentials",
    "implicit",
    "interaction_code",
    "password",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:openid:params:grant-type:ciba",
    "urn:okta:params:oauth:grant-type:otp",
    "urn:okta:params:oauth:grant-type:oob",
    "http://auth0.com/oauth/grant-type/mfa-otp",
    "http://auth0.com/oauth/grant-type/mfa-oob",
];

impl Default for OauthClient {
    /// Returns the values of members that a request does not contain (OpenAPI; RFC 7591, 2).
    fn default() -> Self {
        Self {
            client_uri: None,
            logo_uri: None,
            redirect_uris: Box::default(),
            post_logout_redirect_uris: None,
            initiate_login_uri: None,
            response_types: Box::new(["code"]),
            grant_types: Box::new(["authorization_code"]),
            keys: KeySource::None,
            application_type: "web",
            consent_method: "TRUSTED",
            issuer_mode: "ORG_URL",
            login_mode: "DISABLED",
            login_scopes: Box::default(),
            wildcard_redirect: "DISABLED",
            is_dpop_bound: false,
            participate_slo: None,
            authentication: "client_secret_basic",
            auto_key_rotation: true,
            pkce_required: false,
            grants: Vec::new(),
            roles: Vec::new(),
            secrets: Vec::new(),
        }
    }
}

impl OauthClient {
    /// Reads a client, and merges each member over its current value. `settings` and `credentials` may be the
    /// same object: the registration of clients has one level.
    pub(crate) fn read(
        settings: Option<Members<'_>>,
        credentials: Option<Members<'_>>,
        current: Option<&Self>,
        now: Seconds,
        refusals: &mut Refusals,
    ) -> Self {
        let default = Self::default();
        let base = current.unwrap_or(&default);
        let keys = refusals.take(read_source(settings, &base.keys, now), KeySource::None);
        let refusals = RefCell::new(refusals);
        let (settings, credentials) = (Merge::new(settings, &refusals), Merge::new(credentials, &refusals));
        let login = settings.object("idp_initiated_login");
        let application_type = settings.known("application_type", base.application_type, &APPLICATION_TYPES);
        let is_sent = |name| settings.get(name).is_some();
        let next = Self {
            client_uri: settings.text("client_uri", &base.client_uri),
            logo_uri: settings.text("logo_uri", &base.logo_uri),
            redirect_uris: settings.texts("redirect_uris", &base.redirect_uris),
            post_logout_redirect_uris: match is_sent("post_logout_redirect_uris") {
                true => Some(settings.texts("post_logout_redirect_uris", &[])),
                false => base.post_logout_redirect_uris.clone(),
            },
            initiate_login_uri: settings.text("initiate_login_uri", &base.initiate_login_uri),
            response_types: settings.each_of("response_types", &base.response_types, &RESPONSE_TYPES),
            grant_types: settings.each_of("grant_types", &base.grant_types, &GRANT_TYPES),
            keys,
            application_type,
            consent_method: settings.known("consent_method", base.consent_method, &["REQUIRED", "TRUSTED"]),
            issuer_mode: settings.known(
                "issuer_mode",
                base.issuer_mode,
                &["CUSTOM_URL", "DYNAMIC", "ORG_URL"],
            ),
            login_mode: login.known("mode", base.login_mode, &["DISABLED", "SPEC", "OKTA"]),
            login_scopes: login.texts("default_scope", &base.login_scopes),
            wildcard_redirect: settings.known(
                "wildcard_redirect",
                base.wildcard_redirect,
                &["DISABLED", "SUBDOMAIN"],
            ),
            is_dpop_bound: settings.flag("dpop_bound_access_tokens", base.is_dpop_bound),
            participate_slo: match is_sent("participate_slo") {
                true => Some(settings.flag("participate_slo", base.participate_slo.unwrap_or_default())),
                false => base.participate_slo,
            },
            authentication: credentials.known(
                "token_endpoint_auth_method",
                base.authentication,
                &AUTHENTICATION_METHODS,
            ),
            auto_key_rotation: credentials.flag("autoKeyRotation", base.auto_key_rotation),
            pkce_required: credentials.flag(
                "pkce_required",
                match current {
                    Some(current) => current.pkce_required,
                    // OpenAPI ApplicationCredentialsOAuthClient: the default of these two is true.
                    None => matches!(application_type, "browser" | "native"),
                },
            ),
            grants: base.grants.clone(),
            roles: base.roles.clone(),
            secrets: base.secrets.clone(),
        };
        let outcome = next.check();
        refusals.borrow_mut().check(outcome);
        next
    }

    /// Checks what members say together.
    fn check(&self) -> Result<(), OktaError> {
        if self.application_type == SERVICE {
            // OpenAPI createClient: the values that a service app takes.
            if *self.grant_types != ["client_credentials"] {
                return Err(OktaError::invalid(&rule::CLIENT_OF_SERVICE, "grant_types"));
            }
            if *self.response_types != ["token"] {
                return Err(OktaError::invalid(&rule::CLIENT_OF_SERVICE, "response_types"));
            }
        } else if *self.grant_types == ["client_credentials"] {
            return Err(OktaError::invalid(&rule::CLIENT_OF_SERVICE, "application_type"));
        }
        Ok(())
    }

    /// Returns true if the client authenticates with a secret.
    pub(crate) fn has_secret(&self) -> bool {
        self.authentication.starts_with("client_secret")
    }

    /// Returns true if this scope is granted.
    pub(crate) fn is_granted(&self, scope: &str) -> bool {
        self.grants.iter().any(|grant| *grant.scope == *scope)
    }

    /// Returns true if one of the client's roles allows what a scope allows.
    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.roles.iter().any(|assignment| assignment.role.allows(scope))
    }

    /// Returns true if the client may ask for tokens of its own.
    pub(crate) fn is_service(&self) -> bool {
        self.application_type == SERVICE
    }

    /// Returns the client's registered keys.
    pub(crate) fn registered_keys(&self) -> &[ClientKey] {
        match &self.keys {
            KeySource::Registered(keys) => keys,
            KeySource::None | KeySource::Uri(_) => &[],
        }
    }

    /// Returns the client with the defaults of all members that registration has. Its keys stay known, so that
    /// one that is sent again keeps its id.
    pub(crate) fn without_registered(&self) -> Self {
        let default = Self::default();
        Self {
            keys: self.keys.clone(),
            is_dpop_bound: self.is_dpop_bound,
            consent_method: self.consent_method,
            issuer_mode: self.issuer_mode,
            login_mode: self.login_mode,
            login_scopes: self.login_scopes.clone(),
            wildcard_redirect: self.wildcard_redirect,
            participate_slo: self.participate_slo,
            auto_key_rotation: self.auto_key_rotation,
            pkce_required: self.pkce_required,
            grants: self.grants.clone(),
            roles: self.roles.clone(),
            secrets: self.secrets.clone(),
            ..default
        }
    }

    /// Gives an id to each key that has none yet. `next` returns the id for a text that describes the key.
    pub(crate) fn assign_key_ids(&mut self, mut next: impl FnMut(&str) -> OktaId) {
        for key in self.registered_keys_mut().iter_mut().filter(|key| key.id == OktaId::UNASSIGNED) {
            key.id = next(key.description());
        }
    }

    /// Gives an id to each grant that has none yet. `next` returns the id for a scope.
    pub(crate) fn assign_grant_ids(&mut self, mut next: impl FnMut(&str) -> OktaId) {
        for grant in self.grants.iter_mut().filter(|grant| grant.id == OktaId::UNASSIGNED) {
            grant.id = next(&grant.scope);
        }
    }

    /// Returns the client's registered keys, to change them.
    pub(crate) fn registered_keys_mut(&mut self) -> &mut [ClientKey] {
        match &mut self.keys {
            KeySource::Registered(keys) => keys,
            KeySource::None | KeySource::Uri(_) => &mut [],
        }
    }

    /// Returns the registered keys for the check of an assertion, or the address of the keys.
    pub(crate) fn assertion_keys(&self) -> Result<ClientKeys, &str> {
        match &self.keys {
            KeySource::None => Ok(ClientKeys::None),
            KeySource::Registered(keys) => Ok(ClientKeys::Registered(keys.clone())),
            KeySource::Uri(uri) => Err(uri),
        }
    }
}

/// Reads `jwks` or `jwks_uri`.
fn read_source(
    settings: Option<Members<'_>>,
    current: &KeySource,
    now: Seconds,
) -> Result<KeySource, OktaError> {
    let Some(settings) = settings else { return Ok(current.clone()) };
    let keys = settings.object("jwks")?;
    let uri = settings.text("jwks_uri")?.filter(|uri| !uri.trim().is_empty());
    match (keys, uri) {
        (Some(_), Some(_)) => Err(OktaError::invalid(&rule::CLIENT_KEYS_AND_URI, "jwks_uri")),
        (None, Some(uri)) => match url::Url::parse(uri) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(KeySource::Uri(uri.into())),
            _ => Err(OktaError::invalid(&rule::CLIENT_KEYS_AND_URI, "jwks_uri")),
        },
        (Some(keys), None) => {
            let known = match current {
                KeySource::Registered(keys) => &keys[..],
                _ => &[],
            };
            read_keys(keys, known, now).map(KeySource::Registered)
        }
        (None, None) => Ok(current.clone()),
    }
}
