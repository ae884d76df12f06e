//! What a flow has seen of its apps, their features and keys. What no request was about stays as it was:
//! no schema can say so, and no single answer shows it.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::event::Finding;
use crate::place::{Place, walk};
use crate::transport::{Body, RequestRecord, ResponseRecord};

/// These never change.
const IDENTITY: [&str; 3] = ["name", "orn", "created"];
/// These change where somebody replaces the app. Its status, features, times and links follow
/// what becomes of it.
const REPLACED: [&str; 6] = ["label", "signOnMode", "accessibility", "visibility", "credentials", "settings"];

/// The memory of one flow run.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    apps: HashMap<String, Map<String, Value>>,
    /// By app and name.
    features: HashMap<(String, String), Value>,
    /// The public keys of the connections, by app.
    keys: HashMap<String, Value>,
}

impl Memory {
    /// What an answer tells otherwise than those before it.
    pub(crate) fn judge(&mut self, request: &RequestRecord, answer: &ResponseRecord) -> Vec<Finding> {
        let mut findings = Vec::new();
        if !(200..300).contains(&answer.status) {
            // A refusal changes nothing.
            return findings;
        }
        let asked = Asked::of(request);
        self.forget(&asked);
        let Some(Body::Json(body)) = &answer.body else { return findings };
        let is_read = request.method == "GET";
        walk(body, &mut |value, place| {
            let Some(object) = value.as_object() else { return };
            if object.contains_key("signOnMode") {
                self.app(object, place, is_read || request.method == "PUT", &mut findings);
            } else if object.contains_key("capabilities") && is_read {
                self.feature(&asked, object, place, &mut findings);
            } else if object.contains_key("keys") && is_read {
                self.keys(&asked, object, place, &mut findings);
            }
        });
        findings
    }

    /// Forgets what a request was about.
    fn forget(&mut self, asked: &Asked<'_>) {
        match asked {
            Asked::Replace(app) => drop(self.apps.remove(*app)),
            Asked::Feature(app, name) => {
                drop(self.features.remove(&((*app).to_owned(), (*name).to_owned())));
            }
            Asked::Connection(app) => {
                // Whether these outlive a change of the connection is not settled.
                self.features.retain(|(of, _), _| of != app);
                self.keys.remove(*app);
                if let Some(seen) = self.apps.get_mut(*app) {
                    seen.shift_remove("settings");
                }
            }
            Asked::Read(_) => {}
        }
    }

    /// `is_whole`: the settings of an app that was just created may not be complete yet.
    fn app(
        &mut self,
        seen: &Map<String, Value>,
        place: &Place<'_>,
        is_whole: bool,
        findings: &mut Vec<Finding>,
    ) {
        let Some(id) = seen.get("id").and_then(Value::as_str) else { return };
        let known = self.apps.entry(id.to_owned()).or_default();
        for name in IDENTITY.into_iter().chain(REPLACED) {
            let Some(now) = seen.get(name) else { continue };
            match known.get(name) {
                Some(before) => differences(before, now, &Place::Member(place, name), findings),
                None if is_whole || name != "settings" => drop(known.insert(name.to_owned(), now.clone())),
                None => {}
            }
        }
    }

    /// Whoever verifies by a key has to find it again.
    fn keys(
        &mut self,
        asked: &Asked<'_>,
        seen: &Map<String, Value>,
        place: &Place<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let (Asked::Read(app), Some(now)) = (asked, seen.get("keys").and_then(Value::as_array)) else {
            return;
        };
        let place = Place::Member(place, "keys");
        let known = self.keys.entry((*app).to_owned()).or_default();
        for (index, key) in now.iter().enumerate() {
            let Some(name) = key.get("kid").and_then(Value::as_str) else { continue };
            match known.as_object().map(|known| known.get(name)) {
                Some(Some(before)) => differences(before, key, &Place::Item(&place, index), findings),
                Some(None) => findings.push(Finding {
                    place: format!("body#{}", Place::Member(&Place::Item(&place, index), "kid")),
                    wanted: "a key that was there before: nothing was asked that changes them".to_owned(),
                    came: name.to_owned(),
                }),
                None => {}
            }
        }
        if known.is_null() {
            let named = |key: &Value| Some((key.get("kid")?.as_str()?.to_owned(), key.clone()));
            *known = Value::Object(now.iter().filter_map(named).collect());
        }
    }

    fn feature(
        &mut self,
        asked: &Asked<'_>,
        seen: &Map<String, Value>,
        place: &Place<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let (Asked::Read(app), Some(name), Some(now)) =
            (asked, seen.get("name").and_then(Value::as_str), seen.get("capabilities"))
        else {
            return;
        };
        match self.features.get(&((*app).to_owned(), name.to_owned())) {
            Some(before) => differences(before, now, &Place::Member(place, "capabilities"), findings),
            None => drop(self.features.insert(((*app).to_owned(), name.to_owned()), now.clone())),
        }
    }
}

/// What a request is about.
enum Asked<'a> {
    Read(&'a str),
    Replace(&'a str),
    Feature(&'a str, &'a str),
    Connection(&'a str),
}

impl<'a> Asked<'a> {
    fn of(request: &'a RequestRecord) -> Self {
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').skip(3).collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", [app, ..]) => Self::Read(app),
            (_, [app, "connections", ..] | [_, app, "oauth2", "callback"]) => Self::Connection(app),
            (_, [app, "features", name]) => Self::Feature(app, name),
            ("PUT" | "DELETE", [app]) => Self::Replace(app),
            (_, [app, ..]) => Self::Read(app),
            (_, []) => Self::Read(""),
        }
    }
}

/// Members that both have; what is null may be left out.
fn differences(before: &Value, now: &Value, place: &Place<'_>, findings: &mut Vec<Finding>) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            for (name, value) in before {
                if let Some(other) = now.get(name) {
                    differences(value, other, &Place::Member(place, name), findings);
                }
            }
        }
        _ if before == now => {}
        _ => findings.push(Finding {
            place: format!("body#{place}"),
            wanted: format!("{before}, as before: nothing was asked that changes it"),
            came: now.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(method: &str, path: &str) -> RequestRecord {
        RequestRecord {
            method: method.to_owned(),
            url: String::new(),
            path: path.to_owned(),
            query: Vec::new(),
            path_parameters: Vec::new(),
            headers: Vec::new(),
            body: None,
            credential: crate::transport::CredentialUse::Runner,
        }
    }

    fn places(memory: &mut Memory, asked: (&str, &str), status: u16, body: Value) -> Vec<String> {
        let body = Some(body).filter(|body| !body.is_null()).map(Body::Json);
        let answer = ResponseRecord { status, headers: Vec::new(), body, broken_json: None };
        memory.judge(&request(asked.0, asked.1), &answer).into_iter().map(|finding| finding.place).collect()
    }

    const APP: &str = "/api/v1/apps/0oaA";
    const NONE: [&str; 0] = [];

    fn app(label: &str, settings: &Value) -> Value {
        json!({"id": "0oaA", "name": "google", "label": label, "signOnMode": "SAML_2_0", "status": "ACTIVE",
            "settings": settings})
    }

    #[test]
    fn an_app_stays_as_it_was_until_it_is_replaced() {
        let (mut memory, plain) = (Memory::default(), json!({"app": {"domain": "d"}, "notes": null}));
        assert_eq!(places(&mut memory, ("GET", APP), 200, app("L", &plain)), NONE);
        assert_eq!(places(&mut memory, ("PUT", APP), 403, json!({"errorCode": "E"})), NONE);
        assert_eq!(places(&mut memory, ("GET", APP), 200, app("M", &plain)), ["body#/label"]);
        let noted = json!({"app": {"domain": "d"}, "notes": "n"});
        assert_eq!(places(&mut memory, ("GET", APP), 200, app("L", &noted)), ["body#/settings/notes"]);
        assert_eq!(
            places(&mut memory, ("GET", "/api/v1/apps"), 200, json!([app("M", &json!({}))])),
            ["body#/0/label"]
        );
        assert_eq!(places(&mut memory, ("PUT", APP), 200, app("M", &noted)), NONE);
        assert_eq!(places(&mut memory, ("GET", APP), 200, app("M", &noted)), NONE);
        assert_eq!(
            places(&mut memory, ("POST", &format!("{APP}/connections/default")), 200, json!({})),
            NONE
        );
        let moved = json!({"app": {"domain": "e"}, "notes": "n"});
        assert_eq!(places(&mut memory, ("GET", APP), 200, app("M", &moved)), NONE, "not settled");
    }

    #[test]
    fn keys_stay_until_the_connection_is_changed() {
        let mut memory = Memory::default();
        let path = format!("{APP}/connections/default/jwks");
        let set = |kid: &str, n: &str| json!({"jwks": {"keys": [{"kid": kid, "n": n}]}});
        assert_eq!(places(&mut memory, ("GET", &path), 200, set("a", "1")), NONE);
        assert_eq!(places(&mut memory, ("GET", &path), 200, set("a", "1")), NONE);
        assert_eq!(places(&mut memory, ("GET", &path), 200, set("b", "1")), ["body#/jwks/keys/0/kid"]);
        assert_eq!(places(&mut memory, ("GET", &path), 200, set("a", "2")), ["body#/jwks/keys/0/n"]);
        let connection = format!("{APP}/connections/default");
        assert_eq!(places(&mut memory, ("POST", &connection), 200, json!({})), NONE);
        assert_eq!(places(&mut memory, ("GET", &path), 200, set("b", "2")), NONE);
    }

    #[test]
    fn a_feature_stays_as_it_was_until_it_or_the_connection_is_changed() {
        let mut memory = Memory::default();
        let feature =
            |status: &str| json!({"name": "USER", "status": "ENABLED", "capabilities": {"create": status}});
        let (one, list) = (format!("{APP}/features/USER"), format!("{APP}/features"));
        assert_eq!(places(&mut memory, ("GET", &one), 200, feature("ON")), NONE);
        assert_eq!(
            places(&mut memory, ("GET", &list), 200, json!([feature("OFF")])),
            ["body#/0/capabilities/create"]
        );
        assert_eq!(places(&mut memory, ("PUT", &one), 200, feature("OFF")), NONE);
        assert_eq!(places(&mut memory, ("GET", &one), 200, feature("OFF")), NONE);
        let lifecycle = format!("{APP}/connections/default/lifecycle/deactivate");
        assert_eq!(places(&mut memory, ("POST", &lifecycle), 204, Value::Null), NONE);
        assert_eq!(places(&mut memory, ("GET", &one), 200, feature("ON")), NONE);
    }
}
