//! `/api/v1/apps/{appId}/features`: list, read, update.

use super::answer::json;
use super::body::JsonBody;
use super::call::Call;
use super::operation::Outcome;
use super::render::feature::FeatureObject;
use super::render::{AppUrl, as_json, to_json};

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let (id, app, names) = {
        let org = call.org.lock();
        let (id, app, names) = org.features(&call.app_id())?;
        (id, app.clone(), names)
    };
    let app_url = AppUrl { origin: &call.origin, app: &id };
    let features: Vec<_> =
        names.iter().map(|name| FeatureObject { app: &app, name: *name, app_url }).collect();
    Ok(json(to_json(&features)))
}

pub(super) fn read(call: &Call<'_>) -> Outcome {
    let (id, app, name) = {
        let org = call.org.lock();
        let (id, app, name) = org.feature(&call.app_id(), &call.feature_name())?;
        (id, app.clone(), name)
    };
    let app_url = AppUrl { origin: &call.origin, app: &id };
    Ok(json(to_json(&FeatureObject { app: &app, name, app_url })))
}

pub(super) fn update(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object();
    let mut org = call.org.lock();
    let (id, app, name) =
        org.update_feature(&call.app_id(), &call.feature_name(), &body, |id, app, name| {
            as_json(&FeatureObject { app, name, app_url: AppUrl { origin: &call.origin, app: &id } })
        })?;
    call.note_ignored(&body);
    let app_url = AppUrl { origin: &call.origin, app: &id };
    Ok(json(to_json(&FeatureObject { app, name, app_url })))
}
