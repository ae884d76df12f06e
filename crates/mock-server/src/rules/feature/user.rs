//! USER_PROVISIONING: what Okta creates and updates in the app.

use super::super::behaviour as rule;
use super::super::body::{Members, Object};
use super::super::error::{OktaError, Refusals};
use super::settings::{EnabledStatus, STATUSES, choose, note_foreign_members, status_of};

/// OpenAPI SeedEnum: where a pushed password comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Seed {
    /// A random one (the default).
    #[default]
    Random,
    /// The Okta password.
    Okta,
}

/// OpenAPI ChangeEnum, and the guide's CYCLE: when a pushed password changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PasswordChange {
    /// Never (the default).
    #[default]
    KeepExisting,
    /// With the Okta password.
    Change,
    /// The guide's spelling; no current schema has it.
    Cycle,
}

impl Seed {
    /// The seed as Okta writes it.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Random => "RANDOM",
            Self::Okta => "OKTA",
        }
    }
}

impl PasswordChange {
    /// The change as it was sent.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::KeepExisting => "KEEP_EXISTING",
            Self::Change => "CHANGE",
            Self::Cycle => "CYCLE",
        }
    }
}

/// The settings of USER_PROVISIONING.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UserProvisioning {
    /// `create.lifecycleCreate.status`
    pub(crate) create: EnabledStatus,
    /// `update.profile.status`
    pub(crate) profile: EnabledStatus,
    /// `update.lifecycleDeactivate.status`
    pub(crate) deactivate: EnabledStatus,
    /// `update.password.status`
    pub(crate) password: EnabledStatus,
    /// `update.password.seed`
    pub(crate) seed: Seed,
    /// `update.password.change`
    pub(crate) change: PasswordChange,
}

/// The members of a PUT, of the right types; their values are checked when they are merged.
#[derive(Debug)]
pub(crate) struct UserPatch<'a> {
    create: Option<&'a str>,
    profile: Option<&'a str>,
    deactivate: Option<&'a str>,
    password: Option<&'a str>,
    seed: Option<&'a str>,
    change: Option<&'a str>,
}

impl<'a> UserPatch<'a> {
    /// Reads the body of a PUT.
    ///
    /// # Errors
    /// E0000003 for a member of another JSON type.
    pub(crate) fn read(body: &'a Object<'a>) -> Result<Self, OktaError> {
        note_foreign_members(body, ["create", "update"]);
        let members = Members::from(body);
        let update = members.object("update")?;
        let password = update.map(|it| it.object("password")).transpose()?.flatten();
        let of_password = |name| password.map(|it| it.text(name)).transpose().map(Option::flatten);
        Ok(Self {
            create: status_of(members.object("create")?, "lifecycleCreate")?,
            profile: status_of(update, "profile")?,
            deactivate: status_of(update, "lifecycleDeactivate")?,
            password: of_password("status")?,
            seed: of_password("seed")?,
            change: of_password("change")?,
        })
    }

    /// The settings after the PUT: what was not sent stands.
    ///
    /// # Errors
    /// E0000001 naming the member whose value is outside its enumeration.
    pub(crate) fn merge(&self, stands: UserProvisioning) -> Result<UserProvisioning, OktaError> {
        rule::FEATURE_MERGE.apply();
        let mut refusals = Refusals::default();
        let mut status = |sent, stands| refusals.take(choose(sent, stands, "status", &STATUSES), stands);
        let mut next = UserProvisioning {
            create: status(self.create, stands.create),
            profile: status(self.profile, stands.profile),
            deactivate: status(self.deactivate, stands.deactivate),
            password: status(self.password, stands.password),
            ..stands
        };
        let seeds = [("OKTA", Seed::Okta), ("RANDOM", Seed::Random)];
        next.seed = refusals.take(choose(self.seed, stands.seed, "seed", &seeds), stands.seed);
        let changes = [
            ("KEEP_EXISTING", PasswordChange::KeepExisting),
            ("CHANGE", PasswordChange::Change),
            ("CYCLE", PasswordChange::Cycle),
        ];
        next.change = refusals.take(choose(self.change, stands.change, "change", &changes), stands.change);
        if next.change == PasswordChange::Cycle {
            rule::FEATURE_PASSWORD_CYCLE.apply();
        }
        refusals.none(next)
    }
}
