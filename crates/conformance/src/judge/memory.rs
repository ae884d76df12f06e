//! What a flow has seen of its org: apps, their features and keys, the order of lists, the host of links.
//! What no request was about stays as it was: no schema can say so, and no single answer shows it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use reqwest::Url;
use serde_json::{Map, Value};

use super::consistency::own_link;
use crate::check;
use crate::event::Finding;
use crate::place::{Place, walk};
use crate::transport::{Body, RequestRecord, ResponseRecord};

/// These never change.
const IDENTITY: [&str; 3] = ["name", "orn", "created"];
/// This changes where somebody puts the app into or out of use.
const USE: &str = "status";
/// These change where somebody replaces the app. Its features, times and links follow what becomes
/// of it.
const REPLACED: [&str; 6] = ["label", "signOnMode", "accessibility", "visibility", "credentials", "settings"];

/// What a connection is set to.
const SET: [&str; 3] = ["authScheme", "baseUrl", "profile"];
/// No code is shorter (RFC 6749 has no number; guesses have to be hopeless).
const SHORTEST_CODE: usize = 8;
/// What a feature tells of itself, whether it is read alone, in a list or as it is updated.
const FEATURE: [&str; 3] = ["status", "description", "capabilities"];

/// The memory of one flow run. No `Debug`: it holds codes.
#[derive(Default)]
pub(crate) struct Memory {
    apps: HashMap<String, Map<String, Value>>,
    /// By app and name.
    features: HashMap<(String, String), Value>,
    /// Where a person is sent to consent, by app: the third party's address and the org's client there.
    consents: HashMap<String, (String, Option<String>)>,
    /// What the connections are set to, by app.
    connections: HashMap<String, Map<String, Value>>,
    /// The codes that consents brought: who has one may use it.
    codes: Vec<String>,
    /// The public keys of the connections, by app.
    keys: HashMap<String, Value>,
    /// The ids of each list of apps, with the one that it was asked to begin after.
    lists: Vec<Vec<String>>,
    /// Where the links to the API lead.
    origin: Option<String>,
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
        self.list(request, body, &mut findings);
        self.codes(body, &mut findings);
        let told = match request.method.as_str() {
            "GET" if body.is_array() => Told::InAList,
            "GET" | "PUT" => Told::ByItself,
            _ => Told::AsCreated,
        };
        walk(body, &mut |value, place| {
            let Some(object) = value.as_object() else { return };
            // Somebody else's, who may do with it what they like.
            if told == Told::InAList && object.contains_key("signOnMode") && !self.knows(object) {
                return;
            }
            // What is embedded further in may be of another kind, and live elsewhere.
            if matches!(place, Place::Root | Place::Item(Place::Root, _)) {
                self.origin(object, place, &mut findings);
                self.consent(&asked, object, place, &mut findings);
            }
            if object.contains_key("signOnMode") {
                self.app(object, place, told, &mut findings);
            } else if object.contains_key("capabilities") {
                self.feature(&asked, object, place, &mut findings);
            } else if object.contains_key("profile") && matches!(place, Place::Root) {
                self.connection(&asked, object, place, &mut findings);
            } else if object.contains_key("keys") && is_read {
                self.keys(&asked, object, place, &mut findings);
            }
        });
        findings
    }

    /// Whether the flow has asked for this app by its id.
    fn knows(&self, app: &Map<String, Value>) -> bool {
        app.get("id").and_then(Value::as_str).is_some_and(|id| self.apps.contains_key(id))
    }

    /// Forgets what a request was about.
    fn forget(&mut self, asked: &Asked<'_>) {
        match asked {
            Asked::Replace(app) => {
                self.apps.remove(*app);
                // An address may come from the settings of the app.
                self.connections.remove(*app);
            }
            Asked::Lifecycle(app) => {
                if let Some(seen) = self.apps.get_mut(*app) {
                    seen.shift_remove("status");
                }
            }
            Asked::Feature(app, name) => {
                drop(self.features.remove(&((*app).to_owned(), (*name).to_owned())));
            }
            Asked::Connection(app, change) => {
                if *change != Change::Lifecycle {
                    self.connections.remove(*app);
                }
                if *change == Change::Set {
                    // Another attempt may be made elsewhere.
                    self.consents.remove(*app);
                }
                // Whether these outlive a change of the connection is not settled.
                self.features.retain(|(of, _), _| of != app);
                self.keys.remove(*app);
                let settings = self.apps.get_mut(*app).and_then(|seen| seen.get_mut("settings"));
                if let Some(settings) = settings.and_then(Value::as_object_mut) {
                    settings.shift_remove("app");
                }
            }
            Asked::Read(_) => {}
        }
    }

    fn app(&mut self, seen: &Map<String, Value>, place: &Place<'_>, told: Told, findings: &mut Vec<Finding>) {
        let Some(id) = seen.get("id").and_then(Value::as_str) else { return };
        let known = self.apps.entry(id.to_owned()).or_default();
        let is_settled = known.contains_key("settings");
        compare(known, seen, IDENTITY.into_iter().chain([USE]).chain(REPLACED), place, findings);
        if told == Told::AsCreated && !is_settled {
            // Those of an app that was just created may not be complete yet.
            known.shift_remove("settings");
        }
    }

    /// What a connection is set to, from its being set to the next time; its status and links follow
    /// what becomes of it.
    fn connection(
        &mut self,
        asked: &Asked<'_>,
        seen: &Map<String, Value>,
        place: &Place<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let (Asked::Read(app) | Asked::Connection(app, _)) = asked else { return };
        // What is asked for and not taken may be answered so (OpenAPI, ProvisioningConnectionStatus).
        if seen.get("status").and_then(Value::as_str) == Some("UNKNOWN") {
            return;
        }
        let known = self.connections.entry((*app).to_owned()).or_default();
        compare(known, seen, SET, place, findings);
    }

    /// The guide: the code is for the callback. Shown anywhere else, others could use it.
    fn codes(&self, body: &Value, findings: &mut Vec<Finding>) {
        walk(body, &mut |value, place| {
            let shown = value.as_str().is_some_and(|text| self.codes.iter().any(|code| text.contains(code)));
            if shown {
                findings.push(Finding {
                    check: &check::CONTRACT_MEMORY_CODE,
                    place: format!("body#{place}"),
                    wanted: "nothing of the consent".to_owned(),
                    came: "its code".to_owned(),
                });
            }
        });
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
                    check: &check::CONTRACT_MEMORY_KEY,
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

    /// Recorded: lists are in the order of the ids, whatever was asked for. That ids have an order of
    /// their own is nothing to rely on; that two apps keep theirs is.
    fn list(&mut self, request: &RequestRecord, body: &Value, findings: &mut Vec<Finding>) {
        let Some(items) = body.as_array().filter(|_| request.path.trim_matches('/') == APPS) else { return };
        let after = request.query.iter().find(|(name, _)| name == "after").map(|(_, id)| id.clone());
        let ids = items.iter().filter_map(|item| Some(item.get("id")?.as_str()?.to_owned()));
        let now: Vec<String> = after.into_iter().chain(ids).collect();
        let before = self.lists.iter().find(|before| !same_order(before, &now));
        if let Some(before) = before {
            findings.push(Finding {
                check: &check::CONTRACT_MEMORY_ORDER,
                place: "body".to_owned(),
                wanted: format!("apps in the order of the list before: {}", before.join(", ")),
                came: now.join(", "),
            });
        }
        self.lists.push(now);
    }

    /// The links of one org lead to one host.
    fn origin(&mut self, seen: &Map<String, Value>, place: &Place<'_>, findings: &mut Vec<Finding>) {
        let Some((relation, url)) = own_link(seen) else { return };
        let now = url.origin().ascii_serialization();
        match &self.origin {
            Some(_) => findings.extend(self.elsewhere(&url, format!("body#{place}/_links/{relation}/href"))),
            None => self.origin = Some(now),
        }
    }

    /// What is wrong with a link to the API that leads to another host than those before it.
    fn elsewhere(&self, url: &Url, place: String) -> Option<Finding> {
        let before = self.origin.as_ref().filter(|before| **before != url.origin().ascii_serialization())?;
        Some(Finding {
            check: &check::CONTRACT_MEMORY_HOST,
            place,
            wanted: format!("a link to {before}, as before"),
            came: url.to_string(),
        })
    }

    /// What is wrong with what the person who consented was shown: it leads back to the same org.
    pub(crate) fn judge_shown(&mut self, shown: &ResponseRecord) -> Vec<Finding> {
        let Some(Body::Json(body)) = &shown.body else { return Vec::new() };
        let code = body.get("code").and_then(Value::as_str).filter(|code| code.len() >= SHORTEST_CODE);
        self.codes.extend(code.map(ToOwned::to_owned));
        let pointer = "/body/continue_oauth_flow_url/href";
        let url = body.pointer(pointer).and_then(Value::as_str).and_then(|href| Url::parse(href).ok());
        url.and_then(|url| self.elsewhere(&url, format!("body#{pointer}"))).into_iter().collect()
    }

    /// An attempt is read alike every time: the third party, and the org's client there.
    fn consent(
        &mut self,
        asked: &Asked<'_>,
        seen: &Map<String, Value>,
        place: &Place<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let (Asked::Read(app) | Asked::Connection(app, _)) = asked else { return };
        // Whether one that is enabled has the link, and of what use it is, is not settled.
        if seen.get("status").and_then(Value::as_str) == Some("ENABLED") {
            return;
        }
        let link = seen.get("_links").and_then(|links| links.pointer("/authorize/href"));
        let Some(mut url) = link.and_then(|href| Url::parse(href.as_str()?).ok()) else { return };
        let client = url.query_pairs().find(|(name, _)| name == "client_id").map(|(_, id)| id.into_owned());
        url.set_query(None);
        let now = (url.to_string(), client);
        let before = self.consents.entry((*app).to_owned()).or_insert_with(|| now.clone());
        if *before != now {
            let told = |(url, client): &(String, Option<String>)| {
                format!("{url} for the client {}", client.as_deref().unwrap_or("none"))
            };
            findings.push(Finding {
                check: &check::CONTRACT_MEMORY_CONSENT,
                place: format!("body#{place}/_links/authorize/href"),
                wanted: format!("{}, as before", told(before)),
                came: told(&now),
            });
        }
    }

    fn feature(
        &mut self,
        asked: &Asked<'_>,
        seen: &Map<String, Value>,
        place: &Place<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let (Asked::Read(app) | Asked::Feature(app, _), Some(name)) =
            (asked, seen.get("name").and_then(Value::as_str))
        else {
            return;
        };
        let now = seen.iter().filter(|(name, _)| FEATURE.contains(&name.as_str()));
        let mut now = Value::Object(now.map(|(name, value)| (name.clone(), value.clone())).collect());
        if let (Asked::Feature(..), Some(Value::Object(parts))) = (asked, now.get_mut("capabilities")) {
            // Whether an expression or a zone that is none, or CYCLE, is taken and then kept is not settled.
            parts.shift_remove("importSettings");
            let password = parts.get_mut("update").and_then(|update| update.get_mut("password"));
            if let Some(password) = password.and_then(Value::as_object_mut) {
                password.shift_remove("change");
            }
        }
        match self.features.entry(((*app).to_owned(), name.to_owned())) {
            Entry::Occupied(before) => differences(before.get(), &now, place, findings),
            Entry::Vacant(none) => drop(none.insert(now)),
        }
    }
}

/// The path of the list of apps.
const APPS: &str = "api/v1/apps";

/// Whether the ids that both lists have stand in the same order.
fn same_order(one: &[String], other: &[String]) -> bool {
    let (of_one, of_other): (HashSet<_>, HashSet<_>) = (one.iter().collect(), other.iter().collect());
    one.iter().filter(|id| of_other.contains(id)).eq(other.iter().filter(|id| of_one.contains(id)))
}

/// How an answer came to tell of an app.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    AsCreated,
    InAList,
    ByItself,
}

/// What a request is about.
enum Asked<'a> {
    Read(&'a str),
    Replace(&'a str),
    Lifecycle(&'a str),
    Feature(&'a str, &'a str),
    Connection(&'a str, Change),
}

/// What is done to a connection.
#[derive(PartialEq, Eq)]
enum Change {
    Set,
    Consent,
    Lifecycle,
}

impl<'a> Asked<'a> {
    fn of(request: &'a RequestRecord) -> Self {
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').skip(3).collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", [app, ..]) => Self::Read(app),
            (_, [app, "lifecycle", _]) => Self::Lifecycle(app),
            (_, [app, "connections", "default"]) => Self::Connection(app, Change::Set),
            (_, [app, "connections", ..]) => Self::Connection(app, Change::Lifecycle),
            (_, [_, app, "oauth2", "callback"]) => Self::Connection(app, Change::Consent),
            (_, [app, "features", name]) => Self::Feature(app, name),
            ("PUT" | "DELETE", [app]) => Self::Replace(app),
            (_, [app, ..]) => Self::Read(app),
            (_, []) => Self::Read(""),
        }
    }
}

/// Compares members of these names with what is known of them, and takes in what is not known yet.
fn compare(
    known: &mut Map<String, Value>,
    seen: &Map<String, Value>,
    names: impl IntoIterator<Item = &'static str>,
    place: &Place<'_>,
    findings: &mut Vec<Finding>,
) {
    for name in names {
        let Some(now) = seen.get(name) else { continue };
        match known.get(name) {
            Some(before) => differences(before, now, &Place::Member(place, name), findings),
            None => drop(known.insert(name.to_owned(), now.clone())),
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
            check: &check::CONTRACT_MEMORY_UNCHANGED,
            place: format!("body#{place}"),
            wanted: format!("{before}, as before: nothing was asked that changes it"),
            came: now.to_string(),
        }),
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
