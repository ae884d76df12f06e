//! The guard checks every request before it is sent. No flow, not even a user's own, can bypass it, because
//! it runs where the bytes are sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use percent_encoding::percent_decode_str;
use reqwest::{Method, Url};
use serde_json::{Map, Value};

use super::{PlannedBody, PlannedRequest};
use crate::effect::{Effect, TOKEN_PATH};
use crate::exchange::{Body, ResponseRecord};
use crate::undo::{CreatedApp, Journal, is_id};

/// The permission to send requests that change something.
#[derive(Debug, Clone)]
pub(crate) enum Writes {
    /// The target is this project's mock, which holds nobody's data.
    Free,
    /// Nothing may be changed, with the reason.
    Refused(String),
    /// The user allowed some changes to some apps of this org.
    Armed(Arc<Armed>),
}

/// The permitted changes to an org.
#[derive(Debug, Default)]
pub(crate) struct Armed {
    /// The ids of the apps that the user named; true if their feature settings are known and so can be
    /// restored.
    pub(crate) named: BTreeMap<String, bool>,
    /// True if apps may be created.
    pub(crate) create_apps: bool,
    /// True if a stored token or key of a named app may be replaced.
    pub(crate) replace_credentials: bool,
    /// The ids of the apps that this run created.
    pub(crate) created: Mutex<BTreeSet<String>>,
    /// Records changes that cannot be read afterwards, before they happen.
    pub(crate) journal: Option<Arc<Journal>>,
    /// Distinguishes the apps of this run from those of others.
    pub(crate) run: String,
    /// The start of the run by the org's clock: seconds since the epoch.
    pub(crate) started: i64,
}

/// The note for admins in an app that a run creates; an app without it is never deleted.
pub(crate) fn mark_of(run: &str) -> String {
    format!("created by okta-conformance, run {run}, which deletes it")
}

/// The origin that a run may talk to, and its permissions there.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    origin: Url,
    writes: Writes,
}

/// The change that a request would make.
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
    /// Anything that the runner cannot restore.
    Other,
}

impl RequestedChange {
    /// The change that a request would make; `None` for one that only reads (RFC 9110, section 9.2.1). The
    /// path must match exactly.
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
    /// The ids of the apps that this run has created so far.
    fn created(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        // A panic elsewhere leaves the set whole: ids are only added.
        self.created.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn check(&self, change: &RequestedChange) -> Result<(), String> {
        let id = match change {
            RequestedChange::CreateApp if self.create_apps => return Ok(()),
            RequestedChange::CreateApp => {
                return Err("it creates an app; pass --create-apps to allow that".to_owned());
            }
            RequestedChange::Other => {
                return Err("it makes a change that the runner cannot restore".to_owned());
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
                Err("it replaces the stored credential; pass --allow-credential-change to allow that".to_owned())
            }
            RequestedChange::Feature(_) if !features_known => {
                Err("it changes a feature whose settings could not be read beforehand, so they could not be restored".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Records a change that cannot be read afterwards.
    fn note(&self, change: &RequestedChange, body: Option<&str>) -> Result<(), String> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let noted = match change {
            RequestedChange::CreateApp => {
                let app = requested_app(body);
                journal.creating(app.name, app.label)
            }
            RequestedChange::Credential(id) if self.named.contains_key(id) => {
                journal.replacing_credential(id)
            }
            _ => Ok(()),
        };
        noted.map_err(|error| format!("the undo file cannot be written: {error}; nothing was changed"))
    }
}

/// The app that a request creates.
fn requested_app(sent: Option<&str>) -> CreatedApp {
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

    /// Rejects requests that must not be sent, with the reason; records the change before it is sent.
    pub(crate) fn check(&self, method: &Method, url: &Url, body: Option<&str>) -> Result<(), String> {
        if url.origin() != self.origin.origin() {
            return Err(format!(
                "the request goes to {}, but this run may only talk to {}",
                url.origin().ascii_serialization(),
                self.origin.origin().ascii_serialization()
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the URL contains a user name or password".to_owned());
        }
        if let (Writes::Refused(_) | Writes::Armed(_), Some(segment)) = (&self.writes, misread(url)) {
            return Err(format!("servers that decode its path first would split the segment `{segment}`"));
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

    /// Checks a read: only the API of an org is read, because `/login/signout` is a GET too.
    fn reads(&self, url: &Url) -> Result<(), String> {
        let is_api = ["/api/v1/", "/_mock"].iter().any(|prefix| url.path().starts_with(prefix))
            || url.path() == TOKEN_PATH;
        match self.writes {
            Writes::Free => Ok(()),
            _ if is_api => Ok(()),
            _ => Err("it reads something outside the API".to_owned()),
        }
    }

    /// Rejects headers of a flow that would change its request: another org (`Host`), another method, another
    /// session, another framing.
    pub(crate) fn check_header(&self, name: &str) -> Result<(), String> {
        let name = name.to_ascii_lowercase();
        let changes_request = matches!(
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
        match (&self.writes, changes_request) {
            (Writes::Free, _) | (_, false) => Ok(()),
            (_, true) => Err(format!("it sets the header `{name}`, which could change the request")),
        }
    }

    /// Adds an app to those that the run created.
    pub(crate) fn own(&self, id: &str) {
        if let Writes::Armed(armed) = &self.writes {
            armed.created().insert(id.to_owned());
        }
    }

    /// True if this app counts as one of the run's own, which the run may change.
    pub(crate) fn owns(&self, id: &str) -> bool {
        match &self.writes {
            Writes::Free => true,
            Writes::Refused(_) => false,
            Writes::Armed(armed) => armed.created().contains(id),
        }
    }

    /// Adds the note of the run to a request that creates an app in an org, or replaces one of the run's own.
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

    /// True if a request creates an app that must be read before the run accepts it as its own.
    pub(crate) fn wants_proof(&self, method: &Method, path: &str) -> bool {
        matches!(self.writes, Writes::Armed(_))
            && RequestedChange::of(method, path) == Some(RequestedChange::CreateApp)
    }

    /// The id of a created app according to an answer, not verified yet.
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
            self.record_not_created(method, url, sent);
        }
        // After a gateway's 5xx, or an answer without an id, the app may exist: its label stays in the undo
        // file, and the app is searched for at the end.
        let body = answer.body.as_ref().filter(|_| (200..300).contains(&answer.status))?.value();
        body.get("id").and_then(Value::as_str).filter(|id| is_id(id)).map(ToOwned::to_owned)
    }

    /// Records that an app was not created: the org refused, or the request was not sent.
    pub(crate) fn record_not_created(&self, method: &Method, url: &Url, sent: Option<&str>) {
        let Writes::Armed(armed) = &self.writes else { return };
        if RequestedChange::of(method, url.path()) != Some(RequestedChange::CreateApp) {
            return;
        }
        let app = requested_app(sent);
        // If this write fails, the app is searched for at the end, and not found.
        let _ = armed.journal.as_ref().map(|journal| journal.created(&app.name, &app.label, None));
    }

    /// Accepts an app as the run's own if it matches the request. One answer is not enough, because the run's
    /// own apps are deleted. An app that does not match is searched for at the end.
    pub(crate) fn take(&self, id: &str, sent: Option<&str>, seen: &Value) {
        let Writes::Armed(armed) = &self.writes else { return };
        let app = requested_app(sent);
        let is_own = seen.get("id").and_then(Value::as_str) == Some(id)
            && seen.get("label").and_then(Value::as_str) == Some(app.label.as_str())
            && app.may_be(seen, armed.started);
        if is_own {
            self.own(id);
            // If this write fails, the recorded label still finds the app.
            let _ = armed.journal.as_ref().map(|journal| journal.created(&app.name, &app.label, Some(id)));
        }
    }
}

fn has_settings(planned: &PlannedRequest) -> bool {
    matches!(&planned.body, Some((_, PlannedBody::Plain(Body::Json(body)))) if body.get("settings").is_some())
}

/// A path segment that would become another path once a gateway has decoded it.
fn misread(url: &Url) -> Option<&str> {
    let splits = |segment: &&str| {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        decoded.contains(['/', '\\', '%', '?', '#', ';']) || matches!(&*decoded, "." | "..")
    };
    url.path_segments()?.find(splits)
}

/// True if a URL names this machine.
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
