//! USER_PROVISIONING: what Okta creates and updates in the app.

use super::super::behaviour as rule;
use super::super::body::{Members, Object};
use super::super::error::{OktaError, Refusals};
use super::status::{EnabledStatus, STATUSES, choose, note_foreign_members, read_status};

/// OpenAPI SeedEnum: the source of a pushed password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Seed {
    /// A random password (default).
    #[default]
    Random,
    /// The Okta password.
    Okta,
}

/// OpenAPI ChangeEnum and the guide's CYCLE: when a pushed password changes.
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
    /// Returns the seed as Okta writes it.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Random => "RANDOM",
            Self::Okta => "OKTA",
        }
    }
}

impl PasswordChange {
    /// Returns the value as sent.
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

/// The members of a PUT, with checked types. Their values are checked on merge.
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
        let password = update.map(|members| members.object("password")).transpose()?.flatten();
        let password_text =
            |name| password.map(|members| members.text(name)).transpose().map(Option::flatten);
        Ok(Self {
            create: read_status(members.object("create")?, "lifecycleCreate")?,
            profile: read_status(update, "profile")?,
            deactivate: read_status(update, "lifecycleDeactivate")?,
            password: password_text("status")?,
            seed: password_text("seed")?,
            change: password_text("change")?,
        })
    }

    /// Returns the settings after the PUT. Members that were not sent keep their values.
    ///
    /// # Errors
    /// E0000001 naming the member whose value is outside its enumeration.
    pub(crate) fn merge(&self, current: UserProvisioning) -> Result<UserProvisioning, OktaError> {
        rule::FEATURE_MERGE.apply();
        let mut refusals = Refusals::default();
        let mut status = |sent, current| refusals.take(choose(sent, current, "status", &STATUSES), current);
        let mut next = UserProvisioning {
            create: status(self.create, current.create),
            profile: status(self.profile, current.profile),
            deactivate: status(self.deactivate, current.deactivate),
            password: status(self.password, current.password),
            ..current
        };
        let seeds = [("OKTA", Seed::Okta), ("RANDOM", Seed::Random)];
        next.seed = refusals.take(choose(self.seed, current.seed, "seed", &seeds), current.seed);
        let changes = [
            ("KEEP_EXISTING", PasswordChange::KeepExisting),
            ("CHANGE", PasswordChange::Change),
            ("CYCLE", PasswordChange::Cycle),
        ];
        next.change = refusals.take(choose(self.change, current.change, "change", &changes), current.change);
        if next.change == PasswordChange::Cycle {
            rule::FEATURE_PASSWORD_CYCLE.apply();
        }
        refusals.into_result(next)
    }
}
