//! The differences between two states of an org.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::state::{StateDocument, StoredApp};
use crate::rules::app::App;
use crate::rules::identifier::AppId;

/// A member that differs between two states.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Difference {
    /// The app, or `None` for a member of the org itself.
    app: Option<String>,
    /// JSON Pointer of the member in the document of the app; empty for an app that only one state has.
    member: String,
    /// The value before, or null.
    before: Value,
    /// The value after, or null.
    after: Value,
}

/// Returns the members that differ, app by app. Apps that the states share are not compared.
pub(crate) fn differences(before: &StateDocument, after: &StateDocument) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(None, "/org", &before.identity_json(), &after.identity_json(), &mut found);
    let providers = |state: &StateDocument| state.identity_providers_by_id();
    compare(None, "/identityProviders", &providers(before), &providers(after), &mut found);
    let (before, after) = (by_id(before), by_id(after));
    let ids: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    for id in ids {
        let (old, new) = (before.get(id), after.get(id));
        let is_shared = matches!((old, new), (Some(old), Some(new)) if Arc::ptr_eq(old, new));
        if !is_shared {
            let stored =
                |app: Option<&&Arc<App>>| app.map_or(Value::Null, |app| json!(StoredApp { id, app }));
            compare(Some(id), "", &stored(old), &stored(new), &mut found);
        }
    }
    found
}

fn by_id(state: &StateDocument) -> BTreeMap<&AppId, &Arc<App>> {
    state.apps().iter().map(|(id, app)| (id, app)).collect()
}

fn compare(app: Option<&AppId>, member: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    if let (Value::Object(old), Value::Object(new)) = (before, after) {
        return compare_members(app, member, old, new, found);
    }
    if before != after {
        let app = app.map(ToString::to_string);
        found.push(Difference {
            app,
            member: member.to_owned(),
            before: before.clone(),
            after: after.clone(),
        });
    }
}

fn compare_members(
    app: Option<&AppId>,
    member: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    let added = after.keys().filter(|name| !before.contains_key(*name));
    for name in before.keys().chain(added) {
        let of = |members: &Map<String, Value>| members.get(name).cloned().unwrap_or_default();
        let pointer = format!("{member}/{}", name.replace('~', "~0").replace('/', "~1"));
        compare(app, &pointer, &of(before), &of(after), found);
    }
}
