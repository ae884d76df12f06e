//! The state of one org, as a plain struct.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::attempt::Attempt;
use super::clock::Clock;
use super::random::Random;
use super::rate::{RateLimit, RateWindow};
use super::settings::OrgSettings;
use super::signing::{SigningKey, SigningKeys};
use super::third_party::ThirdParty;
use super::used_ids::UsedIds;
use crate::rules::app::App;
use crate::rules::behaviour as rule;
use crate::rules::body::{Object, check_nothing_ignored};
use crate::rules::error::OktaError;
use crate::rules::identifier::{AppId, KeyId, OktaId, Seconds, State};
use crate::rules::identity_provider::IdentityProvider;

/// The body of a request, or its parse error. The org reports the error itself, because an unknown app is
/// refused before an unreadable body (recorded).
pub(crate) type Body<'a> = Result<Object<'a>, OktaError>;

/// An Okta org.
#[derive(Clone, Debug)]
pub(crate) struct Org {
    pub(super) identity: Identity,
    pub(super) apps: BTreeMap<AppId, Arc<App>>,
    pub(super) attempts: HashMap<State, Attempt>,
    /// The apps that are clients.
    pub(super) client_ids: BTreeSet<AppId>,
    pub(super) identity_providers: BTreeMap<OktaId, Arc<IdentityProvider>>,
    /// The keys of connections that are being verified.
    pub(super) verifying: Vec<(AppId, KeyId)>,
    /// Assertions and proofs that cannot be used again.
    pub(super) used: UsedIds,
    /// The generated signing keys. Each follows from its id and the org's random source.
    pub(crate) signing_keys: Arc<SigningKeys>,
    /// The key of access tokens, if one was given.
    pub(super) token_key: Option<Arc<SigningKey>>,
    pub(super) app_limit: usize,
    pub(super) strict: bool,
    /// The source of the time.
    pub(crate) clock: Clock,
    /// The source of new ids.
    pub(crate) random: Random,
    /// The rate-limit window.
    pub(crate) rate: RateWindow,
    /// How third-party apps answer.
    pub(crate) third_party: ThirdParty,
    /// The seed of the ids, if one was given.
    pub(super) seed: Option<u64>,
}

/// The ids that an org has from its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    /// The id of the org.
    pub(crate) id: OktaId,
    /// The policies that app objects link to.
    pub(crate) policies: Policies,
    /// The org's own signing key.
    pub(crate) signing_key: KeyId,
    /// The administrator, who owns every API token.
    pub(crate) administrator: OktaId,
    /// Since when the org exists.
    pub(crate) created: Seconds,
}

/// The policies that app objects link to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policies {
    /// `_links.profileEnrollment`
    pub(crate) profile_enrollment: OktaId,
    /// `_links.accessPolicy`
    pub(crate) access: OktaId,
}

impl Org {
    /// Creates an empty org.
    ///
    /// # Errors
    /// If the operating system has no random bytes.
    pub(crate) fn new(settings: &OrgSettings) -> Result<Self, rand::rngs::SysError> {
        let random = Random::new(settings.seed)?;
        let policies = Policies {
            profile_enrollment: random.id(*b"rst", "profile enrollment policy"),
            access: random.id(*b"rst", "access policy"),
        };
        Ok(Self {
            identity: Identity {
                id: random.id(*b"00o", "org"),
                policies,
                signing_key: random.org_key(),
                administrator: random.id(*b"00u", "administrator"),
                created: settings.clock.now(),
            },
            apps: BTreeMap::new(),
            attempts: HashMap::new(),
            client_ids: BTreeSet::new(),
            identity_providers: BTreeMap::new(),
            verifying: Vec::new(),
            used: UsedIds::default(),
            signing_keys: Arc::default(),
            token_key: settings.token_key.clone(),
            app_limit: settings.app_limit,
            strict: settings.strict,
            clock: settings.clock,
            random,
            third_party: ThirdParty::new(settings.consent),
            seed: settings.seed,
            rate: RateWindow::new(settings.rate_limit.map(|requests| RateLimit { requests, seconds: 60 })),
        })
    }

    /// Returns the ids that the org has from its start.
    #[must_use]
    pub(crate) const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns all apps, ordered by id, shared with the org.
    pub(crate) fn shared_apps(&self) -> impl Iterator<Item = (AppId, Arc<App>)> {
        self.apps.iter().map(|(id, app)| (*id, app.clone()))
    }

    /// Returns all apps, ordered by id.
    pub(crate) fn apps(&self) -> impl Iterator<Item = (&AppId, &App)> {
        self.apps.iter().map(|(id, app)| (id, &**app))
    }

    /// GET /apps/{appId}.
    ///
    /// # Errors
    /// E0000007 if the app does not exist. The form of the id is not checked (recorded).
    pub(crate) fn app(&self, id: &str) -> Result<(AppId, &Arc<App>), OktaError> {
        let (id, app) =
            OktaId::parse(id).and_then(|id| self.apps.get_key_value(&id)).ok_or_else(|| unknown_app(id))?;
        Ok((*id, app))
    }

    pub(super) fn app_mut(&mut self, id: &AppId) -> Result<&mut App, OktaError> {
        self.apps.get_mut(id).map(Arc::make_mut).ok_or_else(|| unknown_app(id.as_str()))
    }

    /// Returns the seed of the ids, if one was given.
    pub(crate) const fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// Returns true if requests with ignored members are refused.
    #[must_use]
    pub(crate) const fn is_strict(&self) -> bool {
        self.strict
    }

    pub(super) fn check_nothing_ignored(&self, body: &Object<'_>) -> Result<(), OktaError> {
        if self.strict { check_nothing_ignored(body) } else { Ok(()) }
    }
}

pub(super) fn read<'b, 'a>(body: &'b Body<'a>) -> Result<&'b Object<'a>, OktaError> {
    body.as_ref().map_err(OktaError::clone)
}

/// Marks the members of a PUT that equal those of a GET as read. Most bodies have no unread members to
/// compare.
pub(super) fn mark_unchanged(body: &Object<'_>, as_read: impl FnOnce() -> Value) {
    if !body.is_fully_read() {
        body.mark_unchanged(&as_read());
    }
}

pub(super) fn unknown_app(id: &str) -> OktaError {
    OktaError::not_found(&rule::APP_UNKNOWN, id, "AppInstance")
}
