//! `/api/v1/apps/{appId}/connections/default`: read, set, activate, deactivate, and the key set.

use super::answer::{Answer, json, no_content};
use super::authentication::Caller;
use super::body::JsonBody;
use super::call::Call;
use super::operation::{Outcome, OutcomeFuture};
use super::render::connection::{ConnectionObject, KeySet, Keys};
use super::render::{AppUrl, to_json};
use crate::org::signing;
use crate::rules::app::App;
use crate::rules::behaviour as rule;
use crate::rules::connection::wants_activation;
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::identifier::AppId;

pub(super) fn read(call: &Call<'_>) -> Outcome {
    let (id, app) = call.app()?;
    Ok(answer(call, id, &app))
}

pub(super) fn set(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let activate = wants_activation(call.query.one("activate")?);
    let body = body.object();
    let mut org = call.org.lock();
    let (id, app) = org.set_connection(&call.app_id(), &body, activate)?;
    call.note_ignored(&body);
    Ok(answer(call, id, app))
}

pub(super) fn activate(call: &Call<'_>) -> Outcome {
    call.org.lock().activate_connection(&call.app_id())?;
    Ok(no_content())
}

pub(super) fn deactivate(call: &Call<'_>) -> Outcome {
    call.org.lock().deactivate_connection(&call.app_id())?;
    Ok(no_content())
}

/// Reads the key set. A missing key is generated without holding the org's lock.
pub(super) fn keys<'a>(call: &'a Call<'_>) -> OutcomeFuture<'a> {
    Box::pin(read_keys(call))
}

async fn read_keys(call: &Call<'_>) -> Outcome {
    let (id, holder, stream) = {
        let org = call.org.lock();
        let (id, holder, known) = org.connection_key(&call.app_id())?;
        if let Some(key) = known {
            return Ok(key_set(call, key));
        }
        (id, holder, org.random.key_stream(&id, holder))
    };
    let key = tokio::task::spawn_blocking(move || signing::generate(stream, holder))
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or_else(|| OktaError::new(&rule::SERVER_FAULT, ErrorCode::InternalServerError))?;
    call.org.lock().store_key(id, holder, key.clone());
    Ok(key_set(call, &key))
}

fn key_set(call: &Call<'_>, key: &signing::PublicKey) -> Answer {
    let keys = Keys::new(key);
    json(to_json(&match call.caller {
        Caller::Administrator => KeySet::Wrapped { jwks: keys },
        Caller::Anonymous => KeySet::Plain(keys),
    }))
}

fn answer(call: &Call<'_>, id: AppId, app: &App) -> Answer {
    let app_url = AppUrl { origin: &call.origin, app: &id };
    json(to_json(&ConnectionObject { app, app_url }))
}
