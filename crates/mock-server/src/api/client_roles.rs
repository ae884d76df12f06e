//! `/oauth2/v1/clients/{clientId}/roles`: the admin roles of a client.

use http::StatusCode;

use super::answer::{Answer, json, no_content};
use super::body::JsonBody;
use super::call::Call;
use super::operation::Outcome;
use super::render::client_role::ClientRoleObject;
use super::render::to_json;
use crate::rules::behaviour as rule;
use crate::rules::identifier::AppId;
use crate::rules::oauth::client::RoleAssignment;

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let client = call.org.lock().client(&call.parameter("clientId"))?;
    let roles = client.client.roles.iter();
    let roles: Vec<_> = roles.map(|role| ClientRoleObject::new(role, client.id, &call.origin)).collect();
    Ok(json(to_json(&roles)))
}

pub(super) fn assign(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object();
    let (client, role) = call.org.lock().assign_role(&call.parameter("clientId"), &body)?;
    call.note_ignored(&body);
    rule::ROLE_OBJECT.apply();
    Ok(answer(call, client, &role).with_status(StatusCode::CREATED))
}

pub(super) fn read(call: &Call<'_>) -> Outcome {
    let (client, role) =
        call.org.lock().role(&call.parameter("clientId"), &call.parameter("roleAssignmentId"))?;
    Ok(answer(call, client, &role))
}

pub(super) fn unassign(call: &Call<'_>) -> Outcome {
    call.org.lock().unassign_role(&call.parameter("clientId"), &call.parameter("roleAssignmentId"))?;
    Ok(no_content())
}

fn answer(call: &Call<'_>, client: AppId, role: &RoleAssignment) -> Answer {
    json(to_json(&ClientRoleObject::new(role, client, &call.origin)))
}
