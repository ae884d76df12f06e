//! `/api/v1/apps/{appId}/grants`: the scopes that are granted to a client.

use super::answer::{json, no_content};
use super::authentication::Caller;
use super::body::JsonBody;
use super::call::Call;
use super::operation::Outcome;
use super::render::grant::GrantObject;
use super::render::to_json;
use crate::rules::behaviour as rule;
use crate::rules::error::OktaError;
use crate::rules::oauth::grant::Actor;

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let embeds = embeds_scope(call)?;
    let (client, user) = {
        let org = call.org.lock();
        (org.client_of(&call.app_id())?, org.identity().administrator)
    };
    let object = |grant| GrantObject { grant, client: &client, origin: &call.origin, user, embeds };
    let grants: Vec<_> = client.client.grants.iter().map(object).collect();
    Ok(json(to_json(&grants)))
}

pub(super) fn add(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let actor = match call.caller {
        Caller::Client(id) => Actor::Client(id),
        Caller::Administrator | Caller::Anonymous => Actor::User,
    };
    let body = body.object();
    let (client, grant, user) = {
        let mut org = call.org.lock();
        let is_issuer = |url: &str| call.origin.is_url_of(url, "");
        let (client, grant) = org.grant_scope(&call.app_id(), &body, actor, is_issuer)?;
        (client, grant, org.identity().administrator)
    };
    call.note_ignored(&body);
    rule::GRANT_OBJECT.apply();
    let object = GrantObject { grant: &grant, client: &client, origin: &call.origin, user, embeds: true };
    Ok(json(to_json(&object)))
}

pub(super) fn read(call: &Call<'_>) -> Outcome {
    let embeds = embeds_scope(call)?;
    let org = call.org.lock();
    let (client, grant) = org.grant(&call.app_id(), &call.parameter("grantId"))?;
    let user = org.identity().administrator;
    Ok(json(to_json(&GrantObject { grant: &grant, client: &client, origin: &call.origin, user, embeds })))
}

pub(super) fn revoke(call: &Call<'_>) -> Outcome {
    call.org.lock().revoke_grant(&call.app_id(), &call.parameter("grantId"))?;
    Ok(no_content())
}

fn embeds_scope(call: &Call<'_>) -> Result<bool, OktaError> {
    Ok(call.query.one("expand")? == Some("scope"))
}
