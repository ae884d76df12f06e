//! The org's side of a consent: the redirect from the third-party app, and the callback.

use serde::Serialize;

use super::answer::{json, no_content};
use super::call::{Call, Query};
use super::operation::Outcome;
use super::origin::Origin;
use super::render::to_json;
use crate::org::Continuation;
use crate::rules::behaviour as rule;
use crate::rules::catalogue::AppKind;
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::third_party::redirect_path;

/// POST /api/v1/apps/{appName}/{appId}/oauth2/callback
pub(super) fn verify(call: &Call<'_>) -> Outcome {
    let (code, state) = (call.query.one("code"), call.query.one("state"));
    call.org.lock().verify_connection(&call.app_name(), &call.app_id(), code, state)?;
    Ok(no_content())
}

/// GET /admin/app/cpc/{appName}/oauth/callback, to which the third-party app redirects the browser.
pub(super) fn redirect(call: &Call<'_>) -> Outcome {
    let kind = AppKind::named(&call.app_name())
        .filter(|kind| kind.consents())
        .ok_or_else(|| OktaError::new(&rule::REQUEST_PATH_UNKNOWN, ErrorCode::PathNotFound))?;
    Ok(json(to_json(&continue_flow(call, kind, &call.query)?)))
}

/// Returns the org's answer to the redirect.
pub(super) fn continue_flow(call: &Call<'_>, kind: AppKind, query: &Query) -> Result<Continue, OktaError> {
    let (code, state, error) = (query.one("code"), query.one("state"), query.one("error"));
    let redirect_uri = format!("{}{}", call.origin, redirect_path(kind));
    let continuation = call.org.lock().redirect(kind, &redirect_uri, code, state, error)?;
    Ok(Continue::new(&call.origin, &continuation))
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
