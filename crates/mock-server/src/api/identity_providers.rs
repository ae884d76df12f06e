//! `/api/v1/idps`: identity providers.

use std::sync::Arc;

use super::answer::{Answer, json, no_content};
use super::body::JsonBody;
use super::call::Call;
use super::operation::Outcome;
use super::render::identity_provider::{Created, IdentityProviderObject};
use super::render::to_json;
use crate::rules::identifier::OktaId;
use crate::rules::identity_provider::IdentityProvider;

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let providers = call.org.lock().identity_providers();
    let object = |(id, provider)| IdentityProviderObject {
        id,
        provider,
        origin: &call.origin,
        created: Created::Shown,
    };
    let objects: Vec<_> = providers.iter().map(|(id, provider)| object((*id, &**provider))).collect();
    Ok(json(to_json(&objects)))
}

pub(super) fn create(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object();
    let created = call.org.lock().create_identity_provider(&body)?;
    call.note_ignored(&body);
    Ok(answer(call, &created, Created::Shown))
}

pub(super) fn read(call: &Call<'_>) -> Outcome {
    let found = call.org.lock().identity_provider(&call.parameter("idpId"))?;
    Ok(answer(call, &found, Created::Shown))
}

pub(super) fn replace(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object();
    let replaced = call.org.lock().replace_identity_provider(&call.parameter("idpId"), &body)?;
    call.note_ignored(&body);
    Ok(answer(call, &replaced, Created::Null))
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    call.org.lock().delete_identity_provider(&call.parameter("idpId"))?;
    Ok(no_content())
}

pub(super) fn activate(call: &Call<'_>) -> Outcome {
    let changed = call.org.lock().set_identity_provider_status(&call.parameter("idpId"), true)?;
    Ok(answer(call, &changed, Created::Shown))
}

pub(super) fn deactivate(call: &Call<'_>) -> Outcome {
    let changed = call.org.lock().set_identity_provider_status(&call.parameter("idpId"), false)?;
    Ok(answer(call, &changed, Created::Shown))
}

fn answer(call: &Call<'_>, found: &(OktaId, Arc<IdentityProvider>), created: Created) -> Answer {
    let (id, provider) = found;
    json(to_json(&IdentityProviderObject { id: *id, provider, origin: &call.origin, created }))
}
