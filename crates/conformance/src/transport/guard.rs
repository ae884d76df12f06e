//! The guard sees every request before it leaves. No flow, also none of a
//! user's own, gets round it: it stands where the bytes are sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use percent_encoding::percent_decode_str;
use reqwest::{Method, Url};
use serde_json::{Map, Value};

use super::{PlannedBody, PlannedRequest};
use crate::effect::Effect;
use crate::exchange::{Body, ResponseRecord};
use crate::undo::{CreatedApp, Journal, is_id};

/// Whether requests that change something may be sent, and if not, why.
#[derive(Debug, Clone)]
pub(crate) enum Writes {
    /// The target is this project's mock: nobody's data.
    Free,
    /// Nothing may be changed.
    Refused(String),
    /// The user armed this org: some apps, some changes.
    Armed(Arc<Armed>),
}

/// What may be changed in an org.
#[derive(Debug, Default)]
pub(crate) struct Armed {
    /// The ids of the apps that the user named, and whether their feature
    /// settings are known, so that they can be put back.
    pub(crate) named: BTreeMap<String, bool>,
    /// Whether apps may be created.
    pub(crate) create_apps: bool,
    /// Whether a stored token or key of a named app may be replaced.
    pub(crate) replace_credentials: bool,
    /// The ids of the apps that this run created.
    pub(crate) created: Mutex<BTreeSet<String>>,
    /// Hears of what cannot be seen afterwards, before it happens.
    pub(crate) journal: Option<Arc<Journal>>,
    /// Tells the apps of this run from those of another.
    pub(crate) run: String,
    /// When the run began, by the org's own clock: seconds since the epoch.
    pub(crate) started: i64,
}

/// What an app that a run creates says of itself in its notes for admins: an app without it is
/// nobody's to delete.
pub(crate) fn mark_of(run: &str) -> String {
    format!("created by okta-conformance, run {run}, which deletes it")
}

/// Knows the one place a run may talk to, and what it may do there.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    origin: Url,
    writes: Writes,
}

/// What a request that is no read would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RequestedChange {
    CreateApp,
    /// PUT and DELETE of an app itself.
    App(String),
    AppLifecycle(String),
    /// Stores a token or a key.
    Credential(String),
    ConnectionLifecycle(String),
    Feature(String),
    /// Anything that the runner cannot put back.
    Other,
}

impl RequestedChange {
    /// What a request would change; `None` for one that only reads
    /// (RFC 9110, section 9.2.1). The path has to be spelled exactly.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        Some(match Effect::of(method.as_str(), path) {
            Effect::Read(_) => return None,
            Effect::CreateApp => Self::CreateApp,
            Effect::ReplaceApp(id) | Effect::DeleteApp(id) => Self::App(id.to_owned()),
            Effect::AppLifecycle(id) => Self::AppLifecycle(id.to_owned()),
            Effect::SetConnection(id) | Effect::Consent(id) => Self::Credential(id.to_owned()),
            Effect::ConnectionLifecycle(id) => Self::ConnectionLifecycle(id.to_owned()),
            Effect::Feature(id, _) => Self::Feature(id.to_owned()),
            Effect::Other => Self::Other,
        })
    }
}

impl Armed {
    /// The apps that this run created so far.
    fn created(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        // A panic elsewhere leaves the set whole: ids are only added.
        self.created.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn check(&self, change: &RequestedChange) -> Result<(), String> {
        let id = match change {
            RequestedChange::CreateApp if self.create_apps => return Ok(()),
            RequestedChange::CreateApp => {
                return Err("it creates an app; to allow that give --create-apps".to_owned());
            }
            RequestedChange::Other => {
                return Err("it writes where the runner cannot put anything back".to_owned());
            }
            RequestedChange::App(id)
            | RequestedChange::AppLifecycle(id)
            | RequestedChange::Credential(id)
            | RequestedChange::ConnectionLifecycle(id)
            | RequestedChange::Feature(id) => id,
        };
        if self.created().contains(id) {
            return Ok(());
        }
        let Some(features_known) = self.named.get(id) else {
            return Err(format!(
                "it writes to the app `{id}`, which was neither named nor created by this run"
            ));
        };
        match change {
            RequestedChange::App(_) => Err("it replaces or deletes an app that this run did not create".to_owned()),
            RequestedChange::Credential(_) if !self.replace_credentials => {
                Err("it replaces the stored credential; to allow that give --allow-credential-change".to_owned())
            }
            RequestedChange::Feature(_) if !features_known => {
                Err("it changes a feature whose settings could not be read beforehand, so they could not be put back".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Writes down what could not be found out afterwards.
    fn note(&self, change: &RequestedChange, body: Option<&str>) -> Result<(), String> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let noted = match change {
            RequestedChange::CreateApp => {
                let app = asked_for(body);
                journal.creating(app.name, app.label)
            }
            RequestedChange::Credential(id) if self.named.contains_key(id) => {
                journal.replacing_credential(id)
            }
            _ => Ok(()),
        };
        noted.map_err(|error| format!("the undo file cannot be written, so nothing is changed: {error}"))
    }
}

/// The app that a request asks for.
fn asked_for(sent: Option<&str>) -> CreatedApp {
    let body: Value = sent.and_then(|sent| serde_json::from_str(sent).ok()).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    CreatedApp { name: text("name"), label: text("label"), id: None, asked: 0 }
}

impl Guard {
    pub(crate) fn new(origin: &Url, writes: Writes) -> Self {
        Self { origin: origin.clone(), writes }
    }

    pub(crate) fn writes(&self) -> &Writes {
        &self.writes
    }

    /// Refuses, with the reason, what must not be sent; writes down what must
    /// be known before it is.
    pub(crate) fn check(&self, method: &Method, url: &Url, body: Option<&str>) -> Result<(), String> {
        if url.origin() != self.origin.origin() {
            return Err(format!(
                "the request goes to {}, and this run talks to {} only",
                url.origin().ascii_serialization(),
                self.origin.origin().ascii_serialization()
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the URL carries a user name or password".to_owned());
        }
        if let (Writes::Refused(_) | Writes::Armed(_), Some(segment)) = (&self.writes, misread(url)) {
            return Err(format!(
                "the part `{segment}` of its path is read as more than one by servers that decode it first"
            ));
        }
        let Some(change) = RequestedChange::of(method, url.path()) else { return self.reads(url) };
        match &self.writes {
            Writes::Free => Ok(()),
            Writes::Refused(reason) => Err(reason.clone()),
            Writes::Armed(armed) => {
                armed.check(&change)?;
                armed.note(&change, body)
            }
        }
    }

    /// What an org is asked for: its API and nothing else, as `/login/signout` is a GET, too.
    fn reads(&self, url: &Url) -> Result<(), String> {
        let is_api = ["/api/v1/", "/_mock"].iter().any(|prefix| url.path().starts_with(prefix));
        match self.writes {
            Writes::Free => Ok(()),
            _ if is_api => Ok(()),
            _ => Err("it asks for something that is not of the API".to_owned()),
        }
    }

    /// Refuses headers of a flow that would make another request of it: another
    /// org (`Host`), another method, another session, another framing.
    pub(crate) fn check_header(&self, name: &str) -> Result<(), String> {
        let name = name.to_ascii_lowercase();
        let steers = matches!(
            name.as_str(),
            "host"
                | "cookie"
                | "forwarded"
                | "connection"
                | "upgrade"
                | "te"
                | "trailer"
                | "expect"
                | "content-length"
                | "transfer-encoding"
                | "x-original-url"
                | "x-rewrite-url"
        ) || ["x-forwarded-", "proxy-", "x-http-method", "x-method-override"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
        match (&self.writes, steers) {
            (Writes::Free, _) | (_, false) => Ok(()),
            (_, true) => Err(format!("it sets the header `{name}`, which could make another request of it")),
        }
    }

    /// An app turned out to be one that the run created.
    pub(crate) fn own(&self, id: &str) {
        if let Writes::Armed(armed) = &self.writes {
            armed.created().insert(id.to_owned());
        }
    }

    /// Whether a request that changes this app would pass as one to an app of the run's own.
    pub(crate) fn owns(&self, id: &str) -> bool {
        match &self.writes {
            Writes::Free => true,
            Writes::Refused(_) => false,
            Writes::Armed(armed) => armed.created().contains(id),
        }
    }

    /// Has an app that is about to be created in an org say of which run it is; and one of the run's own
    /// that is replaced go on to say it.
    pub(crate) fn mark(&self, planned: &mut PlannedRequest) {
        let Writes::Armed(armed) = &self.writes else { return };
        let replaces_own = || {
            let id = planned.path_parameters.iter().find(|(name, _)| name == "appId");
            planned.method == Method::PUT && id.is_some_and(|(_, id)| self.owns(id))
        };
        match RequestedChange::of(&planned.method, &planned.path_template) {
            Some(RequestedChange::CreateApp) => {}
            Some(RequestedChange::App(_)) if replaces_own() && has_settings(planned) => {}
            _ => return,
        }
        let Some((_, PlannedBody::Plain(Body::Json(Value::Object(body))))) = &mut planned.body else {
            return;
        };
        let settings = body.entry("settings").or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(settings) = settings else { return };
        let notes = settings.entry("notes").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(notes) = notes {
            notes.entry("admin").or_insert_with(|| mark_of(&armed.run).into());
        }
    }

    /// Whether what a request makes has to be seen before it is taken as the run's own.
    pub(crate) fn wants_proof(&self, method: &Method, path: &str) -> bool {
        matches!(self.writes, Writes::Armed(_))
            && RequestedChange::of(method, path) == Some(RequestedChange::CreateApp)
    }

    /// The app that an answer says was created; whether it is the run's own has to be seen yet.
    pub(crate) fn claimed(
        &self,
        method: &Method,
        url: &Url,
        sent: Option<&str>,
        answer: &ResponseRecord,
    ) -> Option<String> {
        if !self.wants_proof(method, url.path()) {
            return None;
        }
        if (400..500).contains(&answer.status) {
            self.not_made(method, url, sent);
        }
        // A gateway's 5xx, or an answer without an id, does not say that nothing was made: the
        // label stays written down, and the app is looked for at the end.
        let body = answer.body.as_ref().filter(|_| (200..300).contains(&answer.status))?.value();
        body.get("id").and_then(Value::as_str).filter(|id| is_id(id)).map(ToOwned::to_owned)
    }

    /// The org refused to create an app, or was never asked.
    pub(crate) fn not_made(&self, method: &Method, url: &Url, sent: Option<&str>) {
        let Writes::Armed(armed) = &self.writes else { return };
        if RequestedChange::of(method, url.path()) != Some(RequestedChange::CreateApp) {
            return;
        }
        let app = asked_for(sent);
        // Were this lost, the app is looked for at the end, and not found.
        let _ = armed.journal.as_ref().map(|journal| journal.created(&app.name, &app.label, None));
    }

    /// Takes an app as the run's own, if it is the one that was sent: a single answer is no proof,
    /// as what is the run's own is deleted. One that is not is looked for at the end.
    pub(crate) fn take(&self, id: &str, sent: Option<&str>, seen: &Value) {
        let Writes::Armed(armed) = &self.writes else { return };
        let app = asked_for(sent);
        let is_it = seen.get("id").and_then(Value::as_str) == Some(id)
            && seen.get("label").and_then(Value::as_str) == Some(app.label.as_str())
            && app.may_be(seen, armed.started);
        if is_it {
            self.own(id);
            // Were this lost, the label that was written down before still finds the app.
            let _ = armed.journal.as_ref().map(|journal| journal.created(&app.name, &app.label, Some(id)));
        }
    }
}

fn has_settings(planned: &PlannedRequest) -> bool {
    matches!(&planned.body, Some((_, PlannedBody::Plain(Body::Json(body)))) if body.get("settings").is_some())
}

/// A part of a path that would be another path, once a gateway has decoded it.
fn misread(url: &Url) -> Option<&str> {
    let splits = |segment: &&str| {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        decoded.contains(['/', '\\', '%', '?', '#', ';']) || matches!(&*decoded, "." | "..")
    };
    url.path_segments()?.find(splits)
}

/// Whether a URL names this very machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
