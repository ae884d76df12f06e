//! `/api/v1/apps/{appId}/credentials/jwks`: the keys with which a client authenticates.

use http::StatusCode;

use super::answer::{Answer, json, no_content};
use super::body::JsonBody;
use super::call::Call;
use super::operation::Outcome;
use super::render::client_key::ClientKeyObject;
use super::render::{AppUrl, to_json};
use crate::rules::identifier::AppId;
use crate::rules::oauth::client::{ClientKey, KeyStatus};

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let client = call.org.lock().client_of(&call.app_id())?;
    let app_url = AppUrl { origin: &call.origin, app: &client.id };
    let keys = client.client.registered_keys().iter();
    let keys: Vec<_> = keys.map(|key| ClientKeyObject { key, app_url }).collect();
    Ok(json(to_json(&keys)))
}

pub(super) fn add(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object();
    let (id, key) = call.org.lock().add_client_key(&call.app_id(), &body)?;
    call.note_ignored(&body);
    Ok(answer(call, id, &key).with_status(StatusCode::CREATED))
}

pub(super) fn read(call: &Call<'_>) -> Outcome {
    let (id, key) = call.org.lock().client_key(&call.app_id(), &call.parameter("keyId"))?;
    Ok(answer(call, id, &key))
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    call.org.lock().delete_client_key(&call.app_id(), &call.parameter("keyId"))?;
    Ok(no_content())
}

pub(super) fn activate(call: &Call<'_>) -> Outcome {
    set_status(call, KeyStatus::Active)
}

pub(super) fn deactivate(call: &Call<'_>) -> Outcome {
    set_status(call, KeyStatus::Inactive)
}

fn set_status(call: &Call<'_>, status: KeyStatus) -> Outcome {
    let key_id = call.parameter("keyId");
    let (id, key) = call.org.lock().set_client_key_status(&call.app_id(), &key_id, status)?;
    Ok(answer(call, id, &key))
}

fn answer(call: &Call<'_>, id: AppId, key: &ClientKey) -> Answer {
    json(to_json(&ClientKeyObject { key, app_url: AppUrl { origin: &call.origin, app: &id } }))
}
