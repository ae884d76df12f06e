//! The control plane under `/_mock`, which a real org does not have: version, contract, clock, and the
//! resource owner, so that any workflow engine can consent.

use http::StatusCode;
use http::header::{self, HeaderValue};
use serde::Serialize;
use serde_json::{Value, json};

use super::MockOrg;
use super::answer::{Response, full_body};
use super::body::JsonBody;
use super::call::{Call, Query};
use super::consent::continue_flow;
use super::operation::Outcome;
use super::refusal::envelope_json;
use super::render::to_json;
use super::third_party::{Authorization, Decision};
use crate::org::clock::MAX_TIME_TEXT;
use crate::rules::behaviour as rule;
use crate::rules::body::{Json, Members, Object};
use crate::rules::error::{OktaError, Refusals};

/// The contract of everything outside `/_mock`.
const CONTRACT: &str = include_str!("../../../../fixtures/contract/openapi.json");

pub(super) fn about(_: &Call<'_>) -> Outcome {
    Ok(json_answer(&json!({"name": "okta-mock-server", "version": env!("CARGO_PKG_VERSION")})))
}

pub(super) fn contract(_: &Call<'_>) -> Outcome {
    let mut response = Response::new(full_body(CONTRACT));
    set_json(&mut response);
    Ok(response)
}

pub(super) fn clock(call: &Call<'_>) -> Outcome {
    Ok(json_answer(&now(call.org)))
}

pub(super) fn advance_clock(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object()?;
    let mut refusals = Refusals::default();
    let seconds = refusals.take(seconds(&body), 0);
    refusals.check(check_no_unknown_members(&body));
    refusals.into_result(())?;
    let advanced = call.org.lock().clock.advance(seconds.into());
    advanced.map_err(|_| {
        let cause = format!("seconds: The clock cannot pass {MAX_TIME_TEXT}");
        OktaError::validation(&rule::CONTROL_CLOCK, "seconds", cause)
    })?;
    Ok(json_answer(&now(call.org)))
}

pub(super) fn age_consent(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object()?;
    let mut refusals = Refusals::default();
    let link = link(call, &body).map(|(_, query)| query);
    let query = refusals.take(link, Query::from_pairs(Vec::new()));
    let seconds = refusals.take(seconds(&body), 0);
    refusals.check(check_no_unknown_members(&body));
    refusals.into_result(())?;
    let state = query.one("state")?.unwrap_or_default();
    call.org.lock().age_consent(state, seconds)?;
    Ok(json_answer(&json!({"seconds": seconds})))
}

fn seconds(body: &Object<'_>) -> Result<u32, OktaError> {
    let seconds = match body.get("seconds") {
        Some(Json::Number(number)) => number.as_u64().and_then(|seconds| u32::try_from(seconds).ok()),
        _ => None,
    };
    seconds.ok_or_else(|| OktaError::invalid(&rule::CONTROL_CLOCK, "seconds"))
}

/// Refuses a body with members that the call does not know. If they were ignored, a test harness would
/// believe that they had an effect.
fn check_no_unknown_members(body: &Object<'_>) -> Result<(), OktaError> {
    let mut refusals = Refusals::default();
    for pointer in body.ignored() {
        let cause = format!("{pointer}: Unknown member");
        refusals.check(Err(OktaError::validation(&rule::CONTROL_UNKNOWN_MEMBER, &pointer, cause)));
    }
    refusals.into_result(())
}

fn now(org: &MockOrg) -> Value {
    let now = org.lock().clock.now();
    json!({"now": super::render::Timestamp(now)})
}

pub(super) fn grant(call: &Call<'_>, body: &JsonBody) -> Outcome {
    consent(call, &body.object()?, Decision::Allow)
}

pub(super) fn deny(call: &Call<'_>, body: &JsonBody) -> Outcome {
    consent(call, &body.object()?, Decision::Deny)
}

/// Acts as a person in a browser: opens the link, decides, and follows the redirect.
fn consent(call: &Call<'_>, body: &Object<'_>, decision: Decision) -> Outcome {
    let mut refusals = Refusals::default();
    let (name, query) = refusals.take(link(call, body), (String::new(), Query::from_pairs(Vec::new())));
    refusals.check(check_no_unknown_members(body));
    refusals.into_result(())?;
    let authorization = Authorization::read(call, &name, &query).map_err(refused)?;
    let redirect = Query::from_pairs(authorization.redirect_parameters(call.org, decision));
    let state = redirect.one("state")?;
    Ok(json_answer(&match continue_flow(call, authorization.kind, &redirect) {
        Ok(body) => json!({"status": 200, "body": body, "code": redirect.one("code")?, "state": state}),
        Err(error) => {
            let error_id = call.org.lock().random.error_id();
            let body: Value = serde_json::from_slice(&envelope_json(&error, error_id)).unwrap_or_default();
            json!({"status": 400, "body": body})
        }
    }))
}

/// Returns the third-party app and the parameters of an authorize link of this org.
fn link(call: &Call<'_>, body: &Object<'_>) -> Result<(String, Query), OktaError> {
    let link = Members::from(body).text("authorize")?.unwrap_or_default();
    let rest = link.strip_prefix(&format!("{}/third-party/", call.origin));
    let parts = rest.and_then(|rest| rest.split_once("/oauth/authorize?"));
    let (name, query) = parts.ok_or_else(|| refused(INVALID_LINK))?;
    Ok((name.to_owned(), Query::read(query)))
}

fn refused(reason: &'static str) -> OktaError {
    OktaError::validation(&rule::CONTROL_RESOURCE_OWNER, "authorize", reason)
}

const INVALID_LINK: &str = "authorize: must be the _links.authorize.href of a connection of this org";

fn json_answer(value: &impl Serialize) -> Response {
    let mut response = Response::new(full_body(to_json(value)));
    set_json(&mut response);
    response
}

fn set_json(response: &mut Response) {
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
}
