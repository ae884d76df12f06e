//! How the third-party apps of an org answer: whether they accept a credential and a code, and what the
//! person decides.

use std::collections::BTreeMap;

use crate::rules::identifier::AppId;

/// Behaviour of the third-party app when a client opens the authorize link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsentMode {
    /// Asks clients that want HTML; grants consent to others without asking.
    #[default]
    AskBrowsers,
    /// Asks every client.
    Ask,
    /// Allows without asking.
    Grant,
    /// Denies without asking.
    Deny,
}

/// The behavior of a third-party app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThirdPartyBehavior {
    /// True if it refuses the credential of a connection that is activated.
    pub refuses_credential: bool,
    /// True if it refuses the code of a consent.
    pub refuses_code: bool,
    /// Behavior when a client opens the authorize link.
    pub consent: ConsentMode,
}

/// The behavior of all third-party apps of an org.
#[derive(Clone, Debug, Default)]
pub(crate) struct ThirdParty {
    default: ThirdPartyBehavior,
    apps: BTreeMap<AppId, ThirdPartyBehavior>,
}

impl ThirdParty {
    /// Creates third-party apps that accept everything, and ask as this mode says.
    pub(crate) fn new(consent: ConsentMode) -> Self {
        Self {
            default: ThirdPartyBehavior { consent, ..ThirdPartyBehavior::default() },
            apps: BTreeMap::new(),
        }
    }

    /// Returns the behavior at an app.
    pub(crate) fn at(&self, app: &AppId) -> ThirdPartyBehavior {
        self.apps.get(app).copied().unwrap_or(self.default)
    }

    /// Returns the behavior at apps that have none of their own.
    pub(crate) const fn default(&self) -> ThirdPartyBehavior {
        self.default
    }

    /// Returns the apps that have a behavior of their own.
    pub(crate) fn apps(&self) -> impl Iterator<Item = (&AppId, &ThirdPartyBehavior)> {
        self.apps.iter()
    }

    /// Sets the behavior at an app, or at all apps that have none of their own.
    pub(crate) fn set(&mut self, app: Option<AppId>, behavior: ThirdPartyBehavior) {
        match app {
            Some(app) => drop(self.apps.insert(app, behavior)),
            None => self.default = behavior,
        }
    }

    /// Forgets the behavior at apps that are gone.
    pub(crate) fn retain(&mut self, is_there: impl Fn(&AppId) -> bool) {
        self.apps.retain(|app, _| is_there(app));
    }
}
