//! One org's state, as one plain struct, and the calls that read and change it.
//!
//! Each call is whole: it either changes the state as its rules say or refuses and changes
//! nothing. Whoever shares an org holds it behind one lock and awaits nothing while he does.

pub(crate) mod clock;
pub(crate) mod load;
pub(crate) mod random;
pub(crate) mod rate;
pub(crate) mod signing;

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use serde_json::Value;

use crate::rules::app::{App, AppStatus, SigningKeys};
use crate::rules::behaviour as rule;
use crate::rules::body::{Object, check_nothing_ignored};
use crate::rules::catalogue::AppKind;
use crate::rules::connection::Connection;
use crate::rules::consent::{self, Consent};
use crate::rules::error::{OktaError, Parameter, Refusals};
use crate::rules::feature::inbound::InboundPatch;
use crate::rules::feature::user::UserPatch;
use crate::rules::feature::{self, FeatureName, InboundProvisioning, UserProvisioning};
use crate::rules::identifier::{AppId, Code, KeyId, OktaId, Seconds, State};
use crate::rules::listing::ListRequest;
use crate::rules::third_party::Codes;

use clock::Clock;
use random::Random;
use rate::RateWindow;
use signing::{KeyHolder, PublicKey};

/// The body of a request, or why it could not be read: the org says so when its turn comes, since
/// an unknown app is refused before an unreadable body (recorded).
pub(crate) type Body<'a> = Result<Object<'a>, OktaError>;

/// How an org begins.
#[derive(Clone, Debug)]
pub(crate) struct OrgSettings {
    /// Repeats every id, key and code.
    pub(crate) seed: Option<u64>,
    /// Where the time comes from.
    pub(crate) clock: Clock,
    /// How many requests a minute are let through; without it, all.
    pub(crate) rate_limit: Option<u32>,
    /// How many apps the org can hold.
    pub(crate) app_limit: usize,
    /// Whether a request with members of which the org takes no notice is refused.
    pub(crate) strict: bool,
}

impl Default for OrgSettings {
    fn default() -> Self {
        Self {
            seed: None,
            clock: Clock::System { ahead: 0 },
            rate_limit: None,
            app_limit: 250_000,
            strict: false,
        }
    }
}

/// An Okta org.
#[derive(Clone, Debug)]
pub(crate) struct Org {
    id: OktaId,
    policies: Policies,
    signing_key: KeyId,
    apps: BTreeMap<AppId, Arc<App>>,
    attempts: HashMap<State, Attempt>,
    keys: HashMap<AppId, Vec<(bool, PublicKey)>>,
    app_limit: usize,
    strict: bool,
    /// Where the org takes the time from.
    pub(crate) clock: Clock,
    /// Where it takes fresh ids from.
    pub(crate) random: Random,
    /// The rate-limit window.
    pub(crate) rate: RateWindow,
}

/// The policies that app objects link to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policies {
    /// `_links.profileEnrollment`
    pub(crate) profile_enrollment: OktaId,
    /// `_links.accessPolicy`
    pub(crate) access: OktaId,
}

/// What a redirect from the third-party app is continued with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Continuation {
    /// The app whose consent it is.
    pub(crate) app: AppId,
    /// Its kind.
    pub(crate) kind: AppKind,
    /// The code that the callback takes.
    pub(crate) code: Code,
    /// The state that the callback takes.
    pub(crate) state: State,
}

/// An attempt at a consent that has not been completed.
#[derive(Clone, Debug)]
struct Attempt {
    app: AppId,
    codes: Codes,
}

/// A page of a list of apps. It shares the apps as they are now: a later change leaves it alone.
pub(crate) struct Page {
    /// The apps, by id.
    pub(crate) apps: Vec<(AppId, Arc<App>)>,
    /// Whether there are more.
    pub(crate) has_more: bool,
}

impl Org {
    /// An empty org.
    ///
    /// # Errors
    /// When the operating system has no random octets.
    pub(crate) fn new(settings: &OrgSettings) -> Result<Self, rand::rngs::SysError> {
        let random = Random::new(settings.seed)?;
        Ok(Self {
            id: random.id(*b"00o", "org"),
            policies: Policies {
                profile_enrollment: random.id(*b"rst", "profile enrollment policy"),
                access: random.id(*b"rst", "access policy"),
            },
            signing_key: random.org_key(),
            apps: BTreeMap::new(),
            attempts: HashMap::new(),
            keys: HashMap::new(),
            app_limit: settings.app_limit,
            strict: settings.strict,
            clock: settings.clock,
            random,
            rate: RateWindow::new(settings.rate_limit),
        })
    }

    /// The org's id.
    #[must_use]
    pub(crate) const fn id(&self) -> &OktaId {
        &self.id
    }

    /// The policies of the org.
    #[must_use]
    pub(crate) const fn policies(&self) -> &Policies {
        &self.policies
    }

    /// All apps, by id.
    pub(crate) fn apps(&self) -> impl Iterator<Item = (&AppId, &App)> {
        self.apps.iter().map(|(id, app)| (id, &**app))
    }

    // --- apps

    /// POST /apps.
    ///
    /// # Errors
    /// E0000003 and E0000001 as [`App::create`]; E0000001 when the org is full.
    pub(crate) fn create_app(&mut self, body: &Body<'_>, activate: bool) -> Result<(AppId, &App), OktaError> {
        self.insert_app(None, body, activate)
    }

    /// Adds an app, with this id or a fresh one.
    fn insert_app(
        &mut self,
        id: Option<AppId>,
        body: &Body<'_>,
        activate: bool,
    ) -> Result<(AppId, &App), OktaError> {
        let body = read(body)?;
        let (random, org) = (&mut self.random, self.signing_key);
        let keys = |kind: AppKind, label: &str| {
            let id = id.unwrap_or_else(|| random.app_id(kind.definition().name, label));
            (id, SigningKeys { own: random.app_key(&id), org })
        };
        let (id, app) = App::create(body, activate, keys, self.clock.now())?;
        self.check_nothing_ignored(body)?;
        if self.apps.len() >= self.app_limit {
            let cause = "Cannot create application instance. Maximum number of instances has been reached.";
            return Err(OktaError::validation(&rule::APP_LIMIT, "generalSettings", cause));
        }
        Ok((id, self.apps.entry(id).or_insert(Arc::new(app))))
    }

    /// GET /apps/{appId}.
    ///
    /// # Errors
    /// E0000007 for an app that does not exist; the id is not checked for shape (recorded).
    pub(crate) fn app(&self, id: &str) -> Result<(AppId, &App), OktaError> {
        let (id, app) =
            OktaId::parse(id).and_then(|id| self.apps.get_key_value(&id)).ok_or_else(|| unknown_app(id))?;
        Ok((*id, app))
    }

    fn app_mut(&mut self, id: &AppId) -> Result<&mut App, OktaError> {
        self.apps.get_mut(id).map(Arc::make_mut).ok_or_else(|| unknown_app(id.as_str()))
    }

    /// Whether a request is refused for what the org takes no notice of.
    #[must_use]
    pub(crate) const fn is_strict(&self) -> bool {
        self.strict
    }

    fn check_nothing_ignored(&self, body: &Object<'_>) -> Result<(), OktaError> {
        if self.strict { check_nothing_ignored(body) } else { Ok(()) }
    }

    /// GET /apps.
    #[must_use]
    pub(crate) fn list(&self, request: &ListRequest) -> Page {
        let start = request.after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut selected =
            self.apps.range((start, Bound::Unbounded)).filter(|(id, app)| request.selects(id, app));
        let page = selected.by_ref().take(request.limit);
        let apps: Vec<_> = page.map(|(id, app)| (*id, app.clone())).collect();
        Page { has_more: selected.next().is_some(), apps }
    }

    /// PUT /apps/{appId}. `as_read` is what a GET of the app answers.
    ///
    /// # Errors
    /// E0000007, then as [`App::replaced`].
    pub(crate) fn replace_app(
        &mut self,
        id: &str,
        body: &Body<'_>,
        as_read: impl FnOnce(AppId, &App) -> Value,
    ) -> Result<(AppId, &App), OktaError> {
        let (id, app) = self.app(id)?;
        let body = read(body)?;
        let next = app.replaced(body, self.clock.now())?;
        pass_over_as_read(body, || as_read(id, app));
        self.check_nothing_ignored(body)?;
        let app = self.app_mut(&id)?;
        *app = next;
        Ok((id, app))
    }

    /// DELETE /apps/{appId}.
    ///
    /// # Errors
    /// E0000007; E0000056 while the app is active.
    pub(crate) fn delete_app(&mut self, id: &str) -> Result<(), OktaError> {
        let (id, app) = self.app(id)?;
        app.check_deletable()?;
        if let Some(consent) = app.connection.consent() {
            self.attempts.remove(&consent.state.clone());
        }
        self.apps.remove(&id);
        self.keys.remove(&id);
        Ok(())
    }

    /// POST /apps/{appId}/lifecycle/activate and deactivate.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn set_app_status(&mut self, id: &str, status: AppStatus) -> Result<(), OktaError> {
        rule::APP_LIFECYCLE_EMPTY_OBJECT.apply();
        let (id, _) = self.app(id)?;
        let now = self.clock.now();
        let app = self.app_mut(&id)?;
        if app.status != status {
            app.status = status;
            app.last_updated = now;
        }
        Ok(())
    }

    // --- the provisioning connection

    /// POST connections/default.
    ///
    /// # Errors
    /// E0000007, E0000003, then as [`Connection::set`].
    pub(crate) fn set_connection(
        &mut self,
        id: &str,
        body: &Body<'_>,
        activate: bool,
    ) -> Result<(AppId, &App), OktaError> {
        let (id, _) = self.app(id)?;
        let attempt = Consent { state: self.random.state(&id), started: self.clock.now(), granted: false };
        let strict = self.strict;
        self.change_connection(id, |app| {
            let body = read(body)?;
            let Some(facts) = app.connection_facts() else {
                body.pass_over(&["profile", "baseUrl"]);
                return Ok(unsupported());
            };
            let next = app.connection.set(facts, body, activate, attempt)?;
            if strict {
                check_nothing_ignored(body)?;
            }
            Ok(next)
        })
    }

    /// POST connections/default/lifecycle/activate.
    ///
    /// # Errors
    /// E0000007, then as [`Connection::activated`].
    pub(crate) fn activate_connection(&mut self, id: &str) -> Result<(), OktaError> {
        let (id, _) = self.app(id)?;
        self.change_connection(id, |app| match app.connection_facts() {
            Some(facts) => app.connection.activated(facts),
            None => Ok(unsupported()),
        })
        .map(drop)
    }

    /// POST connections/default/lifecycle/deactivate.
    ///
    /// # Errors
    /// E0000007.
    pub(crate) fn deactivate_connection(&mut self, id: &str) -> Result<(), OktaError> {
        let (id, _) = self.app(id)?;
        self.change_connection(id, |app| Ok(app.connection.deactivated())).map(drop)
    }

    /// Puts the connection that a rule gives in the place of the one that stands, and keeps the
    /// index of open attempts in step.
    fn change_connection(
        &mut self,
        id: AppId,
        rule: impl FnOnce(&App) -> Result<Connection, OktaError>,
    ) -> Result<(AppId, &App), OktaError> {
        let app = self.apps.get_mut(&id).map(Arc::make_mut).ok_or_else(|| unknown_app(id.as_str()))?;
        let next = rule(app)?;
        let before = app.connection.consent().map(|consent| consent.state);
        let after = next.consent().map(|consent| consent.state);
        if before != after {
            before.map(|state| self.attempts.remove(&state));
            after.map(|state| self.attempts.insert(state, Attempt::of(id)));
        }
        app.connection = next;
        Ok((id, app))
    }

    /// Whose key signs for the connection, and the key if it was made already.
    ///
    /// # Errors
    /// E0000007 for apps other than okta_org2org.
    pub(crate) fn connection_key(
        &self,
        id: &str,
    ) -> Result<(AppId, KeyHolder, Option<&PublicKey>), OktaError> {
        let (id, app) = self.app(id)?;
        if app.kind != AppKind::Org2Org {
            return Err(OktaError::not_found(&rule::CONNECTION_JWKS_OTHER_APP, id.as_str(), "AppInstance"));
        }
        rule::CONNECTION_JWKS_FORM.apply();
        let holder = app.key_holder();
        let known = self.keys.get(&id).and_then(|keys| {
            keys.iter().find(|(automatic, _)| *automatic == (holder == KeyHolder::Connection))
        });
        Ok((id, holder, known.map(|(_, key)| key)))
    }

    /// Keeps a key that was made.
    pub(crate) fn keep_key(&mut self, id: AppId, holder: KeyHolder, key: PublicKey) {
        let automatic = holder == KeyHolder::Connection;
        if self.apps.contains_key(&id) {
            let keys = self.keys.entry(id).or_default();
            if !keys.iter().any(|(other, _)| *other == automatic) {
                keys.push((automatic, key));
            }
        }
    }

    // --- consent

    /// A person allowed at the third-party app: it issues a code, if the state is that of an
    /// attempt of this org at an app of this kind. Nothing is kept for any other state.
    pub(crate) fn issue_code(&mut self, kind: AppKind, state: &str, redirect_uri: &str) -> Option<Code> {
        let now = self.clock.now();
        let attempt = self.attempts.get_mut(&State::parse(state)?)?;
        if self.apps.get(&attempt.app)?.kind != kind {
            return None;
        }
        let code = self.random.code(state);
        attempt.codes.issue(code, redirect_uri, now);
        rule::THIRD_PARTY_OPEN_ATTEMPT.apply();
        Some(code)
    }

    /// The redirect from the third-party app, with a code or an error.
    ///
    /// # Errors
    /// E0000001 for a state or code that is missing, unknown, foreign or expired, for a redirect
    /// URI other than the one the code was issued for, and for a denial.
    pub(crate) fn redirect(
        &self,
        kind: AppKind,
        redirect_uri: &str,
        code: Parameter<'_>,
        state: Parameter<'_>,
        error: Parameter<'_>,
    ) -> Result<Continuation, OktaError> {
        let now = self.clock.now();
        let mut refusals = Refusals::default();
        let error = refusals.take(error, None);
        let open = consent::state(state).and_then(|state| self.open_attempt(kind, state, now));
        let open = refusals.take(open.map(Some), None);
        // There is either a code or an error (RFC 6749, 4.1.2).
        let code = if error.is_some() { Ok("") } else { consent::required(code, "code") };
        let code = refusals.take(code, "");
        let (state, attempt) = refusals.none(open)?.ok_or_else(consent::unknown_state)?;
        if error.is_some() {
            return Err(consent::denied());
        }
        let app = attempt.app;
        let code = attempt.codes.check(code, Some(redirect_uri), now)?;
        rule::CONSENT_CONTINUE_URL.apply();
        rule::CONSENT_CODE_KIND.apply();
        Ok(Continuation { app, kind, code, state })
    }

    /// The open attempt of this state, at an app of this kind.
    fn open_attempt(
        &self,
        kind: AppKind,
        state: State,
        now: Seconds,
    ) -> Result<(State, &Attempt), OktaError> {
        let attempt = self.attempts.get(&state).ok_or_else(consent::unknown_state)?;
        let (_, instance) = self.app(attempt.app.as_str())?;
        if instance.kind != kind {
            return Err(consent::unknown_state());
        }
        open_consent(instance, state, now)?;
        Ok((state, attempt))
    }

    /// POST /apps/{appName}/{appId}/oauth2/callback.
    ///
    /// # Errors
    /// E0000007 for an app or app name that does not fit, E0000001 for a code or state that does
    /// not. The connection is then as it was.
    pub(crate) fn verify_connection(
        &mut self,
        app_name: &str,
        id: &str,
        code: Parameter<'_>,
        state: Parameter<'_>,
    ) -> Result<(), OktaError> {
        let now = self.clock.now();
        let (id, app) = self.app(id)?;
        if app.kind.definition().name != app_name || !app.kind.consents() {
            return Err(OktaError::not_found(&rule::CONSENT_APP_NAME, id.as_str(), "AppInstance"));
        }
        let mut refusals = Refusals::default();
        let code = refusals.take(consent::required(code, "code"), "");
        let state = refusals.take(consent::state(state).map(Some), None);
        let state = refusals.none(state)?.ok_or_else(consent::unknown_state)?;
        open_consent(app, state, now)?;
        let attempt = self.attempts.get(&state).ok_or_else(consent::unknown_state)?;
        attempt.codes.check(code, None, now)?;
        let granted = Consent::granted(self.random.state(&id), now);
        let fresh = granted.state;
        if let Some(open) = self.app_mut(&id)?.connection.consent_mut() {
            *open = granted;
        }
        // The code is spent with its attempt; the authorize link begins a new one.
        self.attempts.remove(&state);
        self.attempts.insert(fresh, Attempt::of(id));
        rule::CONSENT_GRANTED.apply();
        Ok(())
    }

    /// Lets the attempt of this state, and the codes that were issued for it, grow old.
    ///
    /// # Errors
    /// E0000001 where no attempt of this state is open.
    pub(crate) fn age_consent(&mut self, state: &str, seconds: u32) -> Result<(), OktaError> {
        let parsed = State::parse(state).ok_or_else(consent::unknown_state)?;
        let attempt = self.attempts.get_mut(&parsed).ok_or_else(consent::unknown_state)?;
        attempt.codes.age(seconds);
        let app = attempt.app;
        if let Some(open) = self.app_mut(&app)?.connection.consent_mut() {
            open.started = open.started.plus(-i64::from(seconds));
        }
        Ok(())
    }

    // --- features

    /// GET features.
    ///
    /// # Errors
    /// E0000007, then as [`feature::list`].
    pub(crate) fn features(&self, id: &str) -> Result<(AppId, &App, &'static [FeatureName]), OktaError> {
        let (id, app) = self.app(id)?;
        Ok((id, app, feature::list(app.kind, &app.connection)?))
    }

    /// GET features/{featureName}.
    ///
    /// # Errors
    /// E0000007 for the feature's name, then for the app, then as [`feature::of_app`].
    pub(crate) fn feature(&self, id: &str, name: &str) -> Result<(AppId, &App, FeatureName), OktaError> {
        let name = FeatureName::parse(name)?;
        let (id, app) = self.app(id)?;
        feature::of_app(app.kind, &app.connection, name)?;
        Ok((id, app, name))
    }

    /// PUT features/{featureName}. The order of its checks is recorded: the name, the app, the
    /// body, whether the app supports provisioning; then the connection and the values (inferred).
    /// `as_read` is what a GET of the feature answers.
    ///
    /// # Errors
    /// As [`Org::feature`]; E0000003 for the body, E0000001 for its values.
    pub(crate) fn update_feature(
        &mut self,
        id: &str,
        name: &str,
        body: &Body<'_>,
        as_read: impl FnOnce(AppId, &App, FeatureName) -> Value,
    ) -> Result<(AppId, &App, FeatureName), OktaError> {
        let name = FeatureName::parse(name)?;
        let (id, app) = self.app(id)?;
        feature::named(app.kind, name)?;
        let body = read(body)?;
        let merged = match name {
            FeatureName::UserProvisioning => {
                let patch = UserPatch::read(body)?;
                feature::of_app(app.kind, &app.connection, name)?;
                Merged::User(patch.merge(app.features.user)?)
            }
            FeatureName::InboundProvisioning => {
                let patch = InboundPatch::read(body)?;
                feature::of_app(app.kind, &app.connection, name)?;
                Merged::Inbound(Box::new(patch.merge(&app.features.inbound())?))
            }
        };
        pass_over_as_read(body, || as_read(id, app, name));
        self.check_nothing_ignored(body)?;
        rule::FEATURE_KEPT.apply();
        let app = self.app_mut(&id)?;
        match merged {
            Merged::User(user) => app.features.user = user,
            Merged::Inbound(inbound) => app.features.inbound = Some(inbound),
        }
        Ok((id, app, name))
    }
}

impl Attempt {
    const fn of(app: AppId) -> Self {
        Self { app, codes: Codes::new() }
    }
}

/// The settings of one feature after an update.
enum Merged {
    User(UserProvisioning),
    Inbound(Box<InboundProvisioning>),
}

impl App {
    /// Whose key signs for the app's connection.
    fn key_holder(&self) -> KeyHolder {
        use crate::rules::connection::{Credential, RotationMode};
        match &self.connection {
            Connection::Set {
                credential: Credential::ServiceApp { rotation_mode: Some(RotationMode::Auto), .. },
                ..
            } => KeyHolder::Connection,
            _ => KeyHolder::App(self.signing_key),
        }
    }
}

fn read<'b, 'a>(body: &'b Body<'a>) -> Result<&'b Object<'a>, OktaError> {
    body.as_ref().map_err(OktaError::clone)
}

/// Counts members of a PUT as read that are as a GET answers them; most bodies have nothing to compare.
fn pass_over_as_read(body: &Object<'_>, as_read: impl FnOnce() -> Value) {
    if !body.is_read_whole() {
        body.pass_over_as_read(&as_read());
    }
}

fn unknown_app(id: &str) -> OktaError {
    OktaError::not_found(&rule::APP_UNKNOWN, id, "AppInstance")
}

/// The connection of an app without provisioning never changes.
fn unsupported() -> Connection {
    rule::CONNECTION_UNSUPPORTED.apply();
    Connection::NeverSet
}

/// That this state is the open one of the app, and not too old.
fn open_consent(app: &App, state: State, now: Seconds) -> Result<(), OktaError> {
    let consent = app.connection.consent().filter(|consent| consent.state == state);
    consent.ok_or_else(consent::unknown_state)?.check_open(now)
}
