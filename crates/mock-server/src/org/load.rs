//! Org files: JSON documents that describe the apps of an org. A state document has the same form.

use std::collections::HashMap;

use super::Org;
use super::consents::Attempt;
use super::position::{Position, position};
use super::schema::AppSchema;
use crate::rules::app::App;
use crate::rules::behaviour::{self as rule, Rule};
use crate::rules::body::{self, Json, Members, Object};
use crate::rules::catalogue::AppKind;
use crate::rules::consent::Consent;
use crate::rules::error::{ErrorCode, OktaError, echo};
use crate::rules::feature::FeatureName;
use crate::rules::identifier::{AppId, KeyId, OktaId, Seconds};
use crate::rules::nearest::nearest;

/// The default org: one app of each kind in the guide.
pub(crate) const GUIDE: &str = include_str!("../../../../fixtures/orgs/guide.json");

/// The initial contents of an org.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Load {
    /// The guide's org: one app of each of its six kinds, with fixed ids.
    #[default]
    Guide,
    /// An org without apps.
    Empty,
    /// The apps of an org file, as JSON.
    Document(String),
}

impl Load {
    /// Adds the apps to an org.
    ///
    /// # Errors
    /// As [`Org::load`].
    pub(crate) fn into_org(self, org: &mut Org) -> Result<(), LoadError> {
        match self {
            Self::Guide => org.load(GUIDE),
            Self::Empty => Ok(()),
            Self::Document(document) => org.load(&document),
        }
    }
}

/// The error of an org file: a position and a reason.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {}{reason}", self.prefix())]
#[non_exhaustive]
pub struct LoadError {
    /// The line, counted from one.
    pub line: usize,
    /// The column, counted from one.
    pub column: usize,
    /// JSON Pointer of the invalid member; empty for the whole document.
    pub place: String,
    /// The reason.
    pub reason: String,
    /// The entry of the rule book that refuses the member.
    rule: &'static Rule,
}

impl LoadError {
    /// Returns the entry of the rule book that refuses the document.
    pub(crate) const fn rule(&self) -> &'static Rule {
        self.rule
    }

    fn prefix(&self) -> String {
        if self.place.is_empty() { String::new() } else { format!("{}: ", self.place) }
    }
}

/// Why a part of a document is refused.
struct Refused {
    /// JSON Pointer, relative to the part.
    place: String,
    /// The name of the member, if only the name is known.
    member: Option<String>,
    reason: String,
    rule: &'static Rule,
}

impl Refused {
    fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        rule::CONTROL_STATE.apply();
        Self { place: place.into(), member: None, reason: reason.into(), rule: &rule::CONTROL_STATE }
    }

    /// Moves the place into an outer part.
    fn within(self, outer: &str) -> Self {
        Self { place: format!("{outer}{}", self.place), ..self }
    }

    /// Finds the place in an app from the name of the member, and says which values it may have.
    fn in_app(mut self, app: &Object<'_>) -> Self {
        let schema = AppSchema::new();
        let found = match &self.member {
            _ if self.rule.name == rule::BODY_WRONG_TYPE.name => schema.wrong_type(app),
            Some(member) => find(app, member).filter(|found| found.starts_with(&self.place)),
            None => None,
        };
        let Some(place) = found else { return self };
        let values = schema.values(&place);
        let given = text_at(app, &place).unwrap_or_default();
        if let Some(similar) = nearest(given, values.iter().copied()).filter(|similar| *similar != given) {
            self.reason = format!("{}; {}", self.reason, did_you_mean(similar));
        } else if !values.is_empty() && !values.contains(&given) {
            self.reason = format!("{}; known are {}", self.reason, values.join(", "));
        }
        Self { place, ..self }
    }

    fn at(self, document: &str) -> LoadError {
        let Position { line, column } = position(document, &self.place);
        LoadError { line, column, place: self.place, reason: self.reason, rule: self.rule }
    }
}

impl From<OktaError> for Refused {
    fn from(error: OktaError) -> Self {
        let rule = error.rule;
        let named = error.causes.first().and_then(|cause| cause.split_once(": "));
        let member = named.map(|(member, _)| member.to_owned());
        let reason = match error.code {
            ErrorCode::MalformedBody => "a member has a type that it cannot have".to_owned(),
            _ if error.causes.is_empty() => error.summary.into_owned(),
            _ => error.causes.join(", "),
        };
        Self { place: String::new(), member, reason: format!("{reason} ({})", rule.name), rule }
    }
}

impl Org {
    /// Returns this org with the apps of a document instead of its own. Clock, rate limit, settings and the
    /// ids to come stay.
    ///
    /// # Errors
    /// As [`Org::load`].
    pub(crate) fn with_state(&self, document: &str) -> Result<Self, LoadError> {
        let mut next = self.clone();
        next.apps.clear();
        next.attempts.clear();
        // They are derived from the org's seed and generated again when they are read.
        next.keys = HashMap::new();
        next.load(document)?;
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
        check_names("", members, &["$schema", "org", "apps"])?;
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
        Ok(())
    }

    fn load_identity(&mut self, members: &Object<'_>) -> Result<(), Refused> {
        check_names("", members, &["id", "profileEnrollmentPolicy", "accessPolicy", "signingKey"])?;
        let identity = &mut self.identity;
        for (name, prefix, target) in [
            ("id", b"00o", &mut identity.id),
            ("profileEnrollmentPolicy", b"rst", &mut identity.policies.profile_enrollment),
            ("accessPolicy", b"rst", &mut identity.policies.access),
        ] {
            if let Some(text) = Members::from(members).text(name)? {
                let id = OktaId::parse(text).filter(|id| id.prefix() == prefix);
                let reason =
                    || format!("must be {} and seventeen letters or digits", String::from_utf8_lossy(prefix));
                *target = id.ok_or_else(|| Refused::new(format!("/{name}"), reason()))?;
            }
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
        let app = describe(&app, &members, attempt)?;
        self.check_ignored(&app, &members)?;
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
        self.apps.insert(id, app.into());
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
        if self.apps.contains_key(id) { Err("is the id of an earlier app") } else { Ok(()) }
    }

    /// Refuses members that would have no effect: their author would believe that they had one.
    fn check_ignored(&self, app: &App, members: &Object<'_>) -> Result<(), Refused> {
        match members.ignored().first() {
            None => Ok(()),
            Some(pointer) => Err(unknown_member(app.kind, pointer)),
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
        Some(text) => Seconds::parse(text).map(Some).ok_or_else(|| {
            Refused::new(format!("/{name}"), "must be a time, such as 2026-01-31T12:00:00.000Z")
        }),
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

/// Returns the JSON Pointer of the first member with this name, outer ones first.
fn find(members: &Object<'_>, name: &str) -> Option<String> {
    if members.get(name).is_some() {
        return Some(format!("/{name}"));
    }
    members.names().find_map(|outer| match members.get(outer) {
        Some(Json::Object(inner)) => find(inner, name).map(|found| format!("/{outer}{found}")),
        _ => None,
    })
}

/// Returns the text at a JSON Pointer without escapes.
fn text_at<'a>(members: &'a Object<'_>, pointer: &str) -> Option<&'a str> {
    let (name, rest) = pointer.strip_prefix('/')?.split_once('/').unwrap_or((pointer.strip_prefix('/')?, ""));
    match members.get(name)? {
        Json::Object(inner) => text_at(inner, &format!("/{rest}")),
        Json::Text(text) => Some(text),
        _ => None,
    }
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

fn key(text: &str) -> Result<KeyId, Refused> {
    KeyId::parse(text).ok_or_else(|| Refused::new("", "must be a key id: 43 characters in base64url"))
}

fn check_feature_names(members: &Object<'_>) -> Result<(), Refused> {
    match members.get("features") {
        Some(Json::Object(features)) => {
            let known = [FeatureName::UserProvisioning, FeatureName::InboundProvisioning];
            check_names("/features", features, &known.map(FeatureName::as_str))
        }
        _ => Ok(()),
    }
}

/// Refuses names that an object does not have.
fn check_names(place: &str, members: &Object<'_>, known: &[&str]) -> Result<(), Refused> {
    match members.names().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let hint = nearest(name, known.iter().copied());
            let hint = hint.map_or_else(|| format!("known are {}", known.join(", ")), did_you_mean);
            Err(Refused::new(format!("{place}/{}", echo(name)), format!("unknown member; {hint}")))
        }
    }
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// Refuses a member of an app that would have no effect.
fn unknown_member(kind: AppKind, pointer: &str) -> Refused {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let settings = kind.definition().settings.iter().map(|member| member.name);
    let schema = AppSchema::new();
    let names: Vec<&str> = match parent {
        "/settings/app" => settings.collect(),
        _ => schema.members(parent),
    };
    let hint = match nearest(name, names) {
        Some(similar) if similar != name => did_you_mean(similar),
        _ => "it is unknown, read-only or a secret".to_owned(),
    };
    Refused::new(pointer, format!("unknown member; {hint}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::OrgSettings;
    use super::*;

    fn load_into_new(document: &str) -> Result<Org, LoadError> {
        let mut org = Org::new(&OrgSettings::default()).unwrap();
        org.load(document).map(|()| org)
    }

    fn load_app(app: &str) -> Result<Org, LoadError> {
        load_into_new(&format!("{{\"apps\": [{app}]}}"))
    }

    #[test]
    fn the_guide_org_has_one_app_of_each_kind() {
        let org = load_into_new(GUIDE).unwrap();
        let names: Vec<_> = org.apps().map(|(_, app)| app.name()).collect();
        assert_eq!(names, ["google", "office365", "okta_org2org", "slack", "zoomus", "zscalerbyz"]);
    }

    #[test]
    fn errors_of_the_document_have_a_position() {
        for (document, message) in [
            ("{\n\"apps\": [", "line 2, column 9: EOF"),
            ("[]", "line 1, column 1: must be an object"),
            ("{}", "line 1, column 1: an org file requires"),
            (r#"{"apps": [], "aps": []}"#, "line 1, column 21: /aps: unknown member; did you mean `apps`?"),
            (r#"{"apps": 1}"#, "line 1, column 10: /apps: must be an array"),
            ("{\"apps\": [\n  1]}", "line 2, column 3: /apps/0: must be an object"),
            (r#"{"org": {"id": "x"}, "apps": []}"#, "line 1, column 16: /org/id: must be 00o and"),
        ] {
            let error = load_into_new(document).unwrap_err().to_string();
            assert!(error.starts_with(message), "{document} gave {error}");
        }
    }

    #[test]
    fn errors_of_an_app_name_the_member_and_a_remedy() {
        for (app, message) in [
            (r#""id": "x", "name": "zoomus", "label": "Z""#, "/id: must be an app id"),
            (r#""name": "zoomus""#, ": label: Label must be specified (app.label-missing)"),
            (
                r#""name": "zoomuss", "label": "Z""#,
                "/name: name: The field has an invalid value (app.create.name-unknown); did you mean `zoomus`?",
            ),
            (r#""name": "zoomus", "label": 1"#, "/label: a member has a type that it cannot have"),
            (
                r#""name": "zoomus", "label": "Z", "status": "OFF""#,
                "/status: status: The field has an invalid value (control.state); known are ACTIVE, INACTIVE",
            ),
            (
                r#""name": "zoomus", "label": "Z", "status": "ACTIVE", "activate": true"#,
                "/activate: give status or activate",
            ),
            (r#""name": "zoomus", "label": "Z", "created": "today""#, "/created: must be a time"),
            (
                r#""name": "zoomus", "label": "Z", "Settings": {}"#,
                "/Settings: unknown member; did you mean `settings`?",
            ),
            (
                r#""name": "zoomus", "label": "Z", "settings": {"emOptInStatus": "NONE"}"#,
                "/settings/emOptInStatus: unknown member",
            ),
            (
                r#""name": "zoomus", "label": "Z", "settings": {"app": {"subdomain": "z"}}"#,
                "/settings/app/subdomain: unknown member; did you mean `subDomain`?",
            ),
            (
                r#""name": "zoomus", "label": "Z", "credentials": {"signing": {"kid": "k"}}"#,
                "/credentials/signing/kid: must be a key id",
            ),
            (
                r#""name": "zoomus", "label": "Z", "connection": {"profile": {"authScheme": "OAUTH"}}"#,
                "/connection/profile/authScheme: authScheme: The field has an invalid value (connection.scheme-refused); did you mean `OAUTH2`?",
            ),
            (
                r#""name": "zoomus", "label": "Z", "connection": {"profile": {"authScheme": "OAUTH2", "token": "t"}}"#,
                "/connection/profile/token: unknown member",
            ),
            (
                r#""name": "zoomus", "label": "Z", "connection": {"status": "ENABLED", "profile": {"authScheme": "OAUTH2"}}"#,
                "/connection: Verification failed: Not authorized.",
            ),
            (
                r#""name": "bookmark", "label": "B", "settings": {"app": {"url": "https://b"}}, "connection": {"profile": {"authScheme": "TOKEN"}}"#,
                "/connection: Provisioning is not supported. (feature.unsupported)",
            ),
            (
                r#""name": "zoomus", "label": "Z", "features": {"USER_PROVISIONING": {}}"#,
                "/features: Provisioning is not enabled for the app instance. (feature.not-enabled)",
            ),
            (r#""name": "zoomus", "label": "Z", "features": {"USER": {}}"#, "/features/USER: unknown member"),
        ] {
            let error = load_app(&format!("{{{app}}}")).unwrap_err();
            let error = format!("{}: {}", error.place, error.reason);
            assert!(error.starts_with(&format!("/apps/0{message}")), "{app} gave {error}");
        }
    }

    #[test]
    fn an_app_can_begin_in_any_state_that_it_can_reach() {
        let org = load_app(r#"{"id": "0oagoogle00000000001", "name": "google", "label": "G", "status": "INACTIVE", "created": "2026-01-31T12:00:00.000Z", "settings": {"app": {"domain": "d"}}, "connection": {"status": "ENABLED", "profile": {"authScheme": "OAUTH2"}, "consented": true}, "features": {"USER_PROVISIONING": {"create": {"lifecycleCreate": {"status": "ENABLED"}}}}}"#).unwrap();
        let (_, app) = org.app("0oagoogle00000000001").unwrap();
        assert_eq!((app.status.as_str(), app.created), ("INACTIVE", Seconds(1_769_860_800)));
        assert!(app.connection.is_enabled() && app.features.user.create.is_enabled());
        assert_eq!(org.attempts.len(), 1);
    }

    #[test]
    fn two_apps_cannot_share_an_id_or_an_open_attempt() {
        let app = |id: &str| {
            format!(
                r#"{{"id": "{id}", "name": "slack", "label": "S", "settings": {{"app": {{"domain": "d"}}}}, "connection": {{"profile": {{"authScheme": "OAUTH2"}}, "authorize": {{"state": "AAAAAAAAAAAAAAAAAAAAAA", "started": "2026-01-31T12:00:00Z"}}}}}}"#
            )
        };
        let (one, other) = ("0oaslack000000000001", "0oaslack000000000002");
        let error = load_app(&format!("{}, {}", app(one), app(one))).unwrap_err();
        assert_eq!(
            (error.place.as_str(), error.reason.as_str()),
            ("/apps/1/id", "is the id of an earlier app")
        );
        let error = load_app(&format!("{}, {}", app(one), app(other))).unwrap_err();
        assert_eq!(error.place, "/apps/1/connection/authorize/state");
    }

    #[test]
    fn a_recorded_app_is_of_another_kind_and_keeps_no_secret() {
        let recorded = |name: &str| {
            format!(
                r#"{{"recorded": {{"id": "0oarecorded000000001", "name": "{name}", "label": "R", "status": "ACTIVE", "created": "2026-01-31T12:00:00.000Z", "lastUpdated": "2026-01-31T12:00:00.000Z", "credentials": {{"oauthClient": {{"client_id": "c", "client_secret": "canary"}}}}}}}}"#
            )
        };
        let org = load_app(&recorded("hubspot")).unwrap();
        let app = org.app("0oarecorded000000001").unwrap().1;
        assert_eq!((app.name(), app.connection_facts().is_none()), ("hubspot", true));
        assert!(!format!("{app:?}").contains("canary"));
        let error = load_app(&recorded("google")).unwrap_err();
        assert!(error.reason.contains("The catalogue has google"), "{error}");
    }
}
