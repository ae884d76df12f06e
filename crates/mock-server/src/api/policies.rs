//! `/api/v1/policies` and the access policy of an app, which Terraform looks up and assigns. The org has one
//! access policy and one profile enrollment policy; nothing can change them.

use serde_json::{Value, json};

use super::answer::{json as answer, no_content};
use super::call::Call;
use super::operation::Outcome;
use super::render::{Timestamp, to_json};
use crate::org::Identity;
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;
use crate::rules::identifier::OktaId;

/// The types of policies that the org has, with their names.
const ACCESS: (&str, &str) = ("ACCESS_POLICY", "Any two factors");
const PROFILE_ENROLLMENT: (&str, &str) = ("PROFILE_ENROLLMENT", "Default Policy");

/// GET /policies?type=.
pub(super) fn list(call: &Call<'_>) -> Outcome {
    let kind = call.query.one("type")?;
    let kind = kind.ok_or_else(|| OktaError::blank(&rule::POLICY_TYPE, "type"))?;
    let policies: Vec<_> = policies(call).into_iter().filter(|policy| policy["type"] == kind).collect();
    Ok(answer(to_json(&policies)))
}

/// GET /policies/{policyId}.
pub(super) fn read(call: &Call<'_>) -> Outcome {
    let id = call.parameter("policyId");
    let found = policies(call).into_iter().find(|policy| policy["id"] == *id);
    match found {
        Some(policy) => Ok(answer(to_json(&policy))),
        None => Err(unknown(&id).into()),
    }
}

/// PUT /apps/{appId}/policies/{policyId}. The only access policy is assigned already.
pub(super) fn assign(call: &Call<'_>) -> Outcome {
    call.app()?;
    let id = call.parameter("policyId");
    let access = call.org.lock().identity().policies.access;
    match OktaId::parse(&id) == Some(access) {
        true => Ok(no_content()),
        false => Err(unknown(&id).into()),
    }
}

fn policies(call: &Call<'_>) -> [Value; 2] {
    rule::POLICY_OBJECT.apply();
    let Identity { policies, created, .. } = *call.org.lock().identity();
    let object = |id: OktaId, (kind, name): (&str, &str)| {
        json!({
            "id": id.as_str(),
            "status": "ACTIVE",
            "name": name,
            "description": null,
            "priority": 1,
            "system": true,
            "conditions": null,
            "created": Timestamp(created),
            "lastUpdated": Timestamp(created),
            "_links": {"self": {"href": format!("{}/api/v1/policies/{id}", call.origin)}},
            "type": kind,
        })
    };
    [object(policies.access, ACCESS), object(policies.profile_enrollment, PROFILE_ENROLLMENT)]
}

fn unknown(id: &str) -> OktaError {
    OktaError::not_found(&rule::POLICY_UNKNOWN, id, "Policy")
}
