//! An app that the user named: reading and restoring it.

use reqwest::Url;
use serde_json::Value;

use super::calls::{CallError, OrgClient, describe, good};
use super::plan::{self, RestoreRequest};
use super::result::Leftover;
use crate::undo::{FoundApp, FoundConnection, FoundFeature};

/// The requests that read an app: the app itself, its connection, its features.
pub(super) fn reads(id: &str) -> [RestoreRequest; 3] {
    let path = format!("/api/v1/apps/{id}");
    [path.clone(), format!("{path}/connections/default"), format!("{path}/features")]
        .map(|path| RestoreRequest::get(path, &[]))
}

/// The requests that disable a connection; the second is sent only if the first shows it enabled.
pub(super) fn disabling(id: &str) -> [RestoreRequest; 2] {
    let [_, connection, _] = reads(id);
    let path = format!("/api/v1/apps/{id}/connections/default/lifecycle/deactivate");
    [connection, RestoreRequest::post(path, None)]
}

/// Reads an app with its connection and features. Sends only GET.
pub(crate) async fn read(calls: &OrgClient<'_>, name: &str, id: &str) -> Result<FoundApp, CallError> {
    let [app, connection, features] = reads(id);
    let (app, path) = (calls.read(&app).await?, app.planned().path_template);
    let text = |value: &Value, member: &str| {
        value
            .get(member)
            .and_then(Value::as_str)
            .map(ToOwned::to_owned)
            .ok_or_else(|| CallError::Answer(format!("GET {path} returned an app without `{member}`")))
    };
    let kind = text(&app, "name")?;
    if kind != name {
        return Err(CallError::Answer(format!("the app {id} is `{kind}`, not `{name}`")));
    }
    let connection = calls.read(&connection).await?;
    let shown = calls.carry_out(&features).await?;
    // Status 400 while provisioning is not enabled (OpenAPI, listFeaturesForApplication).
    let features = match shown.status {
        400 => None,
        _ => Some(listed(&good(&features, &shown)?)),
    };
    Ok(FoundApp {
        app: name.to_owned(),
        id: id.to_owned(),
        created: text(&app, "created")?,
        status: text(&app, "status")?,
        connection: FoundConnection {
            status: text(&connection, "status")?,
            profile: documented_members(connection.get("profile")),
            base_url: connection.get("baseUrl").map(without_secrets).unwrap_or_default(),
        },
        features,
        credential_replaced: false,
    })
}

/// The documented members of a profile (guide). Other members might be secret, and these are written to a
/// file.
const KEPT_MEMBERS: [&str; 3] = ["authScheme", "clientId", "signing"];

fn documented_members(profile: Option<&Value>) -> Value {
    let members = profile.and_then(Value::as_object).into_iter().flatten();
    let kept = members.filter(|(name, _)| KEPT_MEMBERS.contains(&name.as_str()));
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// A URL without its possibly secret parts.
fn without_secrets(address: &Value) -> Value {
    let Some(mut url) = address.as_str().and_then(|text| Url::parse(text).ok()) else {
        return address.clone();
    };
    if url.username().is_empty() && url.password().is_none() && url.query().is_none() {
        return address.clone();
    }
    // A URL that cannot have a user name has none.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_query(None);
    url.as_str().into()
}

fn listed(features: &Value) -> Vec<FoundFeature> {
    let features = features.as_array().into_iter().flatten();
    features
        .filter_map(|feature| {
            let name = feature.get("name")?.as_str()?.to_owned();
            let plain =
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let capabilities = feature.get("capabilities")?.clone();
            plain.then_some(FoundFeature { name, capabilities })
        })
        .collect()
}

/// Restores an app and reads it again; returns the remaining differences.
pub(super) async fn restore_app(calls: &OrgClient<'_>, found: &FoundApp) -> Result<Vec<Leftover>, CallError> {
    let [look, ..] = reads(&found.id);
    if calls.carry_out(&look).await?.status == 404 {
        return Ok(vec![Leftover {
            retry: false,
            what: format!("{} {}: the app is gone (404) and cannot be restored", found.app, found.id),
            calls: Vec::new(),
        }]);
    }
    let seen = read(calls, &found.app, &found.id).await?;
    let expected = expected(found, &seen);
    let mut refusals = Vec::new();
    for step in plan::between(&expected, &seen) {
        let answer = calls.carry_out(&step).await?;
        if !(200..300).contains(&answer.status) {
            refusals.push(describe(&step.planned(), &answer));
        }
    }
    let after = read(calls, &found.app, &found.id).await?;
    let shown = format!("{} {}", found.app, found.id);
    let mut left = Vec::new();
    let steps = plan::between(&expected, &after);
    if !steps.is_empty() {
        let why = if refusals.is_empty() {
            "the org accepted the request but did not change".to_owned()
        } else {
            refusals.join("; ")
        };
        left.push(Leftover {
            retry: true,
            what: format!("{shown}: {why}"),
            calls: steps.iter().filter_map(|step| calls.record(step)).collect(),
        });
    }
    let settings = |app: &FoundApp| (app.connection.profile.clone(), app.connection.base_url.clone());
    if settings(found) != settings(&after) && !found.credential_replaced {
        left.push(Leftover {
            retry: true,
            what: format!(
                "{shown}: the connection was changed by somebody else: it was {} and is now {}",
                describe_connection(found),
                describe_connection(&after)
            ),
            calls: super::credential::replaced(calls, found).calls,
        });
    }
    Ok(left)
}

/// The state to restore: the one that was found. A replaced connection that now leads to another address
/// stays disabled; enabled, it would send people's data there.
fn expected(found: &FoundApp, seen: &FoundApp) -> FoundApp {
    match found.credential_replaced && found.connection.base_url != seen.connection.base_url {
        true => disabled(found),
        false => found.clone(),
    }
}

/// The found state with a disabled connection.
pub(super) fn disabled(found: &FoundApp) -> FoundApp {
    let mut disabled = found.clone();
    disabled.connection.status = "DISABLED".to_owned();
    disabled.features = None;
    disabled
}

/// A short description of a connection.
fn describe_connection(app: &FoundApp) -> String {
    let FoundConnection { profile, base_url, .. } = &app.connection;
    match base_url.as_str() {
        Some(address) => format!("{profile} at {address}"),
        None => profile.to_string(),
    }
}

/// Deactivates an app's connection if it is enabled; returns true if it was.
pub(crate) async fn disable(calls: &OrgClient<'_>, id: &str) -> Result<bool, CallError> {
    let [look, deactivate] = disabling(id);
    let connection = calls.read(&look).await?;
    if connection.get("status").and_then(Value::as_str) != Some("ENABLED") {
        return Ok(false);
    }
    calls.carry_out(&deactivate).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn undocumented_members_and_secrets_in_urls_are_not_kept() {
        let profile = json!({"authScheme": "TOKEN", "token": "s", "settings": {"adminPassword": "s"},
            "signing": {"rotationMode": "AUTO"}, "clientSecret": "s"});
        assert_eq!(
            documented_members(Some(&profile)),
            json!({"authScheme": "TOKEN", "signing": {"rotationMode": "AUTO"}})
        );
        assert_eq!(documented_members(None), json!({}));
        let address = json!("https://admin:s@scim.example.com/v2?token=s");
        assert_eq!(without_secrets(&address), json!("https://scim.example.com/v2"));
        for plain in [json!("https://scim.example.com"), json!("not a URL"), Value::Null] {
            assert_eq!(without_secrets(&plain), plain);
        }
    }
}
