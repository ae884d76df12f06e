//! App instances.

use std::sync::Arc;

use super::keys::AppKeys;
use super::presentation::{DEFAULT_PRESENTATION, Presentation};
use super::recorded::Recorded;
use super::setting::Setting;
use crate::rules::behaviour as rule;
use crate::rules::catalogue::{AppKind, Provisioning, SignOnMode};
use crate::rules::connection::{AppFacts, Connection, Verification};
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::feature::FeatureSettings;
use crate::rules::identifier::{KeyId, Seconds};
use crate::rules::oauth::client::OauthClient;

/// OpenAPI ApplicationLifecycleStatus, without the values that this org does not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppStatus {
    /// In use.
    Active,
    /// Not in use.
    Inactive,
}

impl AppStatus {
    /// Parses a status.
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Inactive].into_iter().find(|status| status.as_str() == text)
    }

    /// Returns the status as Okta writes it.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
        }
    }
}

/// The source of the facts about an app's kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AppSource {
    /// The catalogue.
    Catalogue(AppKind),
    /// The app object as it was recorded; the catalogue does not have its kind.
    Recorded(Arc<Recorded>),
}

/// An app instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct App {
    /// The source of the facts about its kind.
    pub(crate) source: AppSource,
    /// The label.
    pub(crate) label: Arc<str>,
    /// The status.
    pub(crate) status: AppStatus,
    /// Creation time.
    pub(crate) created: Seconds,
    /// Time of the last change.
    pub(crate) last_updated: Seconds,
    /// The sign-on mode.
    pub(crate) sign_on_mode: SignOnMode,
    /// The values of `settings.app`, in the order of the catalogue.
    pub(crate) settings: Arc<[Setting]>,
    /// The id of the key that signs for it.
    pub(crate) signing_key: KeyId,
    /// Its other keys, if any were generated or cloned.
    pub(crate) keys: AppKeys,
    /// The OAuth 2.0 client, if the app is one.
    pub(crate) client: Option<Arc<OauthClient>>,
    /// Other changes by an administrator.
    pub(super) presentation: Option<Box<Presentation>>,
    /// The provisioning connection.
    pub(crate) connection: Connection,
    /// The provisioning features.
    pub(crate) features: FeatureSettings,
}

impl App {
    /// Checks that the app may be deleted.
    ///
    /// # Errors
    /// E0000056 while the app is active (recorded).
    pub(crate) fn check_deletable(&self) -> Result<(), OktaError> {
        if self.status == AppStatus::Active {
            return Err(OktaError::new(&rule::APP_DELETE_ACTIVE, ErrorCode::DeleteForbidden)
                .because("The application must be deactivated before deletion."));
        }
        Ok(())
    }

    /// Returns the kind of app, if the catalogue has it.
    #[must_use]
    pub(crate) fn kind(&self) -> Option<AppKind> {
        match self.source {
            AppSource::Catalogue(kind) => Some(kind),
            AppSource::Recorded(_) => None,
        }
    }

    /// Returns the app name.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        match &self.source {
            AppSource::Catalogue(kind) => kind.definition().name,
            AppSource::Recorded(recorded) => &recorded.name,
        }
    }

    /// Returns the provisioning that the app supports. Recorded apps have none.
    #[must_use]
    pub(crate) fn provisioning(&self) -> Option<&'static Provisioning> {
        self.kind()?.definition().provisioning.as_ref()
    }

    /// Returns the settings of how the app is shown and filled in.
    #[must_use]
    pub(crate) fn presentation(&self) -> &Presentation {
        self.presentation.as_deref().unwrap_or(&DEFAULT_PRESENTATION)
    }

    /// Returns true if answers name the app's signing key (recorded: forms and bookmarks have none).
    #[must_use]
    pub(crate) fn shows_signing_key(&self) -> bool {
        !self.sign_on_mode.fills_in_forms() && self.sign_on_mode != SignOnMode::Bookmark
    }

    /// Returns a text member of `settings.app`, if it is set.
    #[must_use]
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        let index = self.kind()?.definition().settings.iter().position(|member| member.name == name)?;
        match self.settings.get(index)? {
            Setting::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the facts that the connection's rules need, if the app supports provisioning.
    #[must_use]
    pub(crate) fn connection_facts(&self) -> Option<AppFacts<'_>> {
        Some(AppFacts {
            provisioning: self.provisioning()?,
            is_active: self.status == AppStatus::Active,
            base_url: self.setting("baseUrl"),
            verification: Verification::NotAsked,
        })
    }

    /// Returns the `features` array. Its names and their order are recorded for okta_org2org, and so is
    /// that they follow the connection and the feature settings. The mapping is inferred.
    #[must_use]
    pub(crate) fn feature_names(&self) -> Vec<&'static str> {
        rule::APP_FEATURES.apply();
        let Some(provisioning) = self.provisioning().filter(|_| self.connection.is_enabled()) else {
            return Vec::new();
        };
        let user = &self.features.user;
        [
            ("IMPORT_PROFILE_UPDATES", provisioning.inbound),
            ("PUSH_NEW_USERS", user.create.is_enabled()),
            ("GROUP_PUSH", true),
            ("IMPORT_USER_SCHEMA", provisioning.inbound),
            ("IMPORT_NEW_USERS", provisioning.inbound),
            ("PUSH_PROFILE_UPDATES", user.profile.is_enabled()),
            ("PUSH_USER_DEACTIVATION", user.deactivate.is_enabled()),
            ("PUSH_PASSWORD_UPDATES", user.password.is_enabled()),
        ]
        .into_iter()
        .filter_map(|(name, is_on)| is_on.then_some(name))
        .collect()
    }
}
