//! What a flow has seen of its org: apps, their features and keys, the order of lists, the host of links;
//! and what a request makes it forget.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::exchange::{RequestRecord, ResponseRecord};

/// The memory of one flow run. No `Debug`: it holds codes.
#[derive(Default)]
pub(crate) struct Memory {
    pub(super) apps: HashMap<String, Map<String, Value>>,
    /// The settings with which apps were created, by id.
    pub(super) created: HashMap<String, Map<String, Value>>,
    /// By app and name.
    pub(super) features: HashMap<(String, String), Value>,
    /// Where a person is sent to consent, by app: the third party's address and the org's client there.
    pub(super) consents: HashMap<String, (String, Option<String>)>,
    /// What the connections are set to, by app.
    pub(super) connections: HashMap<String, Map<String, Value>>,
    /// The codes that consents brought: who has one may use it.
    pub(super) codes: Vec<String>,
    /// The public keys of the connections, by app and id.
    pub(super) keys: HashMap<String, HashMap<String, Value>>,
    /// The ids of each list of apps, with the one that it was asked to begin after.
    pub(super) lists: Vec<Vec<String>>,
    /// Where the links to the API lead.
    pub(super) origin: Option<String>,
}

impl Memory {
    /// Notes a request and how it was answered, before the checks look at the answer: what the request was
    /// about is forgotten. A refusal changes nothing.
    pub(crate) fn note(&mut self, request: &RequestRecord, answer: &ResponseRecord) {
        if (200..300).contains(&answer.status) {
            self.forget(&Asked::of(request));
        }
    }

    /// Forgets what a request was about.
    fn forget(&mut self, asked: &Asked<'_>) {
        match asked {
            Asked::Replace(app) => {
                self.apps.remove(*app);
                self.created.remove(*app);
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
                self.created.remove(*app);
                let settings = self.apps.get_mut(*app).and_then(|seen| seen.get_mut("settings"));
                if let Some(settings) = settings.and_then(Value::as_object_mut) {
                    settings.shift_remove("app");
                }
            }
            Asked::Read(_) => {}
        }
    }
}

/// What a request is about.
pub(super) enum Asked<'a> {
    Read(&'a str),
    Replace(&'a str),
    Lifecycle(&'a str),
    Feature(&'a str, &'a str),
    Connection(&'a str, Change),
}

/// What is done to a connection.
#[derive(PartialEq, Eq)]
pub(super) enum Change {
    Set,
    Consent,
    Lifecycle,
}

impl<'a> Asked<'a> {
    pub(super) fn of(request: &'a RequestRecord) -> Self {
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
