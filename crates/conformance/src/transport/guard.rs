//! The guard sees every request before it leaves. No flow, also none of a
//! user's own, gets round it: it stands where the bytes are sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::{Method, Url};
use serde_json::Value;

use crate::undo::Journal;

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
}

/// Knows the one place a run may talk to, and what it may do there.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    origin: Url,
    writes: Writes,
}

/// What a request that is no read would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
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

impl Change {
    /// What a request would change; `None` for one that only reads
    /// (RFC 9110, section 9.2.1). The path has to be spelled exactly.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return None;
        }
        let segments: Vec<&str> = path.split('/').collect();
        let ["", "api", "v1", "apps", rest @ ..] = segments.as_slice() else {
            return Some(Self::Other);
        };
        let (post, put) = (*method == Method::POST, *method == Method::PUT);
        Some(match rest {
            [] if post => Self::CreateApp,
            [id] if put || *method == Method::DELETE => Self::App((*id).to_owned()),
            [id, "lifecycle", "activate" | "deactivate"] if post => Self::AppLifecycle((*id).to_owned()),
            [id, "connections", "default"] if post => Self::Credential((*id).to_owned()),
            [id, "connections", "default", "lifecycle", "activate" | "deactivate"] if post => {
                Self::ConnectionLifecycle((*id).to_owned())
            }
            [id, "features", _] if put => Self::Feature((*id).to_owned()),
            [_, id, "oauth2", "callback"] if post => Self::Credential((*id).to_owned()),
            _ => Self::Other,
        })
    }
}

impl Armed {
    /// The apps that this run created so far.
    fn created(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        // A panic elsewhere leaves the set whole: ids are only added.
        self.created.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, change: &Change) -> Result<(), String> {
        let id = match change {
            Change::CreateApp if self.create_apps => return Ok(()),
            Change::CreateApp => {
                return Err("it creates an app; to allow that give --create-apps".to_owned());
            }
            Change::Other => return Err("it writes where the runner cannot put anything back".to_owned()),
            Change::App(id)
            | Change::AppLifecycle(id)
            | Change::Credential(id)
            | Change::ConnectionLifecycle(id)
            | Change::Feature(id) => id,
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
            Change::App(_) => Err("it replaces or deletes an app that this run did not create".to_owned()),
            Change::Credential(_) if !self.replace_credentials => {
                Err("it replaces the stored credential; to allow that give --allow-credential-change".to_owned())
            }
            Change::Feature(_) if !features_known => {
                Err("it changes a feature whose settings could not be read beforehand, so they could not be put back".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Writes down what could not be found out afterwards.
    fn note(&self, change: &Change, body: Option<&str>) -> Result<(), String> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let noted = match change {
            Change::CreateApp => {
                let body: Value = body.and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
                let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                journal.creating(text("name"), text("label"))
            }
            Change::Credential(id) if self.named.contains_key(id) => journal.replacing_credential(id),
            _ => Ok(()),
        };
        noted.map_err(|error| format!("the undo file cannot be written, so nothing is changed: {error}"))
    }
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
        let Some(change) = Change::of(method, url.path()) else { return self.reads(url) };
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

    /// Hears of an answer: an app that was created is this run's own from now on.
    pub(crate) fn answered(&self, method: &Method, url: &Url, status: u16, body: &[u8]) {
        let Writes::Armed(armed) = &self.writes else { return };
        if Change::of(method, url.path()) != Some(Change::CreateApp) {
            return;
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let id = body.get("id").and_then(Value::as_str).filter(|_| (200..300).contains(&status));
        if let Some(id) = id {
            self.own(id);
        }
        // A gateway's 5xx, or an answer without an id, does not say that nothing was made: the
        // label stays written down, and the app is looked for at the end.
        let is_known = id.is_some() || (400..500).contains(&status);
        if let Some(journal) = armed.journal.as_ref().filter(|_| is_known) {
            // Were this lost, the label that was written down before still finds the app.
            let _ = journal.created(id);
        }
    }
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
