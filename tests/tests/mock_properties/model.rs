//! A simple model of an org: apps, connections, consent. It is written from what is documented and recorded
//! of Okta, not from the mock. Where that leaves two answers open, the model allows both.
//!
//! Nothing in it is random: ids, states and codes are placeholders that the test fills in.

use serde_json::{Value, json};

use super::model_features::Features;
use super::model_settings::{BadSetting, Setting};

/// Lifetimes of an attempt and of a code, in seconds (the mock's rule book).
pub(crate) const STATE_SECONDS: u64 = 3600;
pub(crate) const CODE_SECONDS: u64 = 600;
/// Maximum number of valid codes per attempt.
const CODES_OF_ATTEMPT: usize = 8;

/// The apps of the guide, and one without provisioning.
pub(crate) const KINDS: [&str; 7] =
    ["okta_org2org", "zscalerbyz", "google", "office365", "slack", "zoomus", "bookmark"];

pub(crate) fn has_provisioning(kind: &str) -> bool {
    kind != "bookmark"
}

pub(crate) fn has_consent(kind: &str) -> bool {
    ["google", "office365", "slack", "zoomus"].contains(&kind)
}

pub(crate) fn has_inbound(kind: &str) -> bool {
    has_provisioning(kind) && kind != "zscalerbyz"
}

pub(crate) fn takes(kind: &str, scheme: &str) -> bool {
    match kind {
        "okta_org2org" => ["TOKEN", "OAUTH2"].contains(&scheme),
        "zscalerbyz" => scheme == "TOKEN",
        _ => scheme == "OAUTH2",
    }
}

/// An expected answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    /// The error code of a refusal, and the end of its summary after `failed: ` or `found: `.
    pub(crate) code: &'static str,
    pub(crate) subject: Option<String>,
    pub(crate) cause: Option<&'static str>,
    /// The whole body, with placeholders.
    pub(crate) body: Option<Value>,
}

pub(crate) fn ok(status: u16) -> Expected {
    Expected { status, ..Expected::default() }
}

pub(crate) fn with_body(body: Value) -> Expected {
    Expected { body: Some(body), ..ok(200) }
}

pub(crate) fn invalid(subject: &str) -> Expected {
    Expected { code: "E0000001", subject: Some(subject.to_owned()), ..ok(400) }
}

pub(crate) fn malformed() -> Expected {
    Expected { code: "E0000003", ..ok(400) }
}

pub(crate) fn not_found(what: &str, kind: &str) -> Expected {
    let subject = format!("Resource not found: {what} ({kind})");
    Expected { code: "E0000007", subject: Some(subject), ..ok(404) }
}

fn unverified(cause: Option<&'static str>) -> Expected {
    Expected { cause, ..invalid("credential") }
}

/// A connection that was set.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) scheme: &'static str,
    pub(crate) base_url: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) rotation: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) kind: &'static str,
    pub(crate) active: bool,
    pub(crate) deleted: bool,
    pub(crate) base_url: Option<String>,
    pub(crate) connection: Option<Connection>,
    pub(crate) enabled: bool,
    pub(crate) granted: bool,
    /// The index of the open attempt.
    pub(crate) attempt: Option<usize>,
    pub(crate) features: Features,
}

#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) app: usize,
    started: u64,
    /// True if the authorize link has shown the state.
    pub(crate) seen: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) kind: &'static str,
    pub(crate) attempt: usize,
    issued: u64,
    spent: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) apps: Vec<App>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) codes: Vec<Code>,
    pub(crate) now: u64,
    /// The expected answer to the last call.
    pub(crate) expected: Expected,
}

impl App {
    /// `GET connections/default`.
    pub(crate) fn shown_connection(&self, index: usize) -> Value {
        if !has_provisioning(self.kind) {
            return json!({"status": "UNKNOWN", "profile": {"authScheme": "UNKNOWN"}});
        }
        let scheme = self.connection.as_ref().map_or_else(
            || if takes(self.kind, "TOKEN") { "TOKEN" } else { "OAUTH2" },
            |connection| connection.scheme,
        );
        let mut shown = json!({});
        let client_id = self.connection.as_ref().and_then(|connection| connection.client_id.clone());
        if scheme == "TOKEN" || client_id.is_some() {
            shown["authScheme"] = scheme.into();
        }
        shown["status"] = if self.enabled { "ENABLED" } else { "DISABLED" }.into();
        let sent = self.connection.as_ref().and_then(|connection| connection.base_url.clone());
        if let Some(base_url) = sent.or(self.base_url.clone()).filter(|_| scheme == "TOKEN") {
            shown["baseUrl"] = base_url.into();
        }
        shown["profile"] = json!({});
        if let Some(client_id) = &client_id {
            shown["profile"]["clientId"] = client_id.as_str().into();
        }
        if let Some(rotation) = self.connection.as_ref().and_then(|connection| connection.rotation) {
            shown["profile"]["signing"] = json!({"rotationMode": rotation});
        }
        shown["profile"]["authScheme"] = scheme.into();
        if let Some(client_id) = client_id {
            shown["clientId"] = client_id.into();
        }
        shown["_links"] = self.links(index);
        shown
    }

    fn links(&self, index: usize) -> Value {
        let connection = format!("{{org}}/api/v1/apps/{{app{index}}}/connections/default");
        let link = |href: String, allow: Value| json!({"href": href, "hints": {"allow": allow}});
        let own = link(connection.clone(), json!(["POST", "GET"]));
        if self.enabled {
            let deactivate = link(format!("{connection}/lifecycle/deactivate"), json!(["POST"]));
            return json!({"self": own, "deactivate": deactivate});
        }
        let activate = link(format!("{connection}/lifecycle/activate"), json!(["POST"]));
        let mut links = json!({"activate": activate, "self": own});
        if let Some(attempt) = self.attempt {
            let kind = self.kind;
            let href = format!(
                "{{org}}/third-party/{kind}/oauth/authorize?scope=admin&response_type=code&state={{state{attempt}}}&client_id=okta-{kind}&redirect_uri={{org%}}%2Fadmin%2Fapp%2Fcpc%2F{kind}%2Foauth%2Fcallback"
            );
            links["authorize"] = link(href, json!(["GET"]));
            links["authorize"]["hints"]["guidance"] = json!([
                "Specifies the URI to invoke in a browser for granting scope consent required to complete the OAuth 2.0 connection."
            ]);
        }
        links
    }

    /// Returns the refusal of activating the connection, if it cannot be activated.
    fn unverifiable(&self) -> Option<Expected> {
        let connection = self.connection.as_ref();
        if !self.active {
            return Some(unverified(None));
        }
        let Some(connection) = connection else { return Some(unverified(None)) };
        if connection.scheme == "TOKEN" && connection.base_url.is_none() && self.base_url.is_none() {
            return Some(unverified(Some("Verification failed: Invalid URL. Not authorized.")));
        }
        if has_consent(self.kind) && !self.granted {
            return Some(unverified(Some("Verification failed: Not authorized.")));
        }
        None
    }
}

impl Model {
    pub(crate) fn known(&self, app: usize) -> Result<&App, Expected> {
        let found = self.apps.get(app).filter(|app| !app.deleted);
        found.ok_or_else(|| not_found(&format!("{{app{app}}}"), "AppInstance"))
    }

    /// POST connections/default.
    pub(crate) fn set_connection(
        &mut self,
        index: usize,
        setting: &Setting,
        activate: bool,
    ) -> Result<Expected, Expected> {
        let app = self.known(index)?;
        if matches!(setting, Setting::Bad(BadSetting::NotJson | BadSetting::Array)) {
            return Err(malformed());
        }
        if !has_provisioning(app.kind) {
            return Ok(with_body(app.shown_connection(index)));
        }
        let connection = setting.read(app.kind)?;
        let mut next = app.clone();
        let same = app.connection.as_ref().is_some_and(|before| before.scheme == connection.scheme);
        next.enabled = app.enabled && same;
        next.connection = Some(connection);
        if activate {
            if let Some(refusal) = next.unverifiable() {
                return Err(refusal);
            }
            next.enabled = true;
        }
        self.apps[index] = next;
        if has_consent(self.apps[index].kind) {
            self.begin_attempt(index);
        }
        Ok(with_body(self.apps[index].shown_connection(index)))
    }

    fn begin_attempt(&mut self, index: usize) {
        self.attempts.push(Attempt { app: index, started: self.now, seen: false });
        self.apps[index].attempt = Some(self.attempts.len() - 1);
    }

    pub(crate) fn activate_connection(&mut self, index: usize) -> Result<Expected, Expected> {
        let app = self.known(index)?;
        // An enabled connection is not verified again.
        if has_provisioning(app.kind) && !app.enabled {
            if let Some(refusal) = app.unverifiable() {
                return Err(refusal);
            }
            self.apps[index].enabled = true;
        }
        Ok(ok(204))
    }

    pub(crate) fn deactivate_connection(&mut self, index: usize) -> Result<Expected, Expected> {
        self.known(index)?;
        self.apps[index].enabled = false;
        Ok(ok(204))
    }

    /// Issues a code of the third-party app, without asking.
    pub(crate) fn issue_code(&mut self, attempt: usize) {
        let index = self.attempts[attempt].app;
        if self.known(index).is_err() || self.apps[index].attempt != Some(attempt) {
            return;
        }
        let kind = self.apps[index].kind;
        self.codes.push(Code { kind, attempt, issued: self.now, spent: false });
        let now = self.now;
        let is_live =
            |code: &&mut Code| code.attempt == attempt && !code.spent && now < code.issued + CODE_SECONDS;
        let live = self.codes.iter_mut().filter(is_live).count();
        if let (true, Some(oldest)) = (live > CODES_OF_ATTEMPT, self.codes.iter_mut().find(is_live)) {
            oldest.spent = true;
        }
    }

    /// Returns the app of a state, if the state is open.
    fn open(&self, attempt: usize) -> Result<&App, Expected> {
        let found = &self.attempts[attempt];
        let app = self.known(found.app).map_err(|_| invalid("state"))?;
        if app.attempt != Some(attempt) || self.now >= found.started + STATE_SECONDS {
            return Err(invalid("state"));
        }
        Ok(app)
    }

    fn usable(&self, code: usize, attempt: usize, kind: &str) -> Result<(), Expected> {
        let code = &self.codes[code];
        let fits = !code.spent && code.attempt == attempt && code.kind == kind;
        if fits && self.now < code.issued + CODE_SECONDS { Ok(()) } else { Err(invalid("code")) }
    }

    /// The redirect to the org. `name` is the app name in its path.
    pub(crate) fn redirect(
        &self,
        name: &str,
        code: Option<usize>,
        attempt: Option<usize>,
        denied: bool,
    ) -> Result<Expected, Expected> {
        if !has_consent(name) {
            return Err(Expected { code: "E0000008", ..ok(404) });
        }
        let attempt = attempt.ok_or_else(|| invalid("state"))?;
        let app = self.open(attempt)?;
        if app.kind != name {
            return Err(invalid("state"));
        }
        if denied {
            return Err(invalid("consent"));
        }
        let code = code.ok_or_else(|| invalid("code"))?;
        self.usable(code, attempt, name)?;
        let index = self.attempts[attempt].app;
        let href = format!(
            "{{org}}/api/v1/apps/{name}/{{app{index}}}/oauth2/callback?code={{code{code}}}&state={{state{attempt}}}"
        );
        Ok(with_body(json!({"continue_oauth_flow_url": {"href": href, "method": "POST"}})))
    }

    /// POST oauth2/callback.
    pub(crate) fn callback(
        &mut self,
        name: &str,
        index: usize,
        code: Option<usize>,
        attempt: Option<usize>,
    ) -> Result<Expected, Expected> {
        let app = self.known(index)?;
        if app.kind != name || !has_consent(name) {
            return Err(not_found(&format!("{{app{index}}}"), "AppInstance"));
        }
        let code = code.ok_or_else(|| invalid("code"))?;
        let attempt = attempt.ok_or_else(|| invalid("state"))?;
        if app.attempt != Some(attempt) {
            return Err(invalid("state"));
        }
        self.open(attempt)?;
        self.usable(code, attempt, name)?;
        self.codes[code].spent = true;
        self.apps[index].granted = true;
        self.begin_attempt(index);
        Ok(ok(204))
    }
}
