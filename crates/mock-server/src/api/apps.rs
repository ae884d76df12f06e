//! `/api/v1/apps`: create, list, read, replace, delete, activate, deactivate.

use http::header::{self, HeaderValue};

use super::answer::{Answer, json, no_content};
use super::body::JsonBody;
use super::call::Call;
use super::header_set::HeaderSet;
use super::operation::Outcome;
use super::refusal::Refusal;
use super::render::app::AppObject;
use super::render::app_list::AppList;
use super::render::{AppUrl, as_json, to_json};
use crate::org::Identity;
use crate::rules::app::{App, AppStatus, is_created_active};
use crate::rules::behaviour as rule;
use crate::rules::identifier::AppId;
use crate::rules::listing::ListRequest;

pub(super) fn create(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let activate = is_created_active(call.query.one("activate")?);
    let body = body.object();
    let mut org = call.org.lock();
    let (id, _) = org.create_app(&body, activate)?;
    call.note_ignored(&body);
    let (id, app) = org.app(id.as_str())?;
    let client = app.client.as_ref();
    let secret = client.and_then(|client| client.secrets.first()).map(|secret| org.random.secret(&secret.id));
    if secret.is_some() {
        rule::CLIENT_SECRET.apply();
    }
    let app_url = AppUrl { origin: &call.origin, app: &id };
    Ok(json(to_json(&AppObject::new(*org.identity(), app, app_url).with_secret(secret))))
}

pub(super) fn read(call: &Call<'_>) -> Outcome {
    let identity = *call.org.lock().identity();
    let (id, app) = call.app()?;
    Ok(answer(call, identity, id, &app))
}

pub(super) fn replace(call: &Call<'_>, body: &JsonBody) -> Outcome {
    let body = body.object();
    let mut org = call.org.lock();
    let identity = *org.identity();
    org.replace_app(&call.app_id(), &body, |id, app| {
        as_json(&AppObject::new(identity, app, AppUrl { origin: &call.origin, app: &id }))
    })?;
    call.note_ignored(&body);
    let (id, app) = org.app(&call.app_id())?;
    Ok(answer(call, identity, id, app))
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    call.org.lock().delete_app(&call.app_id())?;
    Ok(no_content())
}

pub(super) fn activate(call: &Call<'_>) -> Outcome {
    call.org.lock().set_app_status(&call.app_id(), AppStatus::Active)?;
    Ok(json(b"{}".to_vec()))
}

pub(super) fn deactivate(call: &Call<'_>) -> Outcome {
    call.org.lock().set_app_status(&call.app_id(), AppStatus::Inactive)?;
    Ok(json(b"{}".to_vec()))
}

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let request = ListRequest::read(|name| call.query.one(name))?;
    let (page, identity) = {
        let org = call.org.lock();
        (org.list(&request), *org.identity())
    };
    let last = page.apps.last().map(|(id, _)| *id).filter(|_| page.has_more);
    // Rendered without the lock, as fast as the client reads.
    let list = AppList::new(page.apps, call.origin.clone(), identity);
    let mut answer = Answer::new(HeaderSet::Json, list.into_body());
    for link in page_links(call, &request, last)? {
        if let Ok(link) = HeaderValue::try_from(link) {
            answer = answer.with_header(header::LINK, link);
        }
    }
    Ok(answer)
}

/// Returns one Link header for this page and one for the next page, if there is one. The parameters are
/// encoded again: `after`, `limit`, `q`, `filter` in this order (recorded).
fn page_links(call: &Call<'_>, request: &ListRequest, last: Option<AppId>) -> Result<Vec<String>, Refusal> {
    let query = |after: Option<&str>| -> Result<String, Refusal> {
        let mut text = form_urlencoded::Serializer::new(String::new());
        after.map(|after| text.append_pair("after", after));
        text.append_pair("limit", &request.limit.to_string());
        for name in ["q", "filter"] {
            if let Some(value) = call.query.one(name)?.filter(|value| !value.is_empty()) {
                text.append_pair(name, value);
            }
        }
        Ok(text.finish())
    };
    let list = format!("{}/api/v1/apps", call.origin);
    let after = request.after.as_ref().map(AppId::as_str);
    let mut links = vec![format!("<{list}?{}>; rel=\"self\"", query(after)?)];
    if let Some(last) = last {
        links.push(format!("<{list}?{}>; rel=\"next\"", query(Some(last.as_str()))?));
    }
    Ok(links)
}

fn answer(call: &Call<'_>, identity: Identity, id: AppId, app: &App) -> Answer {
    let app_url = AppUrl { origin: &call.origin, app: &id };
    json(to_json(&AppObject::new(identity, app, app_url)))
}
