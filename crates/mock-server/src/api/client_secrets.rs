//! `/api/v1/apps/{appId}/credentials/secrets`: the secrets of a client.

use http::StatusCode;

use super::answer::{Answer, json, no_content};
use super::call::Call;
use super::operation::Outcome;
use super::render::client_secret::ClientSecretObject;
use super::render::{AppUrl, to_json};
use crate::rules::identifier::AppId;
use crate::rules::oauth::client::{ClientSecret, KeyStatus};

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let org = call.org.lock();
    let client = org.client_of(&call.app_id())?;
    let app_url = AppUrl { origin: &call.origin, app: &client.id };
    let secrets = client.client.secrets.iter();
    let secrets: Vec<_> =
        secrets.map(|secret| ClientSecretObject::new(secret, &org.random, app_url)).collect();
    Ok(json(to_json(&secrets)))
}

pub(super) fn add(call: &Call<'_>) -> Outcome {
    let (id, secret) = call.org.lock().add_client_secret(&call.app_id())?;
    Ok(answer(call, id, &secret).with_status(StatusCode::CREATED))
}

pub(super) fn read(call: &Call<'_>) -> Outcome {
    let (id, secret) = call.org.lock().client_secret(&call.app_id(), &call.parameter("secretId"))?;
    Ok(answer(call, id, &secret))
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    call.org.lock().delete_client_secret(&call.app_id(), &call.parameter("secretId"))?;
    Ok(no_content())
}

pub(super) fn activate(call: &Call<'_>) -> Outcome {
    set_status(call, KeyStatus::Active)
}

pub(super) fn deactivate(call: &Call<'_>) -> Outcome {
    set_status(call, KeyStatus::Inactive)
}

fn set_status(call: &Call<'_>, status: KeyStatus) -> Outcome {
    let secret_id = call.parameter("secretId");
    let (id, secret) = call.org.lock().set_client_secret_status(&call.app_id(), &secret_id, status)?;
    Ok(answer(call, id, &secret))
}

fn answer(call: &Call<'_>, id: AppId, secret: &ClientSecret) -> Answer {
    let app_url = AppUrl { origin: &call.origin, app: &id };
    json(to_json(&ClientSecretObject::new(secret, &call.org.lock().random, app_url)))
}
