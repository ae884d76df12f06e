//! `/oauth2/v1/clients`: OAuth 2.0 clients, as dynamic registration shows them.

use http::StatusCode;

use super::answer::{Answer, json, no_content};
use super::body::JsonBody;
use super::call::Call;
use super::operation::Outcome;
use super::refusal::Refusal;
use super::render::client::{ClientObject, Secret};
use super::render::to_json;
use crate::org::Org;
use crate::rules::behaviour as rule;
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::oauth::OauthError;

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let clients: Vec<_> = call.org.lock().clients().collect();
    let clients: Vec<_> = clients.iter().map(|client| ClientObject::new(client, Secret::Hidden)).collect();
    Ok(json(to_json(&clients)))
}

pub(super) fn create(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object();
    let mut org = call.org.lock();
    let id = org.register_client(&body).map_err(refusal)?;
    call.note_ignored(&body);
    Ok(with_secret(&org, id.as_str())?.with_status(StatusCode::CREATED))
}

pub(super) fn read(call: &Call<'_>) -> Outcome {
    let client = call.org.lock().client(&call.parameter("clientId"))?;
    Ok(json(to_json(&ClientObject::new(&client, Secret::Hidden))))
}

pub(super) fn replace(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object();
    let mut org = call.org.lock();
    let id = org.replace_client(&call.parameter("clientId"), &body).map_err(refusal)?;
    call.note_ignored(&body);
    with_secret(&org, id.as_str())
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    call.org.lock().delete_client(&call.parameter("clientId"))?;
    Ok(no_content())
}

/// Answers a client with the secret that it has.
fn with_secret(org: &Org, id: &str) -> Result<Answer, Refusal> {
    rule::CLIENT_OBJECT.apply();
    let client = org.client(id)?;
    let secret = client.client.secrets.last().map(|secret| org.random.secret(&secret.id));
    let secret = secret.map_or(Secret::Hidden, Secret::Shown);
    Ok(json(to_json(&ClientObject::new(&client, secret))))
}

/// Turns refused members into an OAuth error (OpenAPI); everything else is Okta's own.
fn refusal(error: OktaError) -> Refusal {
    match error.code {
        ErrorCode::ApiValidationFailed => OauthError::from(error).into(),
        _ => error.into(),
    }
}
