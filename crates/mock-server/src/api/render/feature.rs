//! Feature objects: `name, status, description, capabilities, _links`.

use serde::{Serialize, Serializer};

use super::{AppUrl, Hints, Link};
use crate::rules::app::App;
use crate::rules::behaviour as rule;
use crate::rules::feature::inbound::{InboundProvisioning, MatchingRules, UsernameFormat};
use crate::rules::feature::schedule::Schedule;
use crate::rules::feature::{EnabledStatus, FeatureName, UserProvisioning};

/// A feature of an app.
pub(crate) struct FeatureObject<'a> {
    pub(crate) app: &'a App,
    pub(crate) name: FeatureName,
    pub(crate) app_url: AppUrl<'a>,
}

#[derive(Serialize)]
struct Object<C, L> {
    name: &'static str,
    status: &'static str,
    description: &'static str,
    capabilities: C,
    #[serde(rename = "_links")]
    links: SelfLink<L>,
}

#[derive(Serialize)]
struct SelfLink<L> {
    #[serde(rename = "self")]
    to: Link<L>,
}

impl Serialize for FeatureObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.name {
            FeatureName::UserProvisioning => {
                self.object(UserCapabilities::from(self.app.features.user)).serialize(serializer)
            }
            FeatureName::InboundProvisioning => {
                let inbound = self.app.features.inbound();
                self.object(InboundCapabilities::from(&inbound)).serialize(serializer)
            }
        }
    }
}

impl FeatureObject<'_> {
    fn object<C: Serialize>(&self, capabilities: C) -> impl Serialize {
        let path = match self.name {
            FeatureName::UserProvisioning => "/features/USER_PROVISIONING",
            FeatureName::InboundProvisioning => "/features/INBOUND_PROVISIONING",
        };
        Object {
            name: self.name.as_str(),
            // A feature can only be read while the connection is enabled (recorded).
            status: "ENABLED",
            description: self.name.description(),
            capabilities,
            links: SelfLink { to: Link::hinted(self.app_url.join(path), Hints::allow(&["GET", "PUT"])) },
        }
    }
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

impl From<EnabledStatus> for Status {
    fn from(status: EnabledStatus) -> Self {
        Self { status: status.as_str() }
    }
}

#[derive(Serialize)]
pub(super) struct UserCapabilities {
    create: Create,
    update: Update,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    lifecycle_create: Status,
}

/// In the recorded order, independent of the request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    profile: Status,
    lifecycle_deactivate: Status,
    password: Password,
}

#[derive(Serialize)]
struct Password {
    status: &'static str,
    seed: &'static str,
    change: &'static str,
}

impl From<UserProvisioning> for UserCapabilities {
    fn from(user: UserProvisioning) -> Self {
        Self {
            create: Create { lifecycle_create: user.create.into() },
            update: Update {
                profile: user.profile.into(),
                lifecycle_deactivate: user.deactivate.into(),
                password: Password {
                    status: user.password.as_str(),
                    seed: user.seed.as_str(),
                    change: user.change.as_str(),
                },
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InboundCapabilities<'a> {
    import_settings: ImportSettings<'a>,
    import_rules: ImportRules,
}

#[derive(Serialize)]
struct ImportSettings<'a> {
    username: Username<'a>,
    schedule: ScheduleObject<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Username<'a> {
    // The expression comes first (recorded).
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name_expression: Option<&'a str>,
    user_name_format: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleObject<'a> {
    status: &'static str,
    full_import: Option<ScheduleSettings<'a>>,
    incremental_import: Option<ScheduleSettings<'a>>,
}

#[derive(Serialize)]
struct ScheduleSettings<'a> {
    expression: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportRules {
    user_create_and_match: UserCreateAndMatch,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserCreateAndMatch {
    exact_match_criteria: &'static str,
    allow_partial_match: bool,
    auto_confirm_partial_match: bool,
    auto_confirm_exact_match: bool,
    auto_confirm_new_users: bool,
    auto_activate_new_users: bool,
}

impl<'a> From<&'a InboundProvisioning> for InboundCapabilities<'a> {
    fn from(inbound: &'a InboundProvisioning) -> Self {
        rule::FEATURE_EXPRESSION_FIRST.apply();
        let (user_name_format, user_name_expression) = match &inbound.username {
            UsernameFormat::Email => ("EMAIL", None),
            UsernameFormat::Custom(expression) => ("CUSTOM", Some(&**expression)),
        };
        Self {
            import_settings: ImportSettings {
                username: Username { user_name_expression, user_name_format },
                schedule: ScheduleObject {
                    status: inbound.schedule.as_str(),
                    full_import: inbound.full_import.as_ref().map(schedule_settings),
                    incremental_import: inbound.incremental_import.as_ref().map(schedule_settings),
                },
            },
            import_rules: ImportRules { user_create_and_match: inbound.matching.into() },
        }
    }
}

fn schedule_settings(schedule: &Schedule) -> ScheduleSettings<'_> {
    ScheduleSettings { expression: &schedule.expression, timezone: schedule.timezone.as_deref() }
}

impl From<MatchingRules> for UserCreateAndMatch {
    fn from(rules: MatchingRules) -> Self {
        Self {
            exact_match_criteria: rules.exact_match_criteria.as_str(),
            allow_partial_match: rules.allow_partial_match,
            auto_confirm_partial_match: rules.auto_confirm_partial_match,
            auto_confirm_exact_match: rules.auto_confirm_exact_match,
            auto_confirm_new_users: rules.auto_confirm_new_users,
            auto_activate_new_users: rules.auto_activate_new_users,
        }
    }
}
