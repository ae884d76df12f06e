//! The two ends of a consent in the org: the redirect from the third-party app, and the callback.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use super::SharedOrg;
use super::answer::{json, no_content};
use super::call::{Call, PathOf, Query, Visit};
use super::origin::Origin;
use super::refusal::Refusal;
use super::render::to_json;
use crate::org::Continuation;
use crate::rules::behaviour as rule;
use crate::rules::catalogue::AppKind;
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::third_party::redirect_path;

/// POST /api/v1/apps/{appName}/{appId}/oauth2/callback
pub(super) fn verify(call: &Call<'_>, app_name: &str, id: &str) -> Result<Response, Refusal> {
    let (code, state) = (call.query.one("code"), call.query.one("state"));
    call.org.lock().verify_connection(app_name, id, code, state)?;
    Ok(no_content())
}

/// Where the third-party app sends the browser back to.
pub(super) fn redirect_route() -> Router<SharedOrg> {
    Router::new().route("/admin/app/cpc/{appName}/oauth/callback", get(redirect))
}

async fn redirect(visit: Visit, PathOf(name): PathOf<String>) -> Result<Response, Refusal> {
    let kind = AppKind::named(&name)
        .filter(|kind| kind.consents())
        .ok_or_else(|| OktaError::new(&rule::REQUEST_PATH_UNKNOWN, ErrorCode::PathNotFound))?;
    Ok(json(to_json(&continue_flow(&visit, kind, &visit.query)?)))
}

/// What the org answers to the redirect.
pub(super) fn continue_flow(visit: &Visit, kind: AppKind, query: &Query) -> Result<Continue, OktaError> {
    let (code, state, error) = (query.one("code"), query.one("state"), query.one("error"));
    let redirect_uri = format!("{}{}", visit.origin, redirect_path(kind));
    let continuation = visit.org.lock().redirect(kind, &redirect_uri, code, state, error)?;
    Ok(Continue::new(&visit.origin, &continuation))
}

/// `{"continue_oauth_flow_url": {"href", "method"}}` (guide).
#[derive(Serialize)]
pub(super) struct Continue {
    continue_oauth_flow_url: ContinueLink,
}

#[derive(Serialize)]
struct ContinueLink {
    href: String,
    method: &'static str,
}

impl Continue {
    fn new(origin: &Origin, to: &Continuation) -> Self {
        let (name, app) = (to.kind.definition().name, to.app);
        let href =
            format!("{origin}/api/v1/apps/{name}/{app}/oauth2/callback?code={}&state={}", to.code, to.state);
        Self { continue_oauth_flow_url: ContinueLink { href, method: "POST" } }
    }
}
