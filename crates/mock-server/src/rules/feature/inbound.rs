//! INBOUND_PROVISIONING: import of users from the app.

use super::super::behaviour as rule;
use super::super::body::{Json, Members, Object, TEXT_LIMIT, check_length, is_blank};
use super::super::error::{OktaError, Refusals};
use super::schedule::{Schedule, SchedulePatch};
use super::status::{EnabledStatus, STATUSES, choose, note_foreign_members};

/// OpenAPI ImportUsernameObject: the username of imported users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum UsernameFormat {
    /// The email address, without an expression (recorded).
    #[default]
    Email,
    /// An Okta Expression Language expression.
    Custom(Box<str>),
}

/// The attribute by which imported users match Okta users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MatchCriteria {
    /// The username (recorded default).
    #[default]
    Username,
    /// The email address.
    Email,
}

impl MatchCriteria {
    /// Returns the criteria as Okta writes them.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Username => "USERNAME",
            Self::Email => "EMAIL",
        }
    }
}

/// The settings of INBOUND_PROVISIONING.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InboundProvisioning {
    /// `importSettings.username`
    pub(crate) username: UsernameFormat,
    /// `importSettings.schedule.status`
    pub(crate) schedule: EnabledStatus,
    /// `importSettings.schedule.fullImport`
    pub(crate) full_import: Option<Schedule>,
    /// `importSettings.schedule.incrementalImport`
    pub(crate) incremental_import: Option<Schedule>,
    /// `importRules.userCreateAndMatch`
    pub(crate) matching: MatchingRules,
}

/// OpenAPI CapabilitiesImportRulesUserCreateAndMatchObject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MatchingRules {
    /// `exactMatchCriteria`
    pub(crate) exact_match_criteria: MatchCriteria,
    /// `allowPartialMatch`
    pub(crate) allow_partial_match: bool,
    /// `autoConfirmPartialMatch`
    pub(crate) auto_confirm_partial_match: bool,
    /// `autoConfirmExactMatch`
    pub(crate) auto_confirm_exact_match: bool,
    /// `autoConfirmNewUsers`
    pub(crate) auto_confirm_new_users: bool,
    /// `autoActivateNewUsers`
    pub(crate) auto_activate_new_users: bool,
}

impl Default for InboundProvisioning {
    /// The recorded default (okta_org2org, 2025).
    fn default() -> Self {
        rule::FEATURE_DEFAULTS.apply();
        Self {
            username: UsernameFormat::Email,
            schedule: EnabledStatus::Disabled,
            full_import: None,
            incremental_import: None,
            matching: MatchingRules {
                exact_match_criteria: MatchCriteria::Username,
                allow_partial_match: true,
                auto_confirm_partial_match: false,
                auto_confirm_exact_match: false,
                auto_confirm_new_users: false,
                auto_activate_new_users: false,
            },
        }
    }
}

/// The members of a PUT, with checked types. Their values are checked on merge.
#[derive(Debug)]
pub(crate) struct InboundPatch<'a> {
    username_format: Option<&'a str>,
    username_expression: Option<&'a str>,
    schedule: Option<&'a str>,
    full_import: SchedulePatch<'a>,
    incremental_import: SchedulePatch<'a>,
    exact_match_criteria: Option<&'a str>,
    allow_partial_match: Option<bool>,
    auto_confirm_partial_match: Option<bool>,
    auto_confirm_exact_match: Option<bool>,
    auto_confirm_new_users: Option<bool>,
    auto_activate_new_users: Option<bool>,
}

/// The feature's own members.
const OWN_MEMBERS: [&str; 2] = ["importSettings", "importRules"];

impl<'a> InboundPatch<'a> {
    /// Reads the body of a PUT.
    ///
    /// # Errors
    /// E0000003 for a member of another JSON type.
    pub(crate) fn read(body: &'a Object<'a>) -> Result<Self, OktaError> {
        note_foreign_members(body, OWN_MEMBERS);
        let is_plain = body.names().any(|name| OWN_MEMBERS.contains(&name));
        let wrapped = if is_plain { None } else { body.get("capabilities") };
        let body = match wrapped {
            Some(Json::Object(wrapped)) => {
                rule::FEATURE_WRAPPED.apply();
                wrapped
            }
            _ => body,
        };
        let members = Members::from(body);
        let nested = |outer: Option<Members<'a>>, name: &str| {
            outer.map(|members| members.object(name)).transpose().map(Option::flatten)
        };
        let settings = members.object("importSettings")?;
        let (username, schedule) = (nested(settings, "username")?, nested(settings, "schedule")?);
        let matching = nested(members.object("importRules")?, "userCreateAndMatch")?;
        let text = |outer: Option<Members<'a>>, name: &str| {
            outer.map(|members| members.text(name)).transpose().map(Option::flatten)
        };
        let flag =
            |name: &str| matching.map(|members| members.boolean(name)).transpose().map(Option::flatten);
        rule::FEATURE_SPELLINGS.apply();
        Ok(Self {
            username_format: username
                .map(|members| members.text_by_either_name("userNameFormat", "usernameFormat"))
                .transpose()?
                .flatten(),
            username_expression: text(username, "userNameExpression")?,
            schedule: text(schedule, "status")?,
            full_import: SchedulePatch::read(schedule, "fullImport")?,
            incremental_import: SchedulePatch::read(schedule, "incrementalImport")?,
            exact_match_criteria: text(matching, "exactMatchCriteria")?,
            allow_partial_match: flag("allowPartialMatch")?,
            auto_confirm_partial_match: flag("autoConfirmPartialMatch")?,
            auto_confirm_exact_match: flag("autoConfirmExactMatch")?,
            auto_confirm_new_users: flag("autoConfirmNewUsers")?,
            auto_activate_new_users: flag("autoActivateNewUsers")?,
        })
    }

    /// Returns the settings after the PUT. Members that were not sent keep their values.
    ///
    /// # Errors
    /// E0000001 naming the member with the invalid value.
    pub(crate) fn merge(&self, current: &InboundProvisioning) -> Result<InboundProvisioning, OktaError> {
        rule::FEATURE_MERGE.apply();
        let mut refusals = Refusals::default();
        let schedule = choose(self.schedule, current.schedule, "status", &STATUSES);
        let full_import = self.full_import.merge(current.full_import.as_ref());
        let incremental_import = self.incremental_import.merge(current.incremental_import.as_ref());
        let next = InboundProvisioning {
            username: refusals.take(self.merge_username(&current.username), UsernameFormat::Email),
            schedule: refusals.take(schedule, current.schedule),
            full_import: refusals.take(full_import, None),
            incremental_import: refusals.take(incremental_import, None),
            matching: refusals.take(self.merge_matching(current.matching), current.matching),
        };
        refusals.into_result(next)
    }

    fn merge_username(&self, current: &UsernameFormat) -> Result<UsernameFormat, OktaError> {
        let current = match current {
            UsernameFormat::Custom(expression) => Some(&**expression),
            UsernameFormat::Email => None,
        };
        let is_custom = choose(
            self.username_format,
            current.is_some(),
            "userNameFormat",
            &[("EMAIL", false), ("CUSTOM", true)],
        )?;
        if !is_custom {
            return Ok(UsernameFormat::Email);
        }
        match self.username_expression.or(current) {
            Some(text) if !is_blank(Some(text)) => {
                let text = check_length(text, "userNameExpression", TEXT_LIMIT)?;
                Ok(UsernameFormat::Custom(text.into()))
            }
            _ => Err(OktaError::blank(&rule::FEATURE_EXPRESSION_MISSING, "userNameExpression")),
        }
    }

    fn merge_matching(&self, current: MatchingRules) -> Result<MatchingRules, OktaError> {
        Ok(MatchingRules {
            exact_match_criteria: choose(
                self.exact_match_criteria,
                current.exact_match_criteria,
                "exactMatchCriteria",
                &[("EMAIL", MatchCriteria::Email), ("USERNAME", MatchCriteria::Username)],
            )?,
            allow_partial_match: self.allow_partial_match.unwrap_or(current.allow_partial_match),
            auto_confirm_partial_match: self
                .auto_confirm_partial_match
                .unwrap_or(current.auto_confirm_partial_match),
            auto_confirm_exact_match: self
                .auto_confirm_exact_match
                .unwrap_or(current.auto_confirm_exact_match),
            auto_confirm_new_users: self.auto_confirm_new_users.unwrap_or(current.auto_confirm_new_users),
            auto_activate_new_users: self.auto_activate_new_users.unwrap_or(current.auto_activate_new_users),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::super::super::body::parse_object;
    use super::*;

    fn put(current: &InboundProvisioning, body: &Value) -> Result<InboundProvisioning, OktaError> {
        InboundPatch::read(&parse_object(body.to_string().as_bytes())?)?.merge(current)
    }

    #[test]
    fn an_empty_object_changes_nothing() {
        let current = InboundProvisioning::default();
        assert_eq!(put(&current, &json!({})).unwrap(), current);
        assert_eq!(put(&current, &json!({"importSettings": {"schedule": {}}})).unwrap(), current);
    }

    /// Some clients use one model for both features.
    #[test]
    fn members_of_the_other_feature_may_be_null() {
        let ignored = |body: Value| {
            let text = body.to_string();
            let body = parse_object(text.as_bytes()).unwrap();
            InboundPatch::read(&body).unwrap().merge(&InboundProvisioning::default()).unwrap();
            body.ignored()
        };
        assert_eq!(ignored(json!({"create": null, "update": null, "importRules": {}})), [""; 0]);
        assert_eq!(ignored(json!({"create": {}, "importRules": {}})), ["/create"]);
        assert_eq!(ignored(json!({"Create": {}, "importRules": {}})), ["/Create"]);
    }

    #[test]
    fn the_guide_spelling_is_accepted() {
        let body = json!({
            "importSettings": {
                "username": {"userNameFormat": "CUSTOM", "userNameExpression": "source.userName"},
                "schedule": {"status": "ENABLED", "fullImport": {"expression": "0 */4 * * *", "timeZone": "America/New_York"}, "incrementalImport": {}}
            },
            "importRules": {"userCreateAndMatch": {"exactMatchCriteria": "EMAIL", "allowPartialMatch": false}}
        });
        let after = put(&InboundProvisioning::default(), &body).unwrap();
        assert_eq!(after.username, UsernameFormat::Custom("source.userName".into()));
        assert_eq!(after.full_import.unwrap().timezone.as_deref(), Some("America/New_York"));
        assert_eq!(after.incremental_import, None);
        assert_eq!(after.matching.exact_match_criteria, MatchCriteria::Email);
    }

    #[test]
    fn invalid_values_are_named() {
        for (body, subject) in [
            (json!({"importSettings": {"username": {"userNameFormat": "CUSTOM"}}}), "userNameExpression"),
            (json!({"importSettings": {"username": {"userNameFormat": "email"}}}), "userNameFormat"),
            (json!({"importSettings": {"schedule": {"status": "ON"}}}), "status"),
            (json!({"importSettings": {"schedule": {"fullImport": {"timezone": "UTC"}}}}), "expression"),
            (json!({"importSettings": {"schedule": {"fullImport": {"expression": "@daily"}}}}), "expression"),
            (
                json!({"importSettings": {"schedule": {"fullImport": {"expression": "0 0 * * *", "timezone": "Nowhere"}}}}),
                "timezone",
            ),
            (
                json!({"importRules": {"userCreateAndMatch": {"exactMatchCriteria": "PHONE"}}}),
                "exactMatchCriteria",
            ),
        ] {
            let error = put(&InboundProvisioning::default(), &body).unwrap_err();
            assert_eq!(error.summary, format!("Api validation failed: {subject}"), "{body}");
        }
    }

    #[test]
    fn null_clears_a_schedule_and_is_ignored_elsewhere() {
        let set = json!({"importSettings": {"schedule": {"fullImport": {"expression": "0 0 * * *"}}}});
        let current = put(&InboundProvisioning::default(), &set).unwrap();
        let cleared = put(&current, &json!({"importSettings": {"schedule": {"fullImport": null}}})).unwrap();
        assert_eq!(cleared.full_import, None);
        let same = json!({"importSettings": null, "importRules": {"userCreateAndMatch": {"allowPartialMatch": null}}});
        assert_eq!(put(&current, &same).unwrap(), current);
    }

    #[test]
    fn a_feature_can_be_read_changed_and_written_back() {
        let body = json!({
            "name": "INBOUND_PROVISIONING", "status": "ENABLED", "description": "d", "_links": {},
            "capabilities": {"importRules": {"userCreateAndMatch": {"allowPartialMatch": false}}}
        });
        let after = put(&InboundProvisioning::default(), &body).unwrap();
        assert!(!after.matching.allow_partial_match);
        let both = json!({"importRules": {}, "capabilities": {"importRules": {"userCreateAndMatch": {"allowPartialMatch": false}}}});
        assert!(put(&InboundProvisioning::default(), &both).unwrap().matching.allow_partial_match);
    }

    #[test]
    fn all_invalid_values_are_named() {
        let body = json!({
            "importSettings": {"username": {"userNameFormat": "CUSTOM"}, "schedule": {"fullImport": {"expression": "x"}}},
            "importRules": {"userCreateAndMatch": {"exactMatchCriteria": "PHONE"}}
        });
        let error = put(&InboundProvisioning::default(), &body).unwrap_err();
        assert_eq!(error.summary, "Api validation failed: userNameExpression");
        assert_eq!(error.causes.len(), 3);
    }

    #[test]
    fn the_schedule_status_can_be_sent_alone() {
        let body = json!({"importSettings": {"schedule": {"status": "DISABLED"}}});
        let after = put(&InboundProvisioning::default(), &body).unwrap();
        assert_eq!((after.full_import, after.incremental_import), (None, None));
    }

    #[test]
    fn both_spellings_must_have_the_same_value() {
        let body =
            json!({"importSettings": {"username": {"userNameFormat": "EMAIL", "usernameFormat": "CUSTOM"}}});
        let error = put(&InboundProvisioning::default(), &body).unwrap_err();
        assert_eq!(error.rule.name, "body.spellings-disagree");
    }
}
