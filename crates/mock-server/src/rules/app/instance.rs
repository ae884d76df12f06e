//! App instances, and how requests create and change them.

use std::sync::Arc;

use super::presentation::{DEFAULT_PRESENTATION, Presentation, default_presentation};
use super::recorded::Recorded;
use super::request::Request;
use crate::rules::behaviour as rule;
use crate::rules::body::Object;
use crate::rules::catalogue::{AppDefinition, AppKind, SignOnMode, SigningKey};
use crate::rules::connection::{AppFacts, Connection};
use crate::rules::error::{ErrorCode, OktaError, Refusals};
use crate::rules::feature::FeatureSettings;
use crate::rules::identifier::{AppId, KeyId, Seconds};

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

/// A value of `settings.app`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// `null`
    Null,
    /// A boolean.
    Boolean(bool),
    /// Text.
    Text(Box<str>),
    /// A list of texts.
    List(Box<[Box<str>]>),
}

/// The candidate signing keys of a new app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SigningKeys {
    /// A new key for the app.
    pub(crate) own: KeyId,
    /// The org's key.
    pub(crate) org: KeyId,
}

/// An app instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct App {
    /// The kind of app.
    pub(crate) kind: AppKind,
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
    /// The id of its signing key.
    pub(crate) signing_key: KeyId,
    /// Other changes by an administrator.
    pub(super) presentation: Option<Box<Presentation>>,
    /// The recorded object, of an app that the catalogue does not have.
    pub(crate) recorded: Option<Arc<Recorded>>,
    /// The provisioning connection.
    pub(crate) connection: Connection,
    /// The provisioning features.
    pub(crate) features: FeatureSettings,
}

impl App {
    /// POST /apps. Creates an app; `identity` returns its id and keys for its kind and label.
    ///
    /// # Errors
    /// E0000003 for members of a wrong type, E0000001 for values that the catalogue does not have.
    pub(crate) fn create(
        body: &Object<'_>,
        activate: bool,
        identity: impl FnOnce(AppKind, &str) -> (AppId, SigningKeys),
        now: Seconds,
    ) -> Result<(AppId, Self), OktaError> {
        let request = Request::read(body)?;
        let kind = request.kind()?;
        let definition = kind.definition();
        let sign_on_mode = request.sign_on_mode(definition)?.unwrap_or(definition.sign_on_modes[0]);
        let mut refusals = Refusals::default();
        rule::APP_MISSING_TOGETHER.apply();
        let label = refusals.take(request.label(), "");
        let settings = request.settings(definition, None, &mut refusals);
        let default_presentation = default_presentation(definition, sign_on_mode);
        let presentation =
            request.presentation(definition, sign_on_mode, &default_presentation, &mut refusals);
        refusals.into_result(())?;
        refuse_ws_federation(definition, sign_on_mode, &settings)?;
        let (id, keys) = identity(kind, label);
        let app = Self {
            kind,
            label: label.into(),
            status: if activate { AppStatus::Active } else { AppStatus::Inactive },
            created: now,
            last_updated: now,
            sign_on_mode,
            settings: settings.into(),
            signing_key: match definition.signing {
                SigningKey::Own => keys.own,
                SigningKey::Org => {
                    rule::APP_SIGNING_KEY_OF_ORG.apply();
                    keys.org
                }
            },
            presentation,
            recorded: None,
            connection: Connection::NeverSet,
            features: FeatureSettings::default(),
        };
        rule::BODY_UNKNOWN_MEMBER.apply();
        rule::APP_LABEL_DUPLICATE.apply();
        if app.setting("idpId").is_some() {
            rule::APP_IDP_ID.apply();
        }
        Ok((id, app))
    }

    /// PUT /apps/{appId}. Returns the changed app. Members that are not sent keep their values.
    ///
    /// # Errors
    /// As [`App::create`].
    pub(crate) fn replaced(&self, body: &Object<'_>, now: Seconds) -> Result<Self, OktaError> {
        rule::APP_REPLACE_MERGES.apply();
        let request = Request::read(body)?;
        if self.recorded.is_some() {
            let label = request.label()?.into();
            body.mark_read(&["lastUpdated"]);
            return Ok(Self { label, last_updated: now, ..self.clone() });
        }
        let definition = self.kind.definition();
        let sign_on_mode = request.sign_on_mode(definition)?.unwrap_or(self.sign_on_mode);
        let mut refusals = Refusals::default();
        let label = refusals.take(request.label(), "");
        let settings = request.settings(definition, Some(&self.settings), &mut refusals);
        let presentation = request.presentation(definition, sign_on_mode, self.presentation(), &mut refusals);
        refusals.check(request.check_signing_key(self.signing_key));
        refusals.into_result(())?;
        refuse_ws_federation(definition, sign_on_mode, &settings)?;
        // A client that read the app before its last change sends another value.
        body.mark_read(&["lastUpdated"]);
        Ok(Self {
            label: label.into(),
            last_updated: now,
            sign_on_mode,
            settings: settings.into(),
            presentation,
            ..self.clone()
        })
    }

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

    /// Returns the app name.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        self.recorded.as_deref().map_or(self.kind.definition().name, |recorded| &recorded.name)
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
        let index = self.kind.definition().settings.iter().position(|member| member.name == name)?;
        match self.settings.get(index)? {
            Setting::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the facts that the connection's rules need, if the app supports provisioning.
    #[must_use]
    pub(crate) fn connection_facts(&self) -> Option<AppFacts<'_>> {
        Some(AppFacts {
            provisioning: self.kind.definition().provisioning.as_ref()?,
            is_active: self.status == AppStatus::Active,
            base_url: self.setting("baseUrl"),
            refuses_credential: false,
        })
    }

    /// Returns the `features` array. Its names and their order are recorded for okta_org2org, and so is
    /// that they follow the connection and the feature settings. The mapping is inferred.
    #[must_use]
    pub(crate) fn feature_names(&self) -> Vec<&'static str> {
        rule::APP_FEATURES.apply();
        let Some(provisioning) = self.kind.definition().provisioning.as_ref() else {
            return Vec::new();
        };
        if !self.connection.is_enabled() {
            return Vec::new();
        }
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

/// Refuses office365 with automatic WS-Federation, which needs a consent that nobody gave (recorded).
fn refuse_ws_federation(
    definition: &AppDefinition,
    mode: SignOnMode,
    settings: &[Setting],
) -> Result<(), OktaError> {
    let automatic =
        definition.settings.iter().zip(settings).any(|(member, value)| {
            member.name == "wsFedConfigureType" && *value == Setting::Text("AUTO".into())
        });
    if automatic && mode == SignOnMode::Saml11 {
        let cause = "In order to continue using WS-FED Auto for SSO, you must grant admin consent.";
        return Err(OktaError::validation(&rule::APP_WS_FEDERATION_AUTO, "settings", cause));
    }
    Ok(())
}

/// Reads the `activate` query parameter of POST /apps: ACTIVE unless it is false (recorded, OpenAPI).
#[must_use]
pub(crate) fn is_created_active(parameter: Option<&str>) -> bool {
    rule::APP_ACTIVE_BY_DEFAULT.apply();
    parameter.is_none_or(|value| value.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::rules::body::parse_object;
    use crate::rules::identifier::OktaId;

    fn create(body: &Value) -> Result<App, OktaError> {
        let id = OktaId::parse("0oa00000000000000001").unwrap();
        let keys = SigningKeys { own: KeyId([0; 32]), org: KeyId([1; 32]) };
        let body = body.to_string();
        let created = App::create(&parse_object(body.as_bytes())?, true, |_, _| (id, keys), Seconds(1));
        created.map(|(_, app)| app)
    }

    #[test]
    fn documented_settings_are_required_and_recorded_ones_may_be_null() {
        for body in [
            json!({"name": "google", "label": "G", "settings": {"app": {}}}),
            json!({"name": "office365", "label": "O", "settings": {"app": {"domain": "d"}}}),
            json!({"name": "slack", "label": "S"}),
            json!({"name": "bookmark", "label": "B", "settings": {"app": {"url": " "}}}),
            json!({"name": "okta_org2org", "label": "H", "settings": {"app": {"baseUrl": "  "}}}),
            json!({"name": "zoomus", "label": "Z", "settings": {"app": {"subDomain": ""}}}),
        ] {
            assert_eq!(create(&body).unwrap_err().rule.name, "app.setting-missing", "{body}");
        }
        for body in [
            json!({"name": "okta_org2org", "label": "H", "settings": {"app": {"baseUrl": null}}}),
            json!({"name": "zoomus", "label": "Z", "settings": {"app": {"subDomain": null}}}),
            json!({"name": "zscalerbyz", "label": "Z"}),
        ] {
            assert!(create(&body).is_ok(), "{body}");
        }
    }

    #[test]
    fn each_refusal_has_its_rule() {
        for (body, rule) in [
            (json!({"label": "x"}), "app.create.name-unknown"),
            (json!({"name": "org2org", "label": "x"}), "app.create.name-unknown"),
            (json!({"name": "zoomus"}), "app.label-missing"),
            (json!({"name": "zoomus", "label": "  "}), "app.label-missing"),
            (json!({"name": "zoomus", "label": "z", "signOnMode": "BROWSER_PLUGIN"}), "app.sign-on-mode"),
            (json!({"name": "zoomus", "label": 1}), "body.wrong-type"),
            (
                json!({"name": "office365", "label": "o", "signOnMode": "SAML_1_1", "settings": {"app": {"domain": "d", "msftTenant": "t", "wsFedConfigureType": "AUTO"}}}),
                "app.ws-federation-auto",
            ),
        ] {
            assert_eq!(create(&body).unwrap_err().rule.name, rule, "{body}");
        }
    }

    #[test]
    fn both_names_of_the_identity_provider_are_accepted() {
        let app = create(&json!({"name": "okta_org2org", "label": "H", "signOnMode": "OPENID_CONNECT", "settings": {"app": {"baseUrl": "https://h", "idPId": "0oa1"}}})).unwrap();
        assert_eq!(app.setting("idpId"), Some("0oa1"));
        let both = |one: Value, other: &str| {
            create(
                &json!({"name": "okta_org2org", "label": "H", "settings": {"app": {"baseUrl": "https://h", "idpId": one, "idPId": other}}}),
            )
        };
        assert_eq!(both(json!("0oa1"), "0oa1").unwrap().setting("idpId"), Some("0oa1"));
        assert_eq!(both(Value::Null, "0oa1").unwrap().setting("idpId"), Some("0oa1"));
        assert_eq!(both(json!("0oa2"), "0oa1").unwrap_err().rule.name, "body.spellings-disagree");
    }

    #[test]
    fn username_templates_accept_only_documented_values() {
        let template = |template: Value| {
            create(
                &json!({"name": "zscalerbyz", "label": "Z", "credentials": {"userNameTemplate": template}}),
            )
        };
        for refused in [json!({"type": "X"}), json!({"pushStatus": "Y"})] {
            assert_eq!(template(refused).unwrap_err().rule.name, "app.member-value");
        }
        let app =
            template(json!({"template": "${source.email}", "type": "CUSTOM", "pushStatus": ""})).unwrap();
        assert_eq!(&*app.presentation().username.kind, "CUSTOM");
        assert_eq!(app.presentation().username.push_status, None);
        let none = template(json!({"type": "NONE", "template": null, "userSuffix": "@x.test"})).unwrap();
        assert_eq!(none.presentation().username.template, None);
        assert_eq!(none.presentation().username.user_suffix.as_deref(), Some("@x.test"));
        let both = template(json!({"type": "X", "pushStatus": "Y"})).unwrap_err();
        assert_eq!(
            both.causes,
            ["type: The field has an invalid value", "pushStatus: The field has an invalid value"]
        );
    }

    #[test]
    fn all_missing_members_are_named_in_document_order() {
        let body = json!({"name": "office365", "label": "o", "signOnMode": "BROWSER_PLUGIN"});
        let error = create(&body).unwrap_err();
        assert_eq!(error.summary, "Api validation failed: msftTenant");
        assert_eq!(
            error.causes,
            ["msftTenant: The field cannot be left blank", "domain: The field cannot be left blank"]
        );
        let error = create(&json!({"name": "google", "visibility": {"hide": {"iOS": 1}}})).unwrap_err();
        assert_eq!(error.rule.name, "body.wrong-type", "types are looked at before values");
        let error = create(&json!({"name": "google"})).unwrap_err();
        assert_eq!(error.causes.len(), 2, "{error:?}");
    }

    #[test]
    fn a_wrong_sign_on_mode_has_the_recorded_summary_and_causes() {
        let error = create(&json!({"name": "zoomus", "label": "z", "signOnMode": "BASIC_AUTH"})).unwrap_err();
        assert_eq!(error.summary, "Api validation failed: mediated");
        assert_eq!(error.causes[0], "Invalid signOnMode");
        assert_eq!(error.causes.len(), 2);
    }

    #[test]
    fn documented_members_are_stored() {
        let app = create(&json!({
            "name": "google", "label": "G", "profile": {"a": [1]}, "licensing": {"seatCount": 7},
            "settings": {
                "app": {"domain": "d", "afwOnly": true},
                "notifications": {"vpn": {"network": {"connection": "ANYWHERE"}, "message": "m"}},
                "signOn": {"audienceOverride": "a", "recipientOverride": "", "attributeStatements": [{"name": "n"}]}
            }
        }))
        .unwrap();
        let kept = app.presentation();
        assert_eq!((kept.seat_count, kept.sign_on.audience.as_deref()), (7, Some("a")));
        assert_eq!((kept.sign_on.recipient.as_deref(), kept.sign_on.attribute_statements.len()), (None, 1));
        assert_eq!((&*kept.vpn.connection, kept.vpn.message.as_deref()), ("ANYWHERE", Some("m")));
        assert_eq!(kept.profile.as_deref(), Some(&json!({"a": [1]})));
    }

    #[test]
    fn stored_texts_have_length_limits() {
        let long = "x".repeat(1025);
        for (body, member) in [
            (json!({"name": "zscalerbyz", "label": "x".repeat(101)}), "label"),
            (json!({"name": "zscalerbyz", "label": "z", "settings": {"notes": {"admin": long}}}), "admin"),
            (
                json!({"name": "zscalerbyz", "label": "z", "settings": {"app": {"siteDomain": long}}}),
                "siteDomain",
            ),
            (
                json!({"name": "zscalerbyz", "label": "z", "accessibility": {"loginRedirectUrl": long}}),
                "loginRedirectUrl",
            ),
            (
                json!({"name": "zscalerbyz", "label": "z", "credentials": {"userNameTemplate": {"template": long}}}),
                "template",
            ),
            (json!({"name": "zscalerbyz", "label": "z", "profile": {"x": "x".repeat(5000)}}), "profile"),
        ] {
            let error = create(&body).unwrap_err();
            assert_eq!(error.rule.name, "body.text-too-long", "{member}");
            assert_eq!(error.summary, format!("Api validation failed: {member}"));
        }
    }

    #[test]
    fn required_members_match_the_catalogue() {
        use crate::rules::catalogue::Need;
        for kind in AppKind::all() {
            let definition = kind.definition();
            let mut required: Vec<_> = definition.required.to_vec();
            required.sort_unstable();
            let marked = definition.settings.iter().filter(|member| member.need == Need::Required);
            let mut marked: Vec<_> = marked.map(|member| member.name).collect();
            marked.sort_unstable();
            assert_eq!(required, marked, "{}", definition.name);
        }
    }

    #[test]
    fn replacing_keeps_members_that_are_not_sent() {
        let app = create(&json!({"name": "google", "label": "G", "settings": {"app": {"domain": "d"}, "notes": {"admin": "a"}}})).unwrap();
        let body = parse_object(br#"{"name": "slack", "label": "New"}"#).unwrap();
        let next = app.replaced(&body, Seconds(2)).unwrap();
        assert_eq!((next.kind, &*next.label, next.setting("domain")), (AppKind::Google, "New", Some("d")));
        assert_eq!(next.presentation().admin_note.as_deref(), Some("a"));
        assert_eq!(next.last_updated, Seconds(2));
    }
}
