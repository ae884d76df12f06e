//! The operations of the API, named as in the contract: which one a request asks for, and its
//! answer.
//!
//! They are found by the segments of the path and not by a router. A router decodes parameters,
//! keeps them with the request and reads them out again: that was a sixth of an answer.

use std::borrow::Cow;
use std::pin::pin;

use axum::body::{Body, HttpBody as _};
use axum::response::Response;
use http::Method;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use super::body::{self, JsonBody};
use super::call::{Arrival, Call};
use super::refusal::Refusal;
use super::{SharedOrg, apps, connections, consent, features};
use crate::rules::behaviour as rule;
use crate::rules::body::Object;
use crate::rules::error::{ErrorCode, OktaError};

/// The beginning of every path of the API.
const APPS: &str = "/api/v1/apps";

/// The most segments that a path has after [`APPS`].
const MOST_SEGMENTS: usize = 5;

/// A parameter of a path, percent-decoded.
type Parameter<'a> = Cow<'a, str>;

/// An operation, and the parameters of its path.
#[derive(Debug, PartialEq, Eq)]
enum Operation<'a> {
    ListApplications,
    CreateApplication,
    GetApplication(Parameter<'a>),
    ReplaceApplication(Parameter<'a>),
    DeleteApplication(Parameter<'a>),
    ActivateApplication(Parameter<'a>),
    DeactivateApplication(Parameter<'a>),
    GetConnection(Parameter<'a>),
    UpdateConnection(Parameter<'a>),
    GetConnectionKeys(Parameter<'a>),
    ActivateConnection(Parameter<'a>),
    DeactivateConnection(Parameter<'a>),
    VerifyConnection { app_name: Parameter<'a>, app_id: Parameter<'a> },
    ListFeatures(Parameter<'a>),
    GetFeature { app_id: Parameter<'a>, name: Parameter<'a> },
    UpdateFeature { app_id: Parameter<'a>, name: Parameter<'a> },
}

/// Whether a path may be one of the API's.
pub(super) fn is_path(path: &str) -> bool {
    path.starts_with(APPS)
}

/// Performs the operation that a request asks for.
///
/// # Errors
/// When there is no such path or no such method of it, when the client takes no JSON, and when the
/// operation is refused.
pub(super) async fn answer(
    org: &SharedOrg,
    arrival: Arrival,
    parts: &Parts,
    body: &mut Body,
) -> Result<Response, Refusal> {
    use Operation as O;
    let operation = Operation::find(&parts.method, parts.uri.path())?;
    let mut call = Call::of(org, arrival, parts, operation.parameters())?;
    let takes_body = operation.takes_body();
    if !takes_body && !body.is_end_stream() {
        call.ignore_body(&body::read(&parts.headers, body, org).await?);
    }
    call.check_nothing_ignored()?;
    let call = &call;
    // Nothing is read before an operation waits for it.
    let body = pin!(JsonBody::read(&parts.headers, body, org));
    let answer = match operation {
        O::ListApplications => apps::list(call),
        O::CreateApplication => apps::create(call, &body.await?),
        O::GetApplication(id) => apps::read(call, &id),
        O::ReplaceApplication(id) => apps::replace(call, &id, &body.await?),
        O::DeleteApplication(id) => apps::delete(call, &id),
        O::ActivateApplication(id) => apps::activate(call, &id),
        O::DeactivateApplication(id) => apps::deactivate(call, &id),
        O::GetConnection(id) => connections::read(call, &id),
        O::UpdateConnection(id) => connections::set(call, &id, &body.await?),
        O::GetConnectionKeys(id) => connections::keys(call, &id).await,
        O::ActivateConnection(id) => connections::activate(call, &id),
        O::DeactivateConnection(id) => connections::deactivate(call, &id),
        O::VerifyConnection { app_name, app_id } => consent::verify(call, &app_name, &app_id),
        O::ListFeatures(id) => features::list(call, &id),
        O::GetFeature { app_id, name } => features::read(call, &app_id, &name),
        O::UpdateFeature { app_id, name } => features::update(call, &app_id, &name, &body.await?),
    }?;
    if !takes_body {
        call.note_ignored(&Ok(Object::default()));
    }
    Ok(answer)
}

impl<'a> Operation<'a> {
    /// The query parameters that the operation has.
    const fn parameters(&self) -> &'static [&'static str] {
        match self {
            Self::ListApplications => &[
                "q",
                "after",
                "limit",
                "filter",
                "expand",
                "useOptimization",
                "alwaysIncludeVpnSettings",
                "includeNonDeleted",
            ],
            Self::GetApplication(_) => &["expand"],
            Self::CreateApplication | Self::UpdateConnection(_) => &["activate"],
            Self::VerifyConnection { .. } => &["code", "state"],
            _ => &[],
        }
    }

    /// Whether the operation takes a body.
    const fn takes_body(&self) -> bool {
        matches!(
            self,
            Self::CreateApplication
                | Self::ReplaceApplication(_)
                | Self::UpdateConnection(_)
                | Self::UpdateFeature { .. }
        )
    }

    /// The operation of a method and a path. Only parameters may be percent-encoded.
    fn find(method: &Method, path: &'a str) -> Result<Self, Refusal> {
        use Verb::{Delete, Get, Post, Put};
        let mut segments = [""; MOST_SEGMENTS];
        let segments = split(path, &mut segments).ok_or_else(path_unknown)?;
        Ok(match (segments, Verb::of(method)) {
            ([], Get) => Self::ListApplications,
            ([], Post) => Self::CreateApplication,
            ([id], Get) => Self::GetApplication(decoded(id)),
            ([id], Put) => Self::ReplaceApplication(decoded(id)),
            ([id], Delete) => Self::DeleteApplication(decoded(id)),
            ([id, "lifecycle", "activate"], Post) => Self::ActivateApplication(decoded(id)),
            ([id, "lifecycle", "deactivate"], Post) => Self::DeactivateApplication(decoded(id)),
            ([id, "connections", "default"], Get) => Self::GetConnection(decoded(id)),
            ([id, "connections", "default"], Post) => Self::UpdateConnection(decoded(id)),
            ([id, "connections", "default", "jwks"], Get) => Self::GetConnectionKeys(decoded(id)),
            ([id, "connections", "default", "lifecycle", "activate"], Post) => {
                Self::ActivateConnection(decoded(id))
            }
            ([id, "connections", "default", "lifecycle", "deactivate"], Post) => {
                Self::DeactivateConnection(decoded(id))
            }
            ([app_name, app_id, "oauth2", "callback"], Post) => {
                Self::VerifyConnection { app_name: decoded(app_name), app_id: decoded(app_id) }
            }
            ([id, "features"], Get) => Self::ListFeatures(decoded(id)),
            ([app_id, "features", name], Get) => {
                Self::GetFeature { app_id: decoded(app_id), name: decoded(name) }
            }
            ([app_id, "features", name], Put) => {
                Self::UpdateFeature { app_id: decoded(app_id), name: decoded(name) }
            }
            (
                []
                | [_]
                | [_, "lifecycle", "activate" | "deactivate"]
                | [_, "connections", "default"]
                | [_, "connections", "default", "jwks"]
                | [_, "connections", "default", "lifecycle", "activate" | "deactivate"]
                | [_, _, "oauth2", "callback"]
                | [_, "features"]
                | [_, "features", _],
                _,
            ) => return Err(method_unknown()),
            _ => return Err(path_unknown()),
        })
    }
}

/// The refusal of a path that there is not.
pub(super) fn path_unknown() -> Refusal {
    OktaError::new(&rule::REQUEST_PATH_UNKNOWN, ErrorCode::PathNotFound).into()
}

/// The refusal of a path outside the API that there is not: in OAuth's form where it is OAuth's.
pub(super) fn page_unknown(path: &str) -> Refusal {
    if !path.starts_with("/oauth2/") {
        return path_unknown();
    }
    Refusal::Oauth(Box::new(OktaError::new(&rule::REQUEST_OAUTH_PATH_UNKNOWN, ErrorCode::PathNotFound)))
}

/// The refusal of a method that a path does not have.
pub(super) fn method_unknown() -> Refusal {
    OktaError::new(&rule::REQUEST_METHOD_UNKNOWN, ErrorCode::MethodNotSupported).into()
}

/// The methods that operations have.
#[derive(Clone, Copy)]
enum Verb {
    Get,
    Post,
    Put,
    Delete,
    Other,
}

impl Verb {
    fn of(method: &Method) -> Self {
        match *method {
            // Whoever asks for the head alone gets that of the whole answer (RFC 9110, 9.3.2).
            Method::GET | Method::HEAD => Self::Get,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::DELETE => Self::Delete,
            _ => Self::Other,
        }
    }
}

/// The segments of a path after [`APPS`]; none of them is empty.
fn split<'a, 's>(path: &'a str, segments: &'s mut [&'a str; MOST_SEGMENTS]) -> Option<&'s [&'a str]> {
    let rest = path.strip_prefix(APPS)?;
    if rest.is_empty() {
        return Some(&[]);
    }
    let mut count = 0;
    // An array of characters is looked for one by one: segments are too short for a searcher to pay.
    for segment in rest.strip_prefix('/')?.split(['/']) {
        *segments.get_mut(count)? = Some(segment).filter(|segment| !segment.is_empty())?;
        count += 1;
    }
    Some(&segments[..count])
}

/// The edge has refused what is not UTF-8 once it is decoded.
fn decoded(segment: &str) -> Parameter<'_> {
    if segment.as_bytes().contains(&b'%') {
        percent_decode_str(segment).decode_utf8_lossy()
    } else {
        segment.into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn find(method: Method, path: &str) -> Result<Operation<'_>, &'static str> {
        Operation::find(&method, path).map_err(|refusal| refusal.error().rule.name)
    }

    /// The names of the query parameters of an operation of the contract.
    fn query_parameters<'a>(
        contract: &'a serde_json::Value,
        operation: &'a serde_json::Value,
    ) -> Vec<&'a str> {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let resolved = parameters.map(|parameter| match parameter["$ref"].as_str() {
            Some(reference) => contract.pointer(reference.trim_start_matches('#')).unwrap(),
            None => parameter,
        });
        let query = resolved.filter(|parameter| parameter["in"] == "query");
        query.map(|parameter| parameter["name"].as_str().unwrap()).collect()
    }

    #[test]
    fn a_path_without_this_method_is_told_from_no_path_at_all() {
        let contract: serde_json::Value =
            serde_json::from_str(include_str!("../../../../fixtures/contract/openapi.json")).unwrap();
        let mut found = 0;
        for (path, item) in contract["paths"].as_object().unwrap().iter().filter(|(path, _)| is_path(path)) {
            let path = path.replace(['{', '}'], "");
            for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                let outcome = find(method.clone(), &path);
                if item.get(method.as_str().to_ascii_lowercase()).is_some() {
                    found += 1;
                    let operation = outcome.unwrap();
                    let described = &item[method.as_str().to_ascii_lowercase()];
                    assert_eq!(
                        operation.parameters(),
                        query_parameters(&contract, described),
                        "{method} {path}"
                    );
                    assert_eq!(operation.takes_body(), described.get("requestBody").is_some(), "{path}");
                } else {
                    assert_eq!(outcome, Err("request.method-unknown"), "{method} {path}");
                }
            }
        }
        assert_eq!(found, 16);
    }

    #[test]
    fn a_path_is_taken_to_the_letter() {
        for path in [
            "/api/v1/apps/",
            "/api/v1/apps//",
            "/api/v1/apps/a/",
            "/api/v1/appsa",
            "/api/v1/apps/a/b",
            "/api/v1/apps/a//features",
            "/api/v1/apps/a/connections/default/lifecycle/activate/b",
            "/api/v1/apps/a/Features",
            "/api/v1/apps/a/%66eatures",
        ] {
            assert_eq!(find(Method::GET, path), Err("request.path-unknown"), "{path}");
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let callback = find(Method::POST, "/api/v1/apps/connections/0oa%31/oauth2/callback").unwrap();
        let (app_name, app_id) = ("connections".into(), "0oa1".into());
        assert_eq!(callback, Operation::VerifyConnection { app_name, app_id });
        assert_eq!(find(Method::HEAD, "/api/v1/apps/a%2Fb"), Ok(Operation::GetApplication("a/b".into())));
    }
}
