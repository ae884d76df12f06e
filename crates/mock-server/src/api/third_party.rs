//! The third-party app's sign-in and consent page, without scripts.

use html_escape::{encode_double_quoted_attribute as attribute, encode_text as text};
use http::StatusCode;
use http::header::{self, HeaderValue};

use super::MockOrg;
use super::answer::{Answer, full_body};
use super::call::{Call, Query};
use super::header_set::HeaderSet;
use super::operation::Outcome;
use super::page::{Permissions, document, page};
use crate::org::third_party::ConsentMode;
use crate::rules::behaviour as rule;
use crate::rules::catalogue::AppKind;
use crate::rules::error::{ErrorCode, OktaError, echo};
use crate::rules::third_party::{client_id, redirect_path};

/// An authorization request with a known client and redirect URI.
pub(super) struct Authorization {
    pub(super) kind: AppKind,
    scope: String,
    state: String,
    redirect_uri: String,
}

/// Maximum length of scope and state, in bytes.
const MAX_PARAMETER_LENGTH: usize = 1024;

/// The person's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Allow,
    Deny,
}

pub(super) fn ask(call: &Call<'_>) -> Outcome {
    let authorization = match Authorization::read(call, &call.app_name(), &call.query) {
        Ok(authorization) => authorization,
        Err(reason) => return refuse(call, reason),
    };
    let mode = call.org.lock().consent_mode(&authorization.state);
    // The form is redirected to the org, and from there to the user's page.
    let forms_end_at = call.org.settings().after_consent.as_ref();
    let permissions = Permissions { forms_end_at, ..Permissions::default() };
    Ok(match mode {
        ConsentMode::Grant => authorization.redirect(call.org, Decision::Allow),
        ConsentMode::Deny => authorization.redirect(call.org, Decision::Deny),
        ConsentMode::AskBrowsers if !call.wants_html() => {
            rule::THIRD_PARTY_WITHOUT_HTML.apply();
            authorization.redirect(call.org, Decision::Allow)
        }
        ConsentMode::Ask | ConsentMode::AskBrowsers => {
            page(StatusCode::OK, &authorization.consent_page(), permissions)
        }
    })
}

pub(super) fn decide(call: &Call<'_>, form: &Query) -> Outcome {
    let decision = match form.one("decision") {
        Ok(Some("allow")) => Decision::Allow,
        Ok(Some("deny")) => Decision::Deny,
        _ => return refuse(call, "The form needs one decision: allow or deny."),
    };
    match Authorization::read(call, &call.app_name(), form) {
        Ok(authorization) => Ok(authorization.redirect(call.org, decision)),
        Err(reason) => refuse(call, reason),
    }
}

impl Authorization {
    /// Reads an authorization request. As the RFC requires, an unknown client or redirect URI is never
    /// redirected (RFC 6749, 4.1.2.1).
    pub(super) fn read(call: &Call<'_>, name: &str, query: &Query) -> Result<Self, &'static str> {
        let kind = AppKind::named(name).filter(|kind| kind.consents()).ok_or(UNKNOWN_APP)?;
        let one = |parameter| query.one(parameter).ok().flatten();
        if one("client_id") != Some(&client_id(kind)) {
            return Err("The client_id is unknown.");
        }
        let redirect_uri = format!("{}{}", call.origin, redirect_path(kind));
        if one("redirect_uri") != Some(&redirect_uri) {
            return Err("The redirect_uri is not registered for this client.");
        }
        if one("response_type") != Some("code") {
            return Err("The response_type must be code.");
        }
        let scope = one("scope").filter(|scope| !scope.is_empty()).ok_or("The scope is missing.")?;
        let state = one("state").filter(|state| !state.is_empty()).ok_or("The state is missing.")?;
        if scope.len() > MAX_PARAMETER_LENGTH || state.len() > MAX_PARAMETER_LENGTH {
            return Err("The scope and the state are limited to 1024 characters each.");
        }
        Ok(Self { kind, scope: scope.into(), state: state.into(), redirect_uri })
    }

    /// Returns the parameters of the redirect: the state, with a code or an error of RFC 6749, 4.1.2.1. A
    /// state that is not open in the org gets no code.
    pub(super) fn redirect_parameters(
        &self,
        org: &MockOrg,
        decision: Decision,
    ) -> Vec<(&'static str, String)> {
        let code = match decision {
            Decision::Allow => Ok(org.lock().issue_code(self.kind, &self.state, &self.redirect_uri)),
            Decision::Deny => Err("access_denied"),
        };
        let answer = match code {
            Ok(Some(code)) => ("code", code.to_string()),
            Ok(None) => ("error", "invalid_request".to_owned()),
            Err(error) => ("error", error.to_owned()),
        };
        vec![answer, ("state", self.state.clone())]
    }

    /// Redirects the browser to the org.
    fn redirect(&self, org: &MockOrg, decision: Decision) -> Answer {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.redirect_parameters(org, decision));
        let answer = Answer::new(HeaderSet::None, full_body("")).with_status(StatusCode::FOUND);
        let answer = match HeaderValue::try_from(format!("{}?{}", self.redirect_uri, query.finish())) {
            Ok(location) => answer.with_header(header::LOCATION, location),
            Err(_) => answer,
        };
        answer.with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
    }

    fn consent_page(&self) -> String {
        let name = self.kind.definition().display_name;
        let hidden: String = [
            ("scope", &*self.scope),
            ("response_type", "code"),
            ("state", &self.state),
            ("client_id", &client_id(self.kind)),
            ("redirect_uri", &self.redirect_uri),
        ]
        .iter()
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", attribute(value))
        })
        .collect();
        let scope = text(&self.scope);
        document(
            &format!("Sign in to {name}"),
            &format!(
                "<p class=\"note\">This page simulates {name}. Nothing leaves this machine.</p>\n\
                 <h1>Sign in to {name}</h1>\n\
                 <form method=\"post\">\n{hidden}\
                 <label for=\"account\">Account</label>\n\
                 <input id=\"account\" name=\"account\" type=\"text\" autocomplete=\"username\" \
                 value=\"admin@example.com\">\n\
                 <h2>Okta asks for access</h2>\n\
                 <p>If you allow it, Okta may use this scope of your {name} account:</p>\n\
                 <ul><li><code>{scope}</code></li></ul>\n\
                 <div class=\"actions\">\n\
                 <button type=\"submit\" name=\"decision\" value=\"allow\">Allow</button>\n\
                 <button type=\"submit\" name=\"decision\" value=\"deny\" class=\"quiet\">Deny</button>\n\
                 </div>\n</form>\n"
            ),
        )
    }
}

const UNKNOWN_APP: &str = "Unknown third-party app.";

/// Refuses the request, with a page for browsers and Okta's envelope for other clients.
fn refuse(call: &Call<'_>, reason: &'static str) -> Outcome {
    rule::THIRD_PARTY_REQUEST.apply();
    if !call.wants_html() {
        return Err(match reason {
            UNKNOWN_APP => OktaError::new(&rule::REQUEST_PATH_UNKNOWN, ErrorCode::PathNotFound),
            _ => OktaError::validation(&rule::THIRD_PARTY_REQUEST, "authorization", reason),
        }
        .into());
    }
    let status = if reason == UNKNOWN_APP { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
    let body = format!(
        "<h1>This sign-in cannot continue</h1>\n<p>{reason}</p>\n<p>Open the <code>_links.authorize.href</code> \
         of a connection without changing it (third-party app: {}).</p>\n",
        text(&echo(&call.app_name()))
    );
    Ok(page(status, &document("This sign-in cannot continue", &body), Permissions::default()))
}
