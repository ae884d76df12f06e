//! `/api/v1/apps/{appId}/credentials/keys`: the signing keys of an app, with their certificates.

use std::sync::Arc;

use http::StatusCode;
use http::header::{self, HeaderValue};

use super::answer::json;
use super::call::Call;
use super::operation::{Outcome, OutcomeFuture};
use super::refusal::Refusal;
use super::render::app_key::AppKeyObject;
use super::render::to_json;
use crate::org::signing::SigningKey;
use crate::rules::app::{AppKey, validity_years};
use crate::rules::behaviour as rule;
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::identifier::{AppId, KeyId};

/// The common name of certificates. A real org's is its subdomain (recorded).
const ORG_NAME: &str = "okta-mock";

pub(super) fn list<'a>(call: &'a Call<'_>) -> OutcomeFuture<'a> {
    Box::pin(async {
        let (_, app) = call.app()?;
        let mut objects = Vec::new();
        for key in app.signing_keys() {
            objects.push(object(call, key).await?);
        }
        Ok(json(to_json(&objects)))
    })
}

pub(super) fn read<'a>(call: &'a Call<'_>) -> OutcomeFuture<'a> {
    Box::pin(async {
        let (_, app) = call.app()?;
        let key = app.signing_key(&call.parameter("keyId"))?;
        Ok(json(to_json(&object(call, key).await?)))
    })
}

pub(super) fn generate<'a>(call: &'a Call<'_>) -> OutcomeFuture<'a> {
    Box::pin(async {
        // An unknown app is refused before the parameter.
        call.app()?;
        let years = validity_years(call.query.one("validityYears")?)?;
        let (id, key) = call.org.lock().generate_key(&call.app_id(), years)?;
        created(call, id, key).await
    })
}

pub(super) fn clone<'a>(call: &'a Call<'_>) -> OutcomeFuture<'a> {
    Box::pin(async {
        let target = call.query.one("targetAid")?.unwrap_or("");
        let (id, key) = call.org.lock().clone_key(&call.app_id(), &call.parameter("keyId"), target)?;
        created(call, id, key).await
    })
}

/// Answers 201 with the URL of the key at the app that has it now (recorded).
async fn created(call: &Call<'_>, app: AppId, key: AppKey) -> Outcome {
    rule::APP_KEY_OBJECT.apply();
    let body = to_json(&object(call, key).await?);
    let answer = json(body).with_status(StatusCode::CREATED);
    let (origin, id) = (&call.origin, key.id);
    let url = format!("{origin}/api/v1/apps/{app}/credentials/keys/{id}");
    Ok(match HeaderValue::try_from(url) {
        Ok(url) => answer.with_header(header::LOCATION, url),
        Err(_) => answer,
    })
}

async fn object(call: &Call<'_>, key: AppKey) -> Result<AppKeyObject, Refusal> {
    let signing = signing_key(call, key.id).await?;
    let certificate = certificate(&signing, key).await?;
    Ok(AppKeyObject::new(key, &signing, &certificate))
}

/// Returns the certificate of a key, in DER.
///
/// # Errors
/// E0000009, if it cannot be made. Not seen in practice.
pub(super) async fn certificate(signing: &Arc<SigningKey>, key: AppKey) -> Result<Vec<u8>, OktaError> {
    let signing = signing.clone();
    let certificate = tokio::task::spawn_blocking(move || signing.certificate(&key, ORG_NAME)).await;
    certificate.ok().and_then(Result::ok).ok_or_else(fault)
}

/// Returns a signing key of the org. A missing key is generated without holding the org's lock.
///
/// # Errors
/// E0000009, if no key can be made. Not seen in practice.
pub(super) async fn signing_key(call: &Call<'_>, id: KeyId) -> Result<Arc<SigningKey>, OktaError> {
    let (keys, seed) = {
        let org = call.org.lock();
        (org.signing_keys.clone(), org.random.key_seed(id))
    };
    if let Some(key) = keys.get(id) {
        return Ok(key);
    }
    let key = tokio::task::spawn_blocking(move || keys.get_or_generate(id, &seed)).await;
    key.ok().and_then(Result::ok).ok_or_else(fault)
}

fn fault() -> OktaError {
    OktaError::new(&rule::SERVER_FAULT, ErrorCode::InternalServerError)
}
