//! Replaced credentials, which no org returns.

use serde_json::Value;

use super::calls::OrgClient;
use super::result::Leftover;
use super::{kinds, plan};
use crate::undo::FoundApp;

/// The leftover of a replaced credential, which no org returns and so cannot be restored.
pub(super) fn replaced(calls: &OrgClient<'_>, app: &FoundApp) -> Leftover {
    let scheme = app.connection.profile.get("authScheme").cloned().unwrap_or_default();
    let mut profile = app.connection.profile.as_object().cloned().unwrap_or_default();
    let kind = kinds::AppKind::of(&app.app);
    profile.extend(kind.iter().flat_map(|kind| kind.secrets(&scheme)));
    if scheme.as_str() == Some("TOKEN") {
        profile.entry("token").or_insert_with(|| kinds::words_for("token").into());
    }
    let mut body = serde_json::Map::new();
    if !app.connection.base_url.is_null() {
        body.insert("baseUrl".to_owned(), app.connection.base_url.clone());
    }
    body.insert("profile".to_owned(), profile.into());
    let has_address = kind.is_some_and(|kind| kind.needs_address());
    if has_address && app.connection.base_url.is_null() {
        return Leftover {
            retry: false,
            what: format!(
                "{} {}: its connection had never been set, and no call removes a connection; it was disabled instead",
                app.app, app.id
            ),
            calls: Vec::new(),
        };
    }
    let path = format!("/api/v1/apps/{}/connections/default", app.id);
    let call = plan::RestoreRequest::post(path, Some(body.into()));
    // It is not defined whether a connection stays enabled when it is set, so all later calls are listed.
    let mut set = app.clone();
    set.connection.status = "DISABLED".to_owned();
    set.features.iter_mut().flatten().for_each(|feature| feature.capabilities = Value::Null);
    let after = plan::between(app, &set);
    let consent = match scheme.as_str() {
        Some("OAUTH2") if app.connection.profile.get("clientId").is_none() && !after.is_empty() => {
            "; after the first call, open the `authorize` link of its answer, consent, and POST the URL that is returned"
        }
        _ => "",
    };
    Leftover {
        retry: false,
        what: format!(
            "{} {}: the credential of its connection was replaced, as allowed by --allow-credential-change; if the connection had another address before, keep it disabled until it is set again{consent}",
            app.app, app.id
        ),
        calls: std::iter::once(&call).chain(&after).filter_map(|step| calls.record(step)).collect(),
    }
}
