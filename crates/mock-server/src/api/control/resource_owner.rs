//! The resource owner, who consents at the third-party app, so that any workflow engine can consent.

use serde_json::{Value, json};

use super::super::body::JsonBody;
use super::super::call::{Call, Query};
use super::super::consent::continue_flow;
use super::super::operation::Outcome;
use super::super::refusal::envelope_json;
use super::super::third_party::{Authorization, Decision};
use super::answer::json_answer;
use super::clock::seconds;
use crate::rules::behaviour as rule;
use crate::rules::body::{Members, Object, check_no_unknown_members};
use crate::rules::error::{OktaError, Refusals};

pub(in crate::api) fn age_consent(call: &Call<'_>, body: &JsonBody) -> Outcome {
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

pub(in crate::api) fn grant(call: &Call<'_>, body: &JsonBody) -> Outcome {
    consent(call, &body.object()?, Decision::Allow)
}

pub(in crate::api) fn deny(call: &Call<'_>, body: &JsonBody) -> Outcome {
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
