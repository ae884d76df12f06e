//! Reads a document into an org. The rules of the API decide what an app may be, and in which states.

use super::super::Org;
use super::super::attempt::Attempt;
use super::names::{check_feature_names, check_ignored, check_names};
use super::refused::{LoadError, Refused};
use crate::rules::app::App;
use crate::rules::behaviour as rule;
use crate::rules::body::{self, Json, Members, Object};
use crate::rules::consent::Consent;
use crate::rules::identifier::{AppId, KeyId, OktaId, Seconds};
use crate::rules::identity_provider::IdentityProvider;

impl Org {
    /// Returns this org with the apps of a document instead of its own. Clock, rate limit, settings and the
    /// ids to come stay.
    ///
    /// # Errors
    /// As [`Org::load`].
    pub(crate) fn with_state(&self, document: &str) -> Result<Self, LoadError> {
        let mut next = self.clone();
        next.apps.clear();
        next.client_ids.clear();
        next.identity_providers.clear();
        next.attempts.clear();
        next.load(document)?;
        next.third_party.retain(|app| next.apps.contains_key(app));
        Ok(next)
    }

    /// Adds the apps of a document: `{"org": {…}, "apps": [{"id": "0oa…", "status": "ACTIVE", …}]}`. Each app
    /// is the body of POST /api/v1/apps, with members that describe its state.
    ///
    /// # Errors
    /// If the document does not have that form, or the rules refuse an app or its state.
    pub(crate) fn load(&mut self, document: &str) -> Result<(), LoadError> {
        let members = parse(document)?;
        self.load_members(&members).map_err(|refused| refused.at(document))
    }

    fn load_members(&mut self, members: &Object<'_>) -> Result<(), Refused> {
        check_names("", members, &["$schema", "org", "apps", "identityProviders"])?;
        if !matches!(members.get("$schema"), None | Some(Json::Text(_))) {
            return Err(Refused::new("/$schema", "must be a text"));
        }
        match members.get("org") {
            None => {}
            Some(Json::Object(org)) => self.load_identity(org).map_err(|refused| refused.within("/org"))?,
            Some(_) => return Err(Refused::new("/org", "must be an object")),
        }
        let apps = match members.get("apps") {
            None => return Err(Refused::new("", "an org file requires the member `apps`")),
            Some(Json::Array(apps)) => apps,
            Some(_) => return Err(Refused::new("/apps", "must be an array of apps")),
        };
        for (index, app) in apps.iter().enumerate() {
            let loaded = match app {
                Json::Object(app) => self.load_app(app).map_err(|refused| refused.in_app(app)),
                _ => Err(Refused::new("", "must be an object")),
            };
            loaded.map_err(|refused| refused.within(&format!("/apps/{index}")))?;
        }
        let providers = match members.get("identityProviders") {
            None => &[][..],
            Some(Json::Array(providers)) => providers,
            Some(_) => return Err(Refused::new("/identityProviders", "must be an array")),
        };
        for (index, provider) in providers.iter().enumerate() {
            let loaded = match provider {
                Json::Object(provider) => self.load_identity_provider(provider),
                _ => Err(Refused::new("", "must be an object")),
            };
            loaded.map_err(|refused| refused.within(&format!("/identityProviders/{index}")))?;
        }
        Ok(())
    }

    fn load_identity_provider(&mut self, members: &Object<'_>) -> Result<(), Refused> {
        let known =
            ["id", "issuerMode", "name", "status", "created", "lastUpdated", "protocol", "policy", "type"];
        check_names("", members, &known)?;
        let id = members.get("id").map(|id| self.free_id(id)).transpose()?;
        let provider = IdentityProvider::described(members, self.clock.now())?;
        self.insert_identity_provider(id, provider)?;
        Ok(())
    }

    fn load_identity(&mut self, members: &Object<'_>) -> Result<(), Refused> {
        const NAMES: [&str; 6] =
            ["id", "profileEnrollmentPolicy", "accessPolicy", "signingKey", "administrator", "created"];
        check_names("", members, &NAMES)?;
        if let Some(name) = NAMES.iter().find(|name| matches!(members.get(name), Some(Json::Null))) {
            return Err(Refused::new(format!("/{name}"), "must be a text, not null"));
        }
        let identity = &mut self.identity;
        for (name, prefix, target) in [
            ("id", b"00o", &mut identity.id),
            ("profileEnrollmentPolicy", b"rst", &mut identity.policies.profile_enrollment),
            ("accessPolicy", b"rst", &mut identity.policies.access),
            ("administrator", b"00u", &mut identity.administrator),
        ] {
            if let Some(text) = Members::from(members).text(name)? {
                let id = OktaId::parse(text).filter(|id| id.prefix() == prefix);
                let reason =
                    || format!("must be {} and seventeen letters or digits", String::from_utf8_lossy(prefix));
                *target = id.ok_or_else(|| Refused::new(format!("/{name}"), reason()))?;
            }
        }
        if let Some(text) = Members::from(members).text("created")? {
            identity.created = Seconds::parse(text).ok_or_else(|| not_a_time("/created"))?;
        }
        if let Some(text) = Members::from(members).text("signingKey")? {
            identity.signing_key = key(text).map_err(|refused| refused.within("/signingKey"))?;
        }
        Ok(())
    }

    fn load_app(&mut self, members: &Object<'_>) -> Result<(), Refused> {
        if let Some(recorded) = members.get("recorded") {
            check_names("", members, &["recorded"])?;
            let Json::Object(recorded) = recorded else {
                return Err(Refused::new("/recorded", "must be an app object"));
            };
            return self.load_recorded(recorded).map_err(|refused| refused.within("/recorded"));
        }
        let id = members.get("id").map(|id| self.free_id(id)).transpose()?;
        let is_active = is_active(members)?;
        check_feature_names(members)?;
        // A copy, in which the creation marks what it reads.
        let members = members.clone();
        let (id, app) = self.new_app(id, &members, is_active)?;
        self.check_app_limit()?;
        let attempt = || Consent { state: self.random.state(&id), started: self.clock.now(), granted: false };
        let mut app = describe(&app, &members, attempt)?;
        check_ignored(&app, &members)?;
        self.assign_client_ids(id, &mut app);
        self.store_app(id, app)
    }

    fn load_recorded(&mut self, object: &Object<'_>) -> Result<(), Refused> {
        let (id, app) = App::recorded(object)?;
        self.check_free(&id).map_err(|reason| Refused::new("/id", reason))?;
        self.check_app_limit()?;
        self.store_app(id, app)
    }

    /// Stores an app, and its open attempt.
    fn store_app(&mut self, id: AppId, app: App) -> Result<(), Refused> {
        if let Some(consent) = app.connection.consent() {
            if self.attempts.contains_key(&consent.state) {
                return Err(Refused::new("/connection/authorize/state", "is the state of an earlier app"));
            }
            self.attempts.insert(consent.state, Attempt::new(id));
        }
        self.insert_app(id, app);
        Ok(())
    }

    fn free_id(&self, id: &Json<'_>) -> Result<AppId, Refused> {
        let text = if let Json::Text(text) = id { text } else { "" };
        let id = OktaId::parse(text).filter(|id| id.prefix() == b"0oa");
        let id =
            id.ok_or_else(|| Refused::new("/id", "must be an app id: 0oa and seventeen letters or digits"))?;
        self.check_free(&id).map_err(|reason| Refused::new("/id", reason))?;
        Ok(id)
    }

    fn check_free(&self, id: &AppId) -> Result<(), &'static str> {
        match (self.apps.contains_key(id), self.identity_providers.contains_key(id)) {
            (true, _) => Err("is the id of an earlier app"),
            (_, true) => Err("is the id of an earlier identity provider"),
            (false, false) => Ok(()),
        }
    }
}

fn parse(document: &str) -> Result<Object<'_>, LoadError> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(document) {
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
        let (line, column) = (error.line(), error.column());
        return Err(LoadError { line, column, place: String::new(), reason, rule: &rule::CONTROL_STATE });
    }
    body::parse_object(document.as_bytes()).map_err(|error| {
        let reason = format!("must be an object without duplicate names ({})", error.rule.name);
        Refused::new("", reason).at(document)
    })
}

/// Returns the app with the members of a document that no request has.
fn describe(app: &App, members: &Object<'_>, attempt: impl FnOnce() -> Consent) -> Result<App, Refused> {
    let described = app.described(members, attempt);
    let mut next = described.map_err(|(name, error)| Refused::from(error).within(&format!("/{name}")))?;
    let members = Members::from(members);
    let time = |name: &str| match members.text(name)? {
        None => Ok(None),
        Some(text) => Seconds::parse(text).map(Some).ok_or_else(|| not_a_time(&format!("/{name}"))),
    };
    next.created = time("created")?.unwrap_or(next.created);
    next.last_updated = time("lastUpdated")?.unwrap_or(next.last_updated);
    let signing =
        members.object("credentials")?.map(|members| members.object("signing")).transpose()?.flatten();
    if let Some(text) = signing.map(|members| members.text("kid")).transpose()?.flatten() {
        next.signing_key = key(text).map_err(|refused| refused.within("/credentials/signing/kid"))?;
    }
    Ok(next)
}

/// Returns true for an app that is ACTIVE: `"status": "ACTIVE"`, `"activate": true`, or neither.
fn is_active(members: &Object<'_>) -> Result<bool, Refused> {
    match (members.get("activate"), members.get("status")) {
        (Some(_), Some(_)) => Err(Refused::new("/activate", "give status or activate, not both")),
        (Some(Json::Boolean(activate)), None) => Ok(*activate),
        (Some(_), None) => Err(Refused::new("/activate", "must be true or false")),
        // The status itself is read with the rest of the state.
        (None, _) => Ok(true),
    }
}

fn not_a_time(place: &str) -> Refused {
    Refused::new(place, "must be a time, such as 2026-01-31T12:00:00.000Z")
}

fn key(text: &str) -> Result<KeyId, Refused> {
    KeyId::parse(text).ok_or_else(|| Refused::new("", "must be a key id: 43 characters in base64url"))
}
