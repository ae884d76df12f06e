//! Checks of an answer against those before it: what no request was about stays as it was. No schema can
//! say so, and no single answer shows it.

use std::collections::HashSet;
use std::collections::hash_map::Entry;

use reqwest::Url;
use serde_json::{Map, Value};

use super::{Applies, ContractCheck};
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
        sentence: "What no request was about stays as it was read before.",
        source: "openapi",
    },
    applies: Applies::Flow,
    run: |exchange, findings| {
        let (effect, told) = (Effect::of_request(exchange.request), Sighting::of(exchange));
        let is_read = exchange.request.method == "GET";
        let mut memory = exchange.memory.borrow_mut();
        for object in memory.own_objects(exchange, told) {
            if object.members.contains_key("signOnMode") {
                memory.app(object, told, findings);
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
        // Lists are in the order of the ids, whatever was asked for. That ids have an order of their own
        // is nothing to rely on; that two apps keep theirs is.
        sentence: "Two apps keep their order from list to list.",
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
            let expected = format!("apps in the order of the list before: {}", before.join(", "));
            findings.add("body", expected, now.join(", "));
        }
        lists.push(now);
    },
};

pub(super) static HOST: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.memory.host",
        sentence: "The links of one org lead to one host.",
        source: "openapi",
    },
    applies: Applies::Flow,
    run: |exchange, findings| {
        let mut memory = exchange.memory.borrow_mut();
        for object in memory.outer_objects(exchange) {
            let Some((relation, url)) = object.links_to_api().next() else { continue };
            match &memory.origin {
                Some(origin) => elsewhere(origin, &url, object.href_place(relation), findings),
                None => memory.origin = Some(url.origin().ascii_serialization()),
            }
        }
    },
};

pub(super) static CONSENT: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.memory.consent",
        sentence: "The authorize link of one attempt leads to one third party and names one client.",
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
        // Whoever verifies by a key has to find it again.
        sentence: "A key set has no new key unless something was asked that changes it.",
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
                findings.add(format!("body#{place}"), "nothing of the consent", "its code");
            }
        });
    },
};

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

impl Memory {
    /// The objects that are the flow's own. Apps in a list that it never asked for by their ids are
    /// somebody else's, who may do with them what they like.
    fn own_objects<'e>(&self, exchange: &'e Exchange<'_>, told: Sighting) -> Vec<&'e Object<'e>> {
        let is_foreign = |object: &Object<'_>| {
            told == Sighting::InAList
                && object.members.contains_key("signOnMode")
                && !self.knows(object.members)
        };
        exchange.objects.iter().filter(|object| !is_foreign(object)).collect()
    }

    /// Its own objects, without those in other objects: these may be of another kind, and live elsewhere.
    fn outer_objects<'e>(&self, exchange: &'e Exchange<'_>) -> Vec<&'e Object<'e>> {
        let own = self.own_objects(exchange, Sighting::of(exchange)).into_iter();
        own.filter(|object| object.depth != Depth::Inner).collect()
    }

    /// Whether the flow has asked for this app by its id.
    fn knows(&self, app: &Map<String, Value>) -> bool {
        app.get("id").and_then(Value::as_str).is_some_and(|id| self.apps.contains_key(id))
    }

    fn app(&mut self, object: &Object<'_>, told: Sighting, findings: &mut Findings<'_>) {
        let Some(id) = object.text("id") else { return };
        let known = self.apps.entry(id.to_owned()).or_default();
        let is_settled = known.contains_key("settings");
        compare(known, object, IDENTITY.into_iter().chain([USE]).chain(REPLACED), findings);
        if told == Sighting::AsCreated && !is_settled {
            // Those of an app that was just created may not be complete yet.
            known.shift_remove("settings");
        }
    }

    /// What a connection is set to, from its being set to the next time; its status and links follow
    /// what becomes of it.
    fn connection(&mut self, effect: Effect<'_>, object: &Object<'_>, findings: &mut Findings<'_>) {
        let Some(app) = effect.app_of_connection() else { return };
        // What is asked for and not taken may be answered so (OpenAPI, ProvisioningConnectionStatus).
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
            // Whether an expression or a zone that is none, or CYCLE, is taken and then kept is not settled.
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

    /// The keys of a set that were there before.
    fn known_keys(&self, effect: Effect<'_>, object: &Object<'_>, findings: &mut Findings<'_>) {
        let Some((app, keys)) = key_set(effect, object) else { return };
        for (index, id, key) in keys {
            if let Some(before) = self.keys.get(app).and_then(|known| known.get(id)) {
                differences(before, key, &format!("{}/keys/{index}", object.pointer), findings);
            }
        }
    }

    /// The keys of a set that were not there before.
    fn new_keys(&mut self, effect: Effect<'_>, object: &Object<'_>, findings: &mut Findings<'_>) {
        let Some((app, keys)) = key_set(effect, object) else { return };
        match self.keys.get(app) {
            Some(known) => {
                for (index, id, _) in keys.filter(|(_, id, _)| !known.contains_key(*id)) {
                    let expected = "a key that was there before: nothing was asked that changes them";
                    findings.add(object.place(&format!("keys/{index}/kid")), expected, id);
                }
            }
            None => {
                let seen = keys.map(|(_, id, key)| (id.to_owned(), key.clone())).collect();
                self.keys.insert(app.to_owned(), seen);
            }
        }
    }

    /// What is wrong with what the person who consented was shown: it leads back to the same org.
    pub(crate) fn judge_shown(&mut self, shown: &ResponseRecord) -> Vec<Finding> {
        let Some(Body::Json(body)) = &shown.body else { return Vec::new() };
        let code = body.get("code").and_then(Value::as_str).filter(|code| code.len() >= SHORTEST_CODE);
        self.codes.extend(code.map(ToOwned::to_owned));
        let pointer = "/body/continue_oauth_flow_url/href";
        let url = body.pointer(pointer).and_then(Value::as_str).and_then(|href| Url::parse(href).ok());
        let mut found = Vec::new();
        if let (Some(url), Some(origin)) = (url, &self.origin) {
            elsewhere(origin, &url, format!("body#{pointer}"), &mut Findings::new(&HOST.about, &mut found));
        }
        found
    }

    /// An attempt is read alike every time: the third party, and the org's client there.
    fn consent(&mut self, effect: Effect<'_>, object: &Object<'_>, findings: &mut Findings<'_>) {
        let Some(app) = effect.app_of_connection() else { return };
        // Whether one that is enabled has the link, and of what use it is, is not settled.
        if object.text("status") == Some("ENABLED") {
            return;
        }
        let Some(mut url) = object.href("authorize").and_then(|href| Url::parse(href).ok()) else { return };
        let client = url.query_pairs().find(|(name, _)| name == "client_id").map(|(_, id)| id.into_owned());
        url.set_query(None);
        let now = (url.to_string(), client);
        let before = self.consents.entry(app.to_owned()).or_insert_with(|| now.clone());
        if *before != now {
            let told = |(url, client): &(String, Option<String>)| {
                format!("{url} for the client {}", client.as_deref().unwrap_or("none"))
            };
            let expected = format!("{}, as before", told(before));
            findings.add(object.href_place("authorize"), expected, told(&now));
        }
    }
}

/// Finds that a link to the API leads to another host than those before it.
fn elsewhere(origin: &str, url: &Url, place: String, findings: &mut Findings<'_>) {
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

/// Whether the ids that both lists have stand in the same order.
fn same_order(one: &[String], other: &[String]) -> bool {
    let (of_one, of_other): (HashSet<_>, HashSet<_>) = (one.iter().collect(), other.iter().collect());
    one.iter().filter(|id| of_other.contains(id)).eq(other.iter().filter(|id| of_one.contains(id)))
}

/// How an answer came to tell of an app.
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

/// Compares members of these names with what is known of them, and takes in what is not known yet.
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

/// Finds differences in members that both have; what is null may be left out.
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
            let expected = format!("{before}, as before: nothing was asked that changes it");
            findings.add(format!("body#{pointer}"), expected, now.to_string());
        }
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
