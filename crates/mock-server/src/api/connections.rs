//! `/api/v1/apps/{appId}/connections/default`: read, set, activate, deactivate, and the key set.

use super::answer::{Answer, json, no_content};
use super::app_keys::signing_key;
use super::authentication::Caller;
use super::body::JsonBody;
use super::call::Call;
use super::operation::{Outcome, OutcomeFuture};
use super::render::connection::ConnectionObject;
use super::render::key_set::{ConnectionKeySet, ConnectionKeys};
use super::render::{AppUrl, to_json};
use super::target;
use crate::rules::app::App;
use crate::rules::connection::wants_activation;
use crate::rules::identifier::AppId;

pub(super) fn read(call: &Call<'_>) -> Outcome {
    let (id, app) = call.app()?;
    Ok(answer(call, id, &app))
}

pub(super) fn set<'a>(call: &'a Call<'_>, body: JsonBody) -> OutcomeFuture<'a> {
    Box::pin(async move {
        let activate = wants_activation(call.query.one("activate")?);
        let answer = match activate {
            true => ask(call, Some(&body)).await,
            false => None,
        };
        let body = body.object();
        let mut org = call.org.lock();
        let (id, app) = org.set_connection(&call.app_id(), &body, activate, answer.as_ref())?;
        call.note_ignored(&body);
        Ok(self::answer(call, id, app))
    })
}

pub(super) fn activate<'a>(call: &'a Call<'_>) -> OutcomeFuture<'a> {
    Box::pin(async move {
        let answer = ask(call, None).await;
        call.org.lock().activate_connection(&call.app_id(), answer.as_ref())?;
        Ok(no_content())
    })
}

/// Asks the target of a connection about its credential, if it is an org of the process.
async fn ask(call: &Call<'_>, body: Option<&JsonBody>) -> Option<Result<(), String>> {
    let question = {
        let body = body.map(JsonBody::object);
        call.org.lock().question_to_target(&call.app_id(), body.as_ref())?
    };
    target::ask(call, &question).await
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
    let ids = call.org.lock().connection_keys(&call.app_id())?;
    let mut keys = Vec::new();
    for id in ids {
        keys.push(signing_key(call, id).await?);
    }
    let keys = ConnectionKeys::new(keys.iter().map(|key| &**key));
    Ok(json(to_json(&match call.caller {
        Caller::Anonymous => ConnectionKeySet::Plain(keys),
        Caller::Administrator | Caller::Client(_) => ConnectionKeySet::Wrapped { jwks: keys },
    })))
}

fn answer(call: &Call<'_>, id: AppId, app: &App) -> Answer {
    let app_url = AppUrl { origin: &call.origin, app: &id };
    json(to_json(&ConnectionObject { app, app_url }))
}
