//! The org's side of a consent: the redirect from the third-party app, and the callback.

use serde::Serialize;

use html_escape::encode_double_quoted_attribute as attribute;
use http::StatusCode;
use http::header::{self, HeaderValue};
use url::Url;

use super::answer::{Answer, full_body, json, no_content};
use super::browser;
use super::call::{Call, Query};
use super::header_set::HeaderSet;
use super::operation::Outcome;
use super::origin::Origin;
use super::page::{Permissions, document, page};
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
    let next = continue_flow(call, kind, &call.query)?;
    if !(call.wants_html() && browser::is_navigation(&call.parts.headers)) {
        return Ok(json(to_json(&next)));
    }
    Ok(match &call.org.settings().after_consent {
        Some(url) => next.redirect_to(url),
        None => next.page(),
    })
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

/// Copies the URL. Without scripts, it can be selected.
const COPY: &str = "document.getElementById('copy').addEventListener('click', async () => { \
    const field = document.getElementById('url'); field.select(); \
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand('copy'); } \
    document.getElementById('copied').textContent = 'Copied.'; });";

impl Continue {
    /// Returns the browser to a page of the user's, with the URL as a parameter.
    fn redirect_to(&self, page: &Url) -> Answer {
        rule::THIRD_PARTY_AFTER_CONSENT.apply();
        let mut target = page.clone();
        target.query_pairs_mut().append_pair("continue_oauth_flow_url", &self.continue_oauth_flow_url.href);
        let answer = Answer::new(HeaderSet::None, full_body("")).with_status(StatusCode::FOUND);
        let answer = answer.with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match HeaderValue::try_from(String::from(target)) {
            Ok(location) => answer.with_header(header::LOCATION, location),
            Err(_) => answer,
        }
    }

    /// Shows the URL to a person.
    fn page(&self) -> Answer {
        rule::THIRD_PARTY_AFTER_CONSENT.apply();
        let href = attribute(&self.continue_oauth_flow_url.href);
        let body = format!(
            "<h1>Access granted</h1>\n\
             <p>To complete the connection, send a <code>POST</code> request with your credential to this \
             <code>continue_oauth_flow_url</code>:</p>\n\
             <label for=\"url\">URL</label>\n<input id=\"url\" type=\"text\" readonly value=\"{href}\">\n\
             <div class=\"actions\"><button type=\"button\" id=\"copy\">Copy</button></div>\n\
             <p id=\"copied\" role=\"status\"></p>\n\
             <p class=\"note\">Programs that do not ask for HTML get it as JSON, as from a real org.</p>\n\
             <script>{COPY}</script>\n"
        );
        page(
            StatusCode::OK,
            &document("Access granted", &body),
            Permissions { script: Some(COPY), ..Permissions::default() },
        )
    }

    fn new(origin: &Origin, to: &Continuation) -> Self {
        let (name, app) = (to.kind.definition().name, to.app);
        let href =
            format!("{origin}/api/v1/apps/{name}/{app}/oauth2/callback?code={}&state={}", to.code, to.state);
        Self { continue_oauth_flow_url: ContinueLink { href, method: "POST" } }
    }
}
