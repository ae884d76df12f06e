//! Checks of an answer against earlier ones: state that no request changed stays the same. No schema can
//! express this, and no single answer shows it.

use std::collections::HashSet;
use std::collections::hash_map::Entry;

use reqwest::Url;
use serde_json::{Map, Value};

use super::check::{Applies, ContractCheck};
use crate::check::Check;
use crate::effect::Effect;
use crate::exchange::{Body, ResponseRecord};
use crate::judge::contract::exchange::{Depth, Exchange, Object};
use crate::judge::contract::memory::Memory;
use crate::judgement::{Finding, Findings};
use crate::value_path::{pointer_token, walk};

pub(super) static UNCHANGED: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.memory.unchanged",
        sentence: "State that no request changed stays as it was read before.",
        source: "openapi",
    },
    applies: Applies::Flow,
    run: |exchange, findings| {
        let (effect, sighting) = (Effect::of_request(exchange.request), Sighting::of(exchange));
        let is_read = exchange.request.method == "GET";
        let mut memory = exchange.memory.borrow_mut();
        for object in memory.own_objects(exchange, sighting) {
            if object.members.contains_key("signOnMode") {
                memory.app(object, sighting, findings);
            } else if object.members.contains_key("capabilities") {
                memory.feature(effect, object, findings);
            } else if object.members.contains_key("profile") && object.depth == Depth::Root {
                memory.connection(effect, object, findings);
            } else if is_read {
                memory.known_keys(effect, object, findings);
            }
        }
    },
};

pub(super) static ORDER: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.memory.order",
        // Lists are in the order of the ids, whatever was requested. The order of the ids themselves is not
        // reliable; that two apps keep their order is.
        sentence: "Two apps have the same order in every list.",
        source: "recorded",
    },
    applies: Applies::Flow,
    run: |exchange, findings| {
        let request = exchange.request;
        let is_list = request.path.trim_matches('/') == APPS;
        let Some(items) = exchange.items().filter(|_| is_list) else { return };
        let after = request.query.iter().find(|(name, _)| name == "after").map(|(_, id)| id.clone());
        let ids = items.iter().filter_map(|item| Some(item.get("id")?.as_str()?.to_owned()));
        let now: Vec<String> = after.into_iter().chain(ids).collect();
        let lists = &mut exchange.memory.borrow_mut().lists;
        if let Some(before) = lists.iter().find(|before| !same_order(before, &now)) {
            let expected = format!("apps in the order of an earlier list: {}", before.join(", "));
            findings.add("body", expected, now.join(", "));
        }
        lists.push(now);
    },
};

pub(super) static HOST: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.memory.host",
        sentence: "All links of an org lead to the same host.",
        source: "openapi",
    },
    applies: Applies::Flow,
    run: |exchange, findings| {
        let mut memory = exchange.memory.borrow_mut();
        for object in memory.outer_objects(exchange) {
            let Some((relation, url)) = object.links_to_api().next() else { continue };
            match &memory.origin {
                Some(origin) => check_origin(origin, &url, object.href_place(relation), findings),
                None => memory.origin = Some(url.origin().ascii_serialization()),
            }
        }
    },
};

pub(super) static CONSENT: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.memory.consent",
        sentence: "The authorize links of one attempt lead to the same third party and name the same client.",
        source: "guide",
    },
    applies: Applies::Flow,
    run: |exchange, findings| {
        let effect = Effect::of_request(exchange.request);
        let mut memory = exchange.memory.borrow_mut();
        for object in memory.outer_objects(exchange) {
            memory.consent(effect, object, findings);
        }
    },
};

pub(super) static KEY: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.memory.key",
        // Verifiers must find a known key again.
        sentence: "A key set has no new key unless a request changed it.",
        source: "guide-o2o",
    },
    applies: Applies::Flow,
    run: |exchange, findings| {
        let effect = Effect::of_request(exchange.request);
        for object in exchange.objects.iter().filter(|_| exchange.request.method == "GET") {
            exchange.memory.borrow_mut().new_keys(effect, object, findings);
        }
    },
};

pub(super) static CODE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.memory.code",
        // The code is for the callback. Shown anywhere else, others could use it.
        sentence: "No answer shows the code of a consent.",
        source: "guide",
    },
    applies: Applies::Flow,
    run: |exchange, findings| {
        let Some(body) = exchange.body() else { return };
        let codes = &exchange.memory.borrow().codes;
        walk(body, &mut |value, place| {
            if value.as_str().is_some_and(|text| codes.iter().any(|code| text.contains(code))) {
                findings.add(format!("body#{place}"), "nothing from the consent", "its code");
            }
        });
    },
};

/// Members that never change.
const IDENTITY: [&str; 3] = ["name", "orn", "created"];
/// The member that changes when the app is activated or deactivated.
const USE: &str = "status";
/// Members that change when the app is replaced. Its features, times and links depend on other changes.
const REPLACED: [&str; 6] = ["label", "signOnMode", "accessibility", "visibility", "credentials", "settings"];

/// The settings of a connection.
const SET: [&str; 3] = ["authScheme", "baseUrl", "profile"];
/// Minimum length of a code (RFC 6749 has none, but guessing must be hopeless).
const MIN_CODE: usize = 8;
/// The members of a feature, in every answer that shows it.
const FEATURE: [&str; 3] = ["status", "description", "capabilities"];

impl Memory {
    /// The objects that belong to the flow. Apps in a list that it never requested by id belong to somebody
    /// else, who may change them.
    fn own_objects<'e>(&self, exchange: &'e Exchange<'_>, sighting: Sighting) -> Vec<&'e Object<'e>> {
        let is_foreign = |object: &Object<'_>| {
            sighting == Sighting::InAList
                && object.members.contains_key("signOnMode")
                && !self.knows(object.members)
        };
        exchange.objects.iter().filter(|object| !is_foreign(object)).collect()
    }

    /// Its own objects, without those inside other objects, which may be of another kind and have other
    /// links.
    fn outer_objects<'e>(&self, exchange: &'e Exchange<'_>) -> Vec<&'e Object<'e>> {
        let own = self.own_objects(exchange, Sighting::of(exchange)).into_iter();
        own.filter(|object| object.depth != Depth::Inner).collect()
    }

    /// True if the flow has requested this app by its id.
    fn knows(&self, app: &Map<String, Value>) -> bool {
        app.get("id").and_then(Value::as_str).is_some_and(|id| self.apps.contains_key(id))
    }

    fn app(&mut self, object: &Object<'_>, sighting: Sighting, findings: &mut Findings<'_>) {
        let Some(id) = object.text("id") else { return };
        let known = self.apps.entry(id.to_owned()).or_default();
        let is_settled = known.contains_key("settings");
        compare(known, object, IDENTITY.into_iter().chain([USE]).chain(REPLACED), findings);
        if sighting == Sighting::AsCreated && !is_settled {
            // The settings of an app that was just created may be incomplete.
            known.shift_remove("settings");
        }
    }

    /// Compares the settings of a connection until they are set again. Its status and links depend on other
    /// changes.
    fn connection(&mut self, effect: Effect<'_>, object: &Object<'_>, findings: &mut Findings<'_>) {
        let Some(app) = effect.app_of_connection() else { return };
        // A connection that is not supported may have this status (OpenAPI, ProvisioningConnectionStatus).
        if object.text("status") == Some("UNKNOWN") {
            return;
        }
        compare(self.connections.entry(app.to_owned()).or_default(), object, SET, findings);
    }

    fn feature(&mut self, effect: Effect<'_>, object: &Object<'_>, findings: &mut Findings<'_>) {
        let (Some(app), Some(name)) = (effect.app_of_feature(), object.text("name")) else {
            return;
        };
        let now = object.members.iter().filter(|(name, _)| FEATURE.contains(&name.as_str()));
        let mut now = Value::Object(now.map(|(name, value)| (name.clone(), value.clone())).collect());
        if let (Effect::Feature(..), Some(Value::Object(parts))) = (effect, now.get_mut("capabilities")) {
            // It is not defined whether an invalid expression or zone, or CYCLE, is accepted and stored.
            parts.shift_remove("importSettings");
            let password = parts.get_mut("update").and_then(|update| update.get_mut("password"));
            if let Some(password) = password.and_then(Value::as_object_mut) {
                password.shift_remove("change");
            }
        }
        match self.features.entry((app.to_owned(), name.to_owned())) {
            Entry::Occupied(before) => differences(before.get(), &now, &object.pointer, findings),
            Entry::Vacant(none) => drop(none.insert(now)),
        }
    }

    /// Compares the keys of a set that were known before.
    fn known_keys(&self, effect: Effect<'_>, object: &Object<'_>, findings: &mut Findings<'_>) {
        let Some((app, keys)) = key_set(effect, object) else { return };
        for (index, id, key) in keys {
            if let Some(before) = self.keys.get(app).and_then(|known| known.get(id)) {
                differences(before, key, &format!("{}/keys/{index}", object.pointer), findings);
            }
        }
    }

    /// Finds the keys of a set that were not known before.
    fn new_keys(&mut self, effect: Effect<'_>, object: &Object<'_>, findings: &mut Findings<'_>) {
        let Some((app, keys)) = key_set(effect, object) else { return };
        match self.keys.get(app) {
            Some(known) => {
                for (index, id, _) in keys.filter(|(_, id, _)| !known.contains_key(*id)) {
                    let expected = "a known key, because no request changed them";
                    findings.add(object.place(&format!("keys/{index}/kid")), expected, id);
                }
            }
            None => {
                let seen = keys.map(|(_, id, key)| (id.to_owned(), key.clone())).collect();
                self.keys.insert(app.to_owned(), seen);
            }
        }
    }

    /// The findings in the result of a consent: it must lead back to the same org.
    pub(crate) fn judge_shown(&mut self, shown: &ResponseRecord) -> Vec<Finding> {
        let Some(Body::Json(body)) = &shown.body else { return Vec::new() };
        let code = body.get("code").and_then(Value::as_str).filter(|code| code.len() >= MIN_CODE);
        self.codes.extend(code.map(ToOwned::to_owned));
        let pointer = "/body/continue_oauth_flow_url/href";
        let url = body.pointer(pointer).and_then(Value::as_str).and_then(|href| Url::parse(href).ok());
        let mut found = Vec::new();
        if let (Some(url), Some(origin)) = (url, &self.origin) {
            check_origin(
                origin,
                &url,
                format!("body#{pointer}"),
                &mut Findings::new(&HOST.about, &mut found),
            );
        }
        found
    }

    /// Compares the authorize link within an attempt: the third party, and the org's client there.
    fn consent(&mut self, effect: Effect<'_>, object: &Object<'_>, findings: &mut Findings<'_>) {
        let Some(app) = effect.app_of_connection() else { return };
        // It is not defined whether an enabled connection has the link, and what it is for.
        if object.text("status") == Some("ENABLED") {
            return;
        }
        let Some(mut url) = object.href("authorize").and_then(|href| Url::parse(href).ok()) else { return };
        let client = url.query_pairs().find(|(name, _)| name == "client_id").map(|(_, id)| id.into_owned());
        url.set_query(None);
        let now = (url.to_string(), client);
        let before = self.consents.entry(app.to_owned()).or_insert_with(|| now.clone());
        if *before != now {
            let describe = |(url, client): &(String, Option<String>)| {
                format!("{url} for the client {}", client.as_deref().unwrap_or("none"))
            };
            let expected = format!("{}, as before", describe(before));
            findings.add(object.href_place("authorize"), expected, describe(&now));
        }
    }
}

/// Adds a finding if a link to the API leads to another host than earlier ones.
fn check_origin(origin: &str, url: &Url, place: String, findings: &mut Findings<'_>) {
    if origin != url.origin().ascii_serialization() {
        findings.add(place, format!("a link to {origin}, as before"), url.as_str());
    }
}

/// The keys of a set that was read for an app: index, id and key.
fn key_set<'a>(
    effect: Effect<'a>,
    object: &Object<'a>,
) -> Option<(&'a str, impl Iterator<Item = (usize, &'a str, &'a Value)> + use<'a>)> {
    let Effect::Read(app) = effect else { return None };
    let keys = object.members.get("keys")?.as_array()?.iter().enumerate();
    Some((app, keys.filter_map(|(index, key)| Some((index, key.get("kid")?.as_str()?, key)))))
}

/// The path of the list of apps.
const APPS: &str = "api/v1/apps";

/// True if the ids in both lists have the same order.
fn same_order(one: &[String], other: &[String]) -> bool {
    let (of_one, of_other): (HashSet<_>, HashSet<_>) = (one.iter().collect(), other.iter().collect());
    one.iter().filter(|id| of_other.contains(id)).eq(other.iter().filter(|id| of_one.contains(id)))
}

/// The kind of answer that shows an app.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sighting {
    AsCreated,
    InAList,
    ByItself,
}

impl Sighting {
    fn of(exchange: &Exchange<'_>) -> Self {
        match exchange.request.method.as_str() {
            "GET" if exchange.items().is_some() => Self::InAList,
            "GET" | "PUT" => Self::ByItself,
            _ => Self::AsCreated,
        }
    }
}

/// Compares members with their known values, and stores those that are not known yet.
fn compare(
    known: &mut Map<String, Value>,
    seen: &Object<'_>,
    names: impl IntoIterator<Item = &'static str>,
    findings: &mut Findings<'_>,
) {
    for name in names {
        let Some(now) = seen.members.get(name) else { continue };
        match known.get(name) {
            Some(before) => differences(before, now, &format!("{}/{name}", seen.pointer), findings),
            None => drop(known.insert(name.to_owned(), now.clone())),
        }
    }
}

/// Finds differences in members that both have.
fn differences(before: &Value, now: &Value, pointer: &str, findings: &mut Findings<'_>) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            for (name, value) in before {
                if let Some(other) = now.get(name) {
                    differences(value, other, &format!("{pointer}/{}", pointer_token(name)), findings);
                }
            }
        }
        _ if before == now => {}
        _ => {
            let expected = format!("{before}, as before: no request changed it");
            findings.add(format!("body#{pointer}"), expected, now.to_string());
        }
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
