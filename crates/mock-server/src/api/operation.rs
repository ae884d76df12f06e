//! The operations of the org, in one table with their handlers.
//!
//! To add one, write its handler and add a row to [`OPERATIONS`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::LazyLock;

use axum::body::Body;
use http::Method;
use matchit::{Match, Router};
use percent_encoding::percent_decode_str;

use super::answer::Answer;
use super::body::{self, JsonBody};
use super::call::{Call, Query};
use super::refusal::Refusal;
use super::settings::BODY_LIMIT;
use super::{
    app_keys, apps, assignments, client_keys, client_roles, client_secrets, clients, connections, consent,
    control, features, grants, identity_providers, inspector, metadata, policies, saml_metadata, third_party,
    token, users,
};
use crate::rules::behaviour::{self as rule, Rule};
use crate::rules::body::Object;
use crate::rules::error::{ErrorCode, OktaError, echo};
use crate::rules::nearest::nearest;
use crate::rules::oauth::{Access, OauthError, OauthErrorCode, Resource, Scope};

use Handler::{Async, AsyncWithForm, AsyncWithJson, WithForm, WithJson, WithoutBody};
use Verb::{Delete, Get, Patch, Post, Put};

/// Maximum size of a state document, in bytes: some ten thousand apps.
const STATE_LIMIT: usize = 16 * 1024 * 1024;

/// An operation: a method of a path.
pub(super) struct Operation {
    /// The operationId in the contract.
    pub(super) id: &'static str,
    verb: Verb,
    /// The path, with parameters in braces.
    path: &'static str,
    /// The part of the org that it belongs to.
    pub(super) surface: Surface,
    /// The query parameters that it takes.
    pub(super) query: &'static [&'static str],
    /// Maximum size of the body, in bytes.
    pub(super) body_limit: usize,
    /// The scope that an access token needs, if the operation requires a credential.
    pub(super) scope: Option<Scope>,
    /// True if the answer is XML.
    pub(super) is_xml: bool,
    handler: Handler,
}

/// The parts of an org. Each has its own rules about its callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface {
    /// Okta's API, which requires a credential.
    Api,
    /// Parts of the API that require no credential.
    PublicApi,
    /// The org's page that the browser is redirected to.
    OrgPage,
    /// The pages of the third-party app.
    ThirdParty,
    /// The control plane, which a real org does not have.
    Control,
    /// The page of the control plane.
    Inspector,
}

impl Surface {
    /// Returns true for what a real org does not have.
    pub(super) const fn is_control_plane(self) -> bool {
        matches!(self, Self::Control | Self::Inspector)
    }
}

/// The result of an operation.
pub(super) type Outcome = Result<Answer, Refusal>;

/// A handler, by the kind of body that it takes.
enum Handler {
    /// Takes no body.
    WithoutBody(fn(&Call<'_>) -> Outcome),
    /// Takes JSON.
    WithJson(fn(&Call<'_>, &JsonBody) -> Outcome),
    /// Takes a form.
    WithForm(fn(&Call<'_>, &Query) -> Outcome),
    /// Takes no body, and is asynchronous.
    Async(for<'a> fn(&'a Call<'_>) -> OutcomeFuture<'a>),
    /// Takes JSON, and is asynchronous.
    AsyncWithJson(for<'a> fn(&'a Call<'_>, JsonBody) -> OutcomeFuture<'a>),
    /// Takes a form, and is asynchronous.
    AsyncWithForm(for<'a> fn(&'a Call<'_>, Query) -> OutcomeFuture<'a>),
}

/// The future result of an operation.
pub(super) type OutcomeFuture<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Every operation of an org.
#[rustfmt::skip]
static OPERATIONS: [Operation; 104] = [
    api("listApplications", Get, "/api/v1/apps", WithoutBody(apps::list))
        .query(&["q", "after", "limit", "filter", "expand", "useOptimization", "alwaysIncludeVpnSettings", "includeNonDeleted"]),
    api("createApplication", Post, "/api/v1/apps", WithJson(apps::create)).query(&["activate"]),
    api("getApplication", Get, "/api/v1/apps/{appId}", WithoutBody(apps::read)).query(&["expand"]),
    api("replaceApplication", Put, "/api/v1/apps/{appId}", WithJson(apps::replace)),
    api("deleteApplication", Delete, "/api/v1/apps/{appId}", WithoutBody(apps::delete)),
    api("activateApplication", Post, "/api/v1/apps/{appId}/lifecycle/activate", WithoutBody(apps::activate)),
    api("deactivateApplication", Post, "/api/v1/apps/{appId}/lifecycle/deactivate", WithoutBody(apps::deactivate)),
    api("getDefaultProvisioningConnectionForApplication", Get, "/api/v1/apps/{appId}/connections/default", WithoutBody(connections::read)),
    api("updateDefaultProvisioningConnectionForApplication", Post, "/api/v1/apps/{appId}/connections/default", AsyncWithJson(connections::set))
        .query(&["activate"]),
    // Another org fetches the key set of a connection, without a credential (guide-o2o).
    public_api("getUserProvisioningConnectionJWKS", Get, "/api/v1/apps/{appId}/connections/default/jwks", Async(connections::keys)),
    api("activateDefaultProvisioningConnectionForApplication", Post, "/api/v1/apps/{appId}/connections/default/lifecycle/activate", Async(connections::activate)),
    api("deactivateDefaultProvisioningConnectionForApplication", Post, "/api/v1/apps/{appId}/connections/default/lifecycle/deactivate", WithoutBody(connections::deactivate)),
    api("verifyProvisioningConnectionForApplication", Post, "/api/v1/apps/{appName}/{appId}/oauth2/callback", WithoutBody(consent::verify))
        .query(&["code", "state"]),
    api("listFeaturesForApplication", Get, "/api/v1/apps/{appId}/features", WithoutBody(features::list)),
    api("getFeatureForApplication", Get, "/api/v1/apps/{appId}/features/{featureName}", WithoutBody(features::read)),
    api("updateFeatureForApplication", Put, "/api/v1/apps/{appId}/features/{featureName}", WithJson(features::update)),

    api("listApplicationKeys", Get, "/api/v1/apps/{appId}/credentials/keys", Async(app_keys::list)),
    api("generateApplicationKey", Post, "/api/v1/apps/{appId}/credentials/keys/generate", Async(app_keys::generate)).query(&["validityYears"]),
    api("getApplicationKey", Get, "/api/v1/apps/{appId}/credentials/keys/{keyId}", Async(app_keys::read)),
    api("cloneApplicationKey", Post, "/api/v1/apps/{appId}/credentials/keys/{keyId}/clone", Async(app_keys::clone)).query(&["targetAid"]),
    api("listJwk", Get, "/api/v1/apps/{appId}/credentials/jwks", WithoutBody(client_keys::list)),
    api("addJwk", Post, "/api/v1/apps/{appId}/credentials/jwks", WithJson(client_keys::add)),
    api("getJwk", Get, "/api/v1/apps/{appId}/credentials/jwks/{keyId}", WithoutBody(client_keys::read)),
    api("deletejwk", Delete, "/api/v1/apps/{appId}/credentials/jwks/{keyId}", WithoutBody(client_keys::delete)),
    api("activateOAuth2ClientJsonWebKey", Post, "/api/v1/apps/{appId}/credentials/jwks/{keyId}/lifecycle/activate", WithoutBody(client_keys::activate)),
    api("deactivateOAuth2ClientJsonWebKey", Post, "/api/v1/apps/{appId}/credentials/jwks/{keyId}/lifecycle/deactivate", WithoutBody(client_keys::deactivate)),
    api("listOAuth2ClientSecrets", Get, "/api/v1/apps/{appId}/credentials/secrets", WithoutBody(client_secrets::list)),
    api("createOAuth2ClientSecret", Post, "/api/v1/apps/{appId}/credentials/secrets", WithoutBody(client_secrets::add)),
    api("getOAuth2ClientSecret", Get, "/api/v1/apps/{appId}/credentials/secrets/{secretId}", WithoutBody(client_secrets::read)),
    api("deleteOAuth2ClientSecret", Delete, "/api/v1/apps/{appId}/credentials/secrets/{secretId}", WithoutBody(client_secrets::delete)),
    api("activateOAuth2ClientSecret", Post, "/api/v1/apps/{appId}/credentials/secrets/{secretId}/lifecycle/activate", WithoutBody(client_secrets::activate)),
    api("deactivateOAuth2ClientSecret", Post, "/api/v1/apps/{appId}/credentials/secrets/{secretId}/lifecycle/deactivate", WithoutBody(client_secrets::deactivate)),
    api("listScopeConsentGrants", Get, "/api/v1/apps/{appId}/grants", WithoutBody(grants::list)).query(&["expand"]).scope(Resource::AppGrants),
    api("grantConsentToScope", Post, "/api/v1/apps/{appId}/grants", WithJson(grants::add)).scope(Resource::AppGrants),
    api("getScopeConsentGrant", Get, "/api/v1/apps/{appId}/grants/{grantId}", WithoutBody(grants::read)).query(&["expand"]).scope(Resource::AppGrants),
    api("revokeScopeConsentGrant", Delete, "/api/v1/apps/{appId}/grants/{grantId}", WithoutBody(grants::revoke)).scope(Resource::AppGrants),
    api("listClients", Get, "/oauth2/v1/clients", WithoutBody(clients::list)).query(&["after", "limit", "q"]).scope(Resource::Clients),
    api("createClient", Post, "/oauth2/v1/clients", WithJson(clients::create)).registers(),
    api("getClient", Get, "/oauth2/v1/clients/{clientId}", WithoutBody(clients::read)).scope(Resource::Clients),
    api("replaceClient", Put, "/oauth2/v1/clients/{clientId}", WithJson(clients::replace)).scope(Resource::Clients),
    api("deleteClient", Delete, "/oauth2/v1/clients/{clientId}", WithoutBody(clients::delete)).scope(Resource::Clients),
    api("listRolesForClient", Get, "/oauth2/v1/clients/{clientId}/roles", WithoutBody(client_roles::list)).scope(Resource::Roles),
    api("assignRoleToClient", Post, "/oauth2/v1/clients/{clientId}/roles", WithJson(client_roles::assign)).scope(Resource::Roles),
    api("retrieveClientRole", Get, "/oauth2/v1/clients/{clientId}/roles/{roleAssignmentId}", WithoutBody(client_roles::read)).scope(Resource::Roles),
    api("deleteRoleFromClient", Delete, "/oauth2/v1/clients/{clientId}/roles/{roleAssignmentId}", WithoutBody(client_roles::unassign)).scope(Resource::Roles),
    api("previewSAMLmetadataForApplication", Get, "/api/v1/apps/{appId}/sso/saml/metadata", Async(saml_metadata::read)).query(&["kid"]).answers_xml(),
    api("listApplicationUsers", Get, "/api/v1/apps/{appId}/users", WithoutBody(assignments::list)).query(&["after", "limit", "q", "expand"]),
    api("listApplicationGroupAssignments", Get, "/api/v1/apps/{appId}/groups", WithoutBody(assignments::list)).query(&["q", "after", "limit", "expand"]),
    api("getOAuthIdTokenSettings", Get, "/api/v1/internal/apps/{appId}/settings/oauth/idToken", WithoutBody(assignments::id_token)),
    api("assignApplicationPolicy", Put, "/api/v1/apps/{appId}/policies/{policyId}", WithoutBody(policies::assign)),
    api("listPolicies", Get, "/api/v1/policies", WithoutBody(policies::list)).query(&["type", "status", "q", "expand", "sortBy", "limit", "resourceId", "after"]).scope(Resource::Policies),
    api("getPolicy", Get, "/api/v1/policies/{policyId}", WithoutBody(policies::read)).query(&["expand"]).scope(Resource::Policies),
    api("listIdentityProviders", Get, "/api/v1/idps", WithoutBody(identity_providers::list)).query(&["q", "after", "limit", "type"]).scope(Resource::Idps),
    api("createIdentityProvider", Post, "/api/v1/idps", WithJson(identity_providers::create)).scope(Resource::Idps),
    api("getIdentityProvider", Get, "/api/v1/idps/{idpId}", WithoutBody(identity_providers::read)).scope(Resource::Idps),
    api("replaceIdentityProvider", Put, "/api/v1/idps/{idpId}", WithJson(identity_providers::replace)).scope(Resource::Idps),
    api("deleteIdentityProvider", Delete, "/api/v1/idps/{idpId}", WithoutBody(identity_providers::delete)).scope(Resource::Idps),
    api("activateIdentityProvider", Post, "/api/v1/idps/{idpId}/lifecycle/activate", WithoutBody(identity_providers::activate)).scope(Resource::Idps),
    api("deactivateIdentityProvider", Post, "/api/v1/idps/{idpId}/lifecycle/deactivate", WithoutBody(identity_providers::deactivate)).scope(Resource::Idps),
    api("getUser", Get, "/api/v1/users/{userId}", WithoutBody(users::read)).scope(Resource::Users),
    public_api("token", Post, "/oauth2/v1/token", AsyncWithForm(token::issue)),
    public_api("oauthKeys", Get, "/oauth2/v1/keys", Async(metadata::keys)).query(&["client_id"]),
    public_api("getWellKnownOpenIDConfiguration", Get, "/.well-known/openid-configuration", WithoutBody(metadata::openid)).query(&["client_id"]),
    public_api("getWellKnownOAuthConfiguration", Get, "/.well-known/oauth-authorization-server", WithoutBody(metadata::oauth)).query(&["client_id"]),
    public_api("getWellknownOrgMetadata", Get, "/.well-known/okta-organization", WithoutBody(metadata::organization)),

    on(Surface::OrgPage, "continueConsent", Get, "/admin/app/cpc/{appName}/oauth/callback", WithoutBody(consent::redirect)),
    on(Surface::ThirdParty, "askForConsent", Get, "/third-party/{appName}/oauth/authorize", WithoutBody(third_party::ask)),
    on(Surface::ThirdParty, "decideOnConsent", Post, "/third-party/{appName}/oauth/authorize", WithForm(third_party::decide)),

    control("readMock", Get, "/_mock", WithoutBody(control::about)),
    control("readHealth", Get, "/_mock/health", WithoutBody(control::health)),
    control("readContract", Get, "/_mock/openapi.json", WithoutBody(control::contract)).query(&["surface"]),
    control("reset", Post, "/_mock/reset", WithoutBody(control::reset)),
    control("readState", Get, "/_mock/state", WithoutBody(control::read_state)),
    control("replaceState", Put, "/_mock/state", WithJson(control::replace_state)).body_limit(STATE_LIMIT),
    control("setAppState", Patch, "/_mock/apps/{appId}", WithJson(control::set_app_state)),
    control("listCheckpoints", Get, "/_mock/checkpoints", WithoutBody(control::list_checkpoints)),
    control("keepCheckpoint", Put, "/_mock/checkpoints/{name}", WithoutBody(control::keep_checkpoint)),
    control("deleteCheckpoint", Delete, "/_mock/checkpoints/{name}", WithoutBody(control::remove_checkpoint)),
    control("diffCheckpoint", Get, "/_mock/checkpoints/{name}/diff", WithoutBody(control::diff_checkpoint)),
    control("restoreCheckpoint", Post, "/_mock/checkpoints/{name}/restore", WithoutBody(control::restore_checkpoint)),
    control("listRequests", Get, "/_mock/requests", WithoutBody(control::list_requests))
        .query(&["operation", "method", "path", "app", "status", "after", "limit", "format"]),
    control("deleteRequests", Delete, "/_mock/requests", WithoutBody(control::clear_requests)),
    control("waitForRequests", Get, "/_mock/requests/wait", Async(control::wait_for_requests))
        .query(&["operation", "method", "path", "app", "status", "after", "count", "timeout"]),
    control("readRequestsAsHar", Get, "/_mock/requests.har", WithoutBody(control::requests_as_har)),
    control("addFault", Post, "/_mock/faults", WithJson(control::add_fault)),
    control("listFaults", Get, "/_mock/faults", WithoutBody(control::list_faults)),
    control("deleteFaults", Delete, "/_mock/faults", WithoutBody(control::clear_faults)),
    control("deleteFault", Delete, "/_mock/faults/{faultId}", WithoutBody(control::remove_fault)),
    control("setRateLimit", Put, "/_mock/rate-limit", WithJson(control::set_rate_limit)),
    control("deleteRateLimit", Delete, "/_mock/rate-limit", WithoutBody(control::remove_rate_limit)),
    control("readThirdParty", Get, "/_mock/third-party", WithoutBody(control::third_party)),
    control("setThirdParty", Put, "/_mock/third-party", WithJson(control::set_third_party)),
    control("resetThirdParty", Delete, "/_mock/third-party", WithoutBody(control::reset_third_party)),
    control("readClock", Get, "/_mock/clock", WithoutBody(control::clock)),
    control("setClock", Put, "/_mock/clock", WithJson(control::set_clock)),
    control("advanceClock", Post, "/_mock/clock/advance", WithJson(control::advance_clock)),
    control("ageConsent", Post, "/_mock/clock/age-consent", WithJson(control::age_consent)),
    control("listOrgs", Get, "/_mock/orgs", WithoutBody(control::list_orgs)),
    control("addOrg", Post, "/_mock/orgs", WithJson(control::add_org)).body_limit(STATE_LIMIT),
    control("deleteOrg", Delete, "/_mock/orgs/{name}", WithoutBody(control::remove_org)),
    on(Surface::Inspector, "showInspector", Get, "/_mock/ui", WithoutBody(inspector::show)),
    on(Surface::Inspector, "actInInspector", Post, "/_mock/ui", WithForm(inspector::act)),
    control("grantConsent", Post, "/_mock/resource-owner/grant", WithJson(control::grant)),
    control("denyConsent", Post, "/_mock/resource-owner/deny", WithJson(control::deny)),
];

const fn on(
    surface: Surface,
    id: &'static str,
    verb: Verb,
    path: &'static str,
    handler: Handler,
) -> Operation {
    Operation {
        id,
        verb,
        path,
        surface,
        query: &[],
        body_limit: BODY_LIMIT,
        scope: None,
        is_xml: false,
        handler,
    }
}

const fn api(id: &'static str, verb: Verb, path: &'static str, handler: Handler) -> Operation {
    on(Surface::Api, id, verb, path, handler).scope(Resource::Apps)
}

const fn control(id: &'static str, verb: Verb, path: &'static str, handler: Handler) -> Operation {
    on(Surface::Control, id, verb, path, handler)
}

const fn public_api(id: &'static str, verb: Verb, path: &'static str, handler: Handler) -> Operation {
    on(Surface::PublicApi, id, verb, path, handler)
}

/// An operation that matches a request, and its path parameters, not yet decoded.
pub(super) struct RouteMatch<'a> {
    pub(super) operation: &'static Operation,
    /// Names and values; a path has at most two. The router checks its values for UTF-8 at each look-up.
    parameters: [(&'static str, &'a str); 2],
}

/// Returns the operationIds of some surfaces.
fn ids(is_of: impl Fn(Surface) -> bool) -> impl Iterator<Item = &'static str> {
    OPERATIONS.iter().filter(move |operation| is_of(operation.surface)).map(|operation| operation.id)
}

/// Returns the operationIds outside the control plane, which faults apply to.
pub(super) fn faultable() -> impl Iterator<Item = &'static str> {
    ids(|surface| !surface.is_control_plane())
}

/// Returns the operationId of an operation outside the control plane.
///
/// # Errors
/// E0000001 with the nearest name for any other text.
pub(super) fn named(text: &str, rule: &'static Rule) -> Result<&'static str, OktaError> {
    let ids = || faultable();
    if let Some(id) = ids().find(|id| *id == text) {
        return Ok(id);
    }
    let hint = nearest(text, ids()).map(|id| format!("; did you mean {id}?")).unwrap_or_default();
    let cause = format!("operation: there is no operation {:?}{hint}", echo(text));
    Err(OktaError::validation(rule, "operation", cause))
}

impl<'a> RouteMatch<'a> {
    /// Returns the app id of the path, percent-decoded, or empty text if the path does not have one.
    pub(super) fn app_id(&self) -> Cow<'a, str> {
        self.parameter("appId")
    }

    /// Returns a path parameter, percent-decoded, or empty text if the path does not have it. The edge has
    /// already refused a path that does not decode to UTF-8.
    pub(super) fn parameter(&self, name: &str) -> Cow<'a, str> {
        let found = self.parameters.iter().find(|(known, _)| *known == name);
        let raw = found.map_or("", |(_, value)| value);
        match raw.as_bytes().contains(&b'%') {
            true => percent_decode_str(raw).decode_utf8_lossy(),
            false => raw.into(),
        }
    }
}

/// Finds the operation of a method and a path. Only parameters may be percent-encoded.
///
/// # Errors
/// If the path does not exist, or does not have this method.
pub(super) fn find<'a>(
    method: &Method,
    path: &'a str,
    has_control_plane: bool,
) -> Result<RouteMatch<'a>, Refusal> {
    static PATHS: LazyLock<Router<Vec<&Operation>>> = LazyLock::new(paths);
    let served = |operation: &&&Operation| has_control_plane || !operation.surface.is_control_plane();
    let Ok(Match { value, params: parameters }) = PATHS.at(path) else { return Err(path_unknown(path)) };
    let mut found = [("", ""); 2];
    for (place, parameter) in found.iter_mut().zip(parameters.iter()) {
        *place = parameter;
    }
    // The router also matches an empty segment as a parameter.
    if found.iter().any(|(name, value)| !name.is_empty() && value.is_empty()) {
        return Err(path_unknown(path));
    }
    let mut operations = value.iter().filter(served).peekable();
    if operations.peek().is_none() {
        return Err(path_unknown(path));
    }
    match operations.find(|operation| operation.verb.is(method)) {
        Some(operation) => Ok(RouteMatch { operation, parameters: found }),
        None => Err(OktaError::new(&rule::REQUEST_METHOD_UNKNOWN, ErrorCode::MethodNotSupported).into()),
    }
}

/// Groups the operations by path. A test checks that each can be found.
fn paths() -> Router<Vec<&'static Operation>> {
    let mut by_path = BTreeMap::<_, Vec<_>>::new();
    for operation in &OPERATIONS {
        by_path.entry(operation.path).or_default().push(operation);
    }
    let mut router = Router::new();
    for (path, operations) in by_path {
        let _ = router.insert(path, operations);
    }
    router
}

/// Returns the refusal of an unknown path; under /oauth2/ it has OAuth's form.
fn path_unknown(path: &str) -> Refusal {
    match path.starts_with("/oauth2/") {
        true => {
            let text = "The requested path was not found";
            OauthError::new(&rule::REQUEST_OAUTH_PATH_UNKNOWN, OauthErrorCode::PathUnknown, text).into()
        }
        false => OktaError::new(&rule::REQUEST_PATH_UNKNOWN, ErrorCode::PathNotFound).into(),
    }
}

impl Operation {
    const fn query(mut self, names: &'static [&'static str]) -> Self {
        self.query = names;
        self
    }

    /// Sets the resource whose scopes the operation requires.
    const fn scope(mut self, resource: Resource) -> Self {
        let access = if matches!(self.verb, Get) { Access::Read } else { Access::Manage };
        self.scope = Some(Scope { resource, access });
        self
    }

    /// Marks an operation whose answer is XML.
    const fn answers_xml(mut self) -> Self {
        self.is_xml = true;
        self
    }

    /// Sets the scope of an operation that registers clients.
    const fn registers(mut self) -> Self {
        self.scope = Some(Scope { resource: Resource::Clients, access: Access::Register });
        self
    }

    const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Performs the operation.
    ///
    /// # Errors
    /// If the body cannot be read, or the operation is refused.
    pub(super) async fn perform(&self, mut call: Call<'_>, body: &mut Body) -> Outcome {
        match self.handler {
            WithoutBody(handle) => {
                call.ignore_body(body).await?;
                call.check_nothing_ignored()?;
                handle(&call).inspect(|_| call.note_ignored(&Ok(Object::default())))
            }
            Async(handle) => {
                call.ignore_body(body).await?;
                call.check_nothing_ignored()?;
                handle(&call).await.inspect(|_| call.note_ignored(&Ok(Object::default())))
            }
            WithJson(handle) => {
                call.check_nothing_ignored()?;
                handle(&call, &JsonBody::read(&call, body).await?)
            }
            AsyncWithJson(handle) => {
                call.check_nothing_ignored()?;
                let body = JsonBody::read(&call, body).await?;
                handle(&call, body).await
            }
            WithForm(handle) => handle(&call, &form(&call, body).await?),
            AsyncWithForm(handle) => {
                let form = form(&call, body).await?;
                handle(&call, form).await
            }
        }
    }
}

/// Reads a form.
async fn form(call: &Call<'_>, body: &mut Body) -> Result<Query, OktaError> {
    let bytes = body::read(call, body).await?;
    Ok(Query::read(std::str::from_utf8(&bytes).unwrap_or("")))
}

/// The methods that operations have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    fn is(self, method: &Method) -> bool {
        match *method {
            // HEAD is answered with the head of the GET answer (RFC 9110, 9.3.2).
            Method::GET | Method::HEAD => self == Get,
            Method::POST => self == Post,
            Method::PUT => self == Put,
            Method::PATCH => self == Patch,
            Method::DELETE => self == Delete,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];

    fn find(method: &Method, path: &str) -> Result<&'static Operation, &'static str> {
        let found = super::find(method, path, true);
        found.map(|found| found.operation).map_err(|refusal| refusal.rule().name)
    }

    /// Returns the documents that describe the operations.
    fn contracts() -> [Value; 2] {
        [
            include_str!("../../../../fixtures/contract/openapi.json"),
            include_str!("../../../../fixtures/contract/control.openapi.json"),
        ]
        .map(|text| serde_json::from_str(text).unwrap())
    }

    /// Returns the names of the query parameters of an operation of the contract.
    fn query_parameters<'a>(contract: &'a Value, operation: &'a Value) -> Vec<&'a str> {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let resolved = parameters.map(|parameter| match parameter["$ref"].as_str() {
            Some(reference) => contract.pointer(reference.trim_start_matches('#')).unwrap(),
            None => parameter,
        });
        let query = resolved.filter(|parameter| parameter["in"] == "query");
        query.map(|parameter| parameter["name"].as_str().unwrap()).collect()
    }

    #[test]
    fn each_operation_is_found_by_its_method_and_path() {
        for row in &OPERATIONS {
            let method = METHODS.iter().find(|method| row.verb.is(method)).unwrap();
            assert_eq!(find(method, row.path).unwrap().id, row.id);
        }
        let ids: BTreeSet<_> = OPERATIONS.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), OPERATIONS.len(), "operationIds are unique");
    }

    #[test]
    fn the_table_matches_the_contract() {
        let mut described = BTreeSet::new();
        for contract in &contracts() {
            for (path, item) in contract["paths"].as_object().unwrap() {
                for method in &METHODS {
                    let Some(operation) = item.get(method.as_str().to_ascii_lowercase()) else { continue };
                    let row = find(method, path).unwrap();
                    assert_eq!(row.id, operation["operationId"].as_str().unwrap(), "{method} {path}");
                    assert_eq!(row.query, query_parameters(contract, operation), "{method} {path}");
                    let takes_body = matches!(row.handler, WithJson(_) | AsyncWithJson(_) | AsyncWithForm(_));
                    assert_eq!(takes_body, operation.get("requestBody").is_some(), "{method} {path}");
                    described.insert(row.id);
                }
            }
        }
        let surfaces = [Surface::Api, Surface::PublicApi, Surface::Control];
        let api = OPERATIONS.iter().filter(|row| surfaces.contains(&row.surface));
        let missing: Vec<_> = api.map(|row| row.id).filter(|id| !described.contains(id)).collect();
        assert!(missing.is_empty(), "not in the contract: {missing:?}");
    }

    #[test]
    fn an_unknown_method_is_distinguished_from_an_unknown_path() {
        for row in &OPERATIONS {
            let of_path = || OPERATIONS.iter().filter(|other| other.path == row.path);
            for method in METHODS.iter().filter(|method| !of_path().any(|other| other.verb.is(method))) {
                let outcome = find(method, row.path).map(|row| row.id);
                assert_eq!(outcome, Err("request.method-unknown"), "{method} {}", row.path);
            }
        }
    }

    #[test]
    fn paths_match_exactly() {
        for path in [
            "/api/v1/apps/",
            "/api/v1/apps//",
            "/api/v1/apps/a/",
            "/api/v1/appsa",
            "/api/v1/apps/a/b",
            "/api/v1/apps/a//features",
            "/api/v1/apps//connections/default",
            "/api/v1/apps/a//oauth2/callback",
            "/api/v1/apps/a/connections/default/lifecycle/activate/b",
            "/api/v1/apps/a/Features",
            "/api/v1/apps/a/%66eatures",
            "/_mock/",
        ] {
            let outcome = find(&Method::GET, path).map(|row| row.id);
            assert_eq!(outcome, Err("request.path-unknown"), "{path}");
        }
    }

    #[test]
    fn paths_with_a_common_prefix_keep_their_parameter_names() {
        let found = super::find(&Method::POST, "/api/v1/apps/connections/0oa%31/oauth2/callback", true);
        assert_eq!(found.as_ref().unwrap().parameters, [("appName", "connections"), ("appId", "0oa%31")]);
        assert_eq!(find(&Method::HEAD, "/api/v1/apps/a%2Fb").unwrap().id, "getApplication");
    }

    #[test]
    fn without_a_control_plane_its_paths_are_unknown() {
        let outcome = super::find(&Method::GET, "/_mock/clock", false);
        assert!(outcome.is_err_and(|refusal| refusal.rule().name == "request.path-unknown"));
    }
}
