//! `/api/v1/users/{userId}`: the administrator who owns the API tokens, whom Terraform and org2org ask for.
//! There are no other users.

use serde_json::json;

use super::answer::json as answer;
use super::authentication::Caller;
use super::call::Call;
use super::operation::Outcome;
use super::render::{Timestamp, to_json};
use crate::org::Identity;
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;

pub(super) fn read(call: &Call<'_>) -> Outcome {
    let Identity { administrator, created, .. } = *call.org.lock().identity();
    let id = call.parameter("userId");
    // A client is no user.
    let is_own = id == "me" && call.caller == Caller::Administrator;
    if !is_own && id != administrator.as_str() {
        return Err(OktaError::not_found(&rule::USER_UNKNOWN, &id, "User").into());
    }
    rule::USER_ADMINISTRATOR.apply();
    let (login, time) = ("admin@example.com", Timestamp(created));
    let url = format!("{}/api/v1/users/{administrator}", call.origin);
    Ok(answer(to_json(&json!({
        "id": administrator.as_str(),
        "status": "ACTIVE",
        "created": time,
        "activated": time,
        "statusChanged": time,
        "lastLogin": time,
        "lastUpdated": time,
        "passwordChanged": time,
        "type": {"id": "otyoktamock000000001"},
        "profile": {
            "firstName": "Mock", "lastName": "Administrator", "mobilePhone": null, "secondEmail": null,
            "login": login, "email": login,
        },
        "credentials": {"password": {}, "provider": {"type": "OKTA", "name": "OKTA"}},
        "_links": {"self": {"href": url}},
    }))))
}
