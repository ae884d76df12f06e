//! The state of its org that a flow has seen: apps, their features and keys, the order of lists, the host of
//! links. Requests make it forget the parts that they change.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::effect::Effect;
use crate::exchange::{RequestRecord, ResponseRecord};

/// The memory of one flow run. No `Debug`: it contains codes.
#[derive(Default)]
pub(crate) struct Memory {
    pub(super) apps: HashMap<String, Map<String, Value>>,
    /// The settings with which apps were created, by id.
    pub(super) created: HashMap<String, Map<String, Value>>,
    /// By app and name.
    pub(super) features: HashMap<(String, String), Value>,
    /// The consent page by app: the third party's URL and the org's client there.
    pub(super) consents: HashMap<String, (String, Option<String>)>,
    /// The settings of the connections, by app.
    pub(super) connections: HashMap<String, Map<String, Value>>,
    /// The codes of consents, which anybody who has one can use.
    pub(super) codes: Vec<String>,
    /// The public keys of the connections, by app and id.
    pub(super) keys: HashMap<String, HashMap<String, Value>>,
    /// The ids of each list of apps, preceded by the id that it was asked to begin after.
    pub(super) lists: Vec<Vec<String>>,
    /// The origin of links to the API.
    pub(super) origin: Option<String>,
}

impl Memory {
    /// Forgets the state that a request changed, before the checks see the answer. A refused request changes
    /// nothing.
    pub(crate) fn note(&mut self, request: &RequestRecord, answer: &ResponseRecord) {
        if (200..300).contains(&answer.status) {
            self.forget(Effect::of_request(request));
        }
    }

    /// Forgets the state that a request changes.
    fn forget(&mut self, effect: Effect<'_>) {
        match effect {
            Effect::ReplaceApp(app) | Effect::DeleteApp(app) => {
                self.apps.remove(app);
                self.created.remove(app);
                // A URL may come from the settings of the app.
                self.connections.remove(app);
            }
            Effect::AppLifecycle(app) => {
                if let Some(seen) = self.apps.get_mut(app) {
                    seen.shift_remove("status");
                }
            }
            Effect::Feature(app, name) => drop(self.features.remove(&(app.to_owned(), name.to_owned()))),
            Effect::SetConnection(app) => {
                self.connections.remove(app);
                // The next consent may lead elsewhere.
                self.consents.remove(app);
                self.forget_what_follows(app);
            }
            Effect::Consent(app) => {
                self.connections.remove(app);
                self.forget_what_follows(app);
            }
            Effect::ConnectionLifecycle(app) => self.forget_what_follows(app),
            Effect::Read(_) | Effect::CreateApp | Effect::Other => {}
        }
    }

    /// Forgets state that may depend on the connection: it is not defined which of it survives a change.
    fn forget_what_follows(&mut self, app: &str) {
        self.features.retain(|(of, _), _| of != app);
        self.keys.remove(app);
        self.created.remove(app);
        let settings = self.apps.get_mut(app).and_then(|seen| seen.get_mut("settings"));
        if let Some(settings) = settings.and_then(Value::as_object_mut) {
            settings.shift_remove("app");
        }
    }
}
