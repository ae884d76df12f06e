//! Plans the requests that restore an app. A pure function of the found and the current state; returns
//! nothing if they are equal.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::exchange::Body;
use crate::transport::{PlannedBody, PlannedRequest};
use crate::undo::{FoundApp, FoundConnection, FoundFeature};

/// One request of a restore.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RestoreRequest {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
}

impl RestoreRequest {
    pub(super) fn get(path: String, query: &[(&str, &str)]) -> Self {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { method: Method::GET, path, query, body: None }
    }

    pub(super) fn post(path: String, body: Option<Value>) -> Self {
        Self { method: Method::POST, path, query: Vec::new(), body }
    }

    pub(super) fn put(path: String, body: Value) -> Self {
        Self { method: Method::PUT, path, query: Vec::new(), body: Some(body) }
    }

    pub(super) fn delete(path: String) -> Self {
        Self { method: Method::DELETE, path, query: Vec::new(), body: None }
    }

    pub(super) fn planned(&self) -> PlannedRequest {
        let body = self.body.clone();
        PlannedRequest {
            method: self.method.clone(),
            base_path: String::new(),
            path_template: self.path.clone(),
            path_parameters: Vec::new(),
            query: self.query.clone(),
            headers: Vec::new(),
            body: body.map(|body| ("application/json".to_owned(), PlannedBody::Plain(Body::Json(body)))),
        }
    }
}

/// The requests that lead from the current state to the found one.
///
/// The order follows the rules of the org: a connection can be activated only while its app is active, and
/// features can be set only while the connection is enabled.
pub(super) fn between(found: &FoundApp, seen: &FoundApp) -> Vec<RestoreRequest> {
    let app = |rest: &str| format!("/api/v1/apps/{}/{rest}", found.id);
    let connection =
        |verb: &str| RestoreRequest::post(app(&format!("connections/default/lifecycle/{verb}")), None);
    let features = features(found, seen);
    let mut steps = Vec::new();
    let mut active = seen.status == "ACTIVE";
    let mut enabled = seen.connection.status == "ENABLED";
    let expected = found.connection.status == "ENABLED";
    let activates = (expected || !features.is_empty()) && !enabled;
    if !active && (found.status == "ACTIVE" || activates || expected != enabled) {
        steps.push(RestoreRequest::post(app("lifecycle/activate"), None));
        active = true;
    }
    if activates {
        steps.push(connection("activate"));
        enabled = true;
    }
    steps.extend(features);
    if enabled && found.connection.status == "DISABLED" {
        steps.push(connection("deactivate"));
    }
    if active && found.status == "INACTIVE" {
        steps.push(RestoreRequest::post(app("lifecycle/deactivate"), None));
    }
    steps
}

/// Every request that [`between`] may return for an app, in its order.
pub(super) fn possible(id: &str) -> Vec<RestoreRequest> {
    let on = FoundApp {
        app: String::new(),
        id: id.to_owned(),
        created: String::new(),
        status: "ACTIVE".to_owned(),
        connection: FoundConnection {
            status: "ENABLED".to_owned(),
            profile: Value::Null,
            base_url: Value::Null,
        },
        features: Some(vec![FoundFeature {
            name: "{featureName}".to_owned(),
            capabilities: json!({"{differing part}": {}}),
        }]),
        credential_replaced: false,
    };
    let mut off = FoundApp { status: "INACTIVE".to_owned(), features: None, ..on.clone() };
    off.connection.status = "DISABLED".to_owned();
    between(&on, &off).into_iter().chain(between(&off, &on)).collect()
}

/// The requests that restore the whole found state, whatever the current one.
pub(super) fn all(found: &FoundApp) -> Vec<RestoreRequest> {
    let elsewhere = |status: &str, one: &str, other: &str| {
        if status == one { other.to_owned() } else { one.to_owned() }
    };
    let mut seen = found.clone();
    seen.status = elsewhere(&found.status, "ACTIVE", "INACTIVE");
    if matches!(found.connection.status.as_str(), "ENABLED" | "DISABLED") {
        seen.connection.status = elsewhere(&found.connection.status, "ENABLED", "DISABLED");
    }
    for feature in seen.features.iter_mut().flatten() {
        feature.capabilities = Value::Null;
    }
    between(found, &seen)
}

/// A PUT for each feature that differs, with the parts that differ.
fn features(found: &FoundApp, seen: &FoundApp) -> Vec<RestoreRequest> {
    let none = Vec::new();
    let now = seen.features.as_ref().unwrap_or(&none);
    let found_features = found.features.as_ref().unwrap_or(&none);
    found_features
        .iter()
        .filter_map(|feature| {
            // A feature that cannot be read, for example while the connection is disabled, is always sent.
            let now = now.iter().find(|now| now.name == feature.name);
            let body = differing(feature, now);
            let path = format!("/api/v1/apps/{}/features/{}", found.id, feature.name);
            (!body.is_empty()).then(|| RestoreRequest::put(path, Value::Object(body)))
        })
        .collect()
}

fn differing(found: &FoundFeature, now: Option<&FoundFeature>) -> Map<String, Value> {
    let parts = found.capabilities.as_object().into_iter().flatten();
    parts
        .filter(|(name, value)| now.is_none_or(|now| now.capabilities.get(name.as_str()) != Some(*value)))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(status: &str, connection: &str, create: Option<&str>) -> FoundApp {
        FoundApp {
            app: "google".to_owned(),
            id: "0oa1".to_owned(),
            created: String::new(),
            status: status.to_owned(),
            connection: FoundConnection {
                status: connection.to_owned(),
                profile: Value::Null,
                base_url: Value::Null,
            },
            features: create.map(|create| {
                let capabilities = json!({"create": {"lifecycleCreate": {"status": create}}, "update": {}});
                vec![FoundFeature { name: "USER_PROVISIONING".to_owned(), capabilities }]
            }),
            credential_replaced: false,
        }
    }

    fn shown(found: &FoundApp, seen: &FoundApp) -> Vec<String> {
        let shown = |step: &RestoreRequest| {
            format!("{} {}", step.method, step.path.trim_start_matches("/api/v1/apps/0oa1/"))
        };
        between(found, seen).iter().map(shown).collect()
    }

    const ACTIVATE: &str = "POST connections/default/lifecycle/activate";
    const DEACTIVATE: &str = "POST connections/default/lifecycle/deactivate";

    #[test]
    fn only_differences_are_sent_in_an_order_that_the_org_accepts() {
        let enabled = app("ACTIVE", "ENABLED", Some("ENABLED"));
        assert!(shown(&enabled, &enabled).is_empty());
        assert_eq!(
            shown(&enabled, &app("INACTIVE", "DISABLED", None)),
            ["POST lifecycle/activate", ACTIVATE, "PUT features/USER_PROVISIONING"]
        );
        assert_eq!(
            shown(&enabled, &app("ACTIVE", "ENABLED", Some("DISABLED"))),
            ["PUT features/USER_PROVISIONING"]
        );
        let disabled = app("ACTIVE", "DISABLED", None);
        assert_eq!(shown(&disabled, &enabled), [DEACTIVATE]);
        assert!(shown(&disabled, &disabled).is_empty());
        let inactive = app("INACTIVE", "ENABLED", Some("ENABLED"));
        assert_eq!(
            shown(&inactive, &app("INACTIVE", "DISABLED", None)),
            [
                "POST lifecycle/activate",
                ACTIVATE,
                "PUT features/USER_PROVISIONING",
                "POST lifecycle/deactivate"
            ]
        );
        let unsupported = app("ACTIVE", "UNKNOWN", None);
        assert!(shown(&unsupported, &unsupported).is_empty());
    }

    #[test]
    fn every_sent_request_is_a_possible_one_in_that_order() {
        let possible: Vec<String> = possible("0oa1")
            .iter()
            .map(|step| format!("{} {}", step.method, step.path.trim_start_matches("/api/v1/apps/0oa1/")))
            .map(|step| step.replace("{featureName}", "USER_PROVISIONING"))
            .collect();
        let connections = ["ENABLED", "DISABLED", "UNKNOWN"];
        let apps: Vec<FoundApp> = ["ACTIVE", "INACTIVE"]
            .iter()
            .flat_map(|status| connections.map(|connection| (status, connection)))
            .flat_map(|(status, connection)| {
                [None, Some("ENABLED"), Some("DISABLED")].map(|create| app(status, connection, create))
            })
            .collect();
        for (found, seen) in apps.iter().flat_map(|found| apps.iter().map(move |seen| (found, seen))) {
            let mut rest = possible.iter();
            let sent = shown(found, seen);
            let is_planned = sent.iter().all(|step| rest.any(|known| known == step));
            assert!(is_planned, "{sent:?} is not in {possible:?}");
        }
    }

    #[test]
    fn only_the_differing_parts_of_a_feature_are_sent() {
        let found = app("ACTIVE", "ENABLED", Some("ENABLED"));
        let steps = between(&found, &app("ACTIVE", "ENABLED", Some("DISABLED")));
        assert_eq!(steps[0].body, Some(json!({"create": {"lifecycleCreate": {"status": "ENABLED"}}})));
    }
}
