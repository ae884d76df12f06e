//! Requests that create and replace apps.

use std::sync::Arc;

use super::instance::{App, AppSource, AppStatus};
use super::keys::AppKeys;
use super::presentation::default_presentation;
use super::request::Request;
use super::setting::Setting;
use crate::rules::behaviour as rule;
use crate::rules::body::Object;
use crate::rules::catalogue::{AppDefinition, AppKind, SignOnMode, SigningKey};
use crate::rules::connection::Connection;
use crate::rules::error::{OktaError, Refusals};
use crate::rules::feature::FeatureSettings;
use crate::rules::identifier::{AppId, KeyId, OktaId, Seconds};
use crate::rules::oauth::client::new_secret;

/// The candidate signing keys of a new app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SigningKeys {
    /// A new key for the app.
    pub(crate) own: KeyId,
    /// The org's key.
    pub(crate) org: KeyId,
}

/// The source of the ids of a new app.
pub(crate) trait NewIds {
    /// Returns the id of an app of this kind and label.
    fn app(&mut self, kind: AppKind, label: &str) -> AppId;
    /// Returns the candidate signing keys of an app.
    fn signing_keys(&mut self, app: &AppId) -> SigningKeys;
    /// Returns the id of a client's key.
    fn client_key(&mut self, app: &AppId, description: &str) -> OktaId;
    /// Returns the id of a client's secret.
    fn client_secret(&mut self, app: &AppId) -> OktaId;
}

impl App {
    /// POST /apps. Creates an app.
    ///
    /// # Errors
    /// E0000003 for members of a wrong type, E0000001 for values that the catalogue does not have.
    pub(crate) fn create(
        body: &Object<'_>,
        activate: bool,
        ids: &mut impl NewIds,
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
        let client = request.client(kind, None, now, &mut refusals);
        refusals.into_result(())?;
        refuse_ws_federation(definition, sign_on_mode, &settings)?;
        let id = ids.app(kind, label);
        let keys = ids.signing_keys(&id);
        let client = client.map(|mut client| {
            client.assign_key_ids(|key| ids.client_key(&id, key));
            if client.has_secret() {
                client.secrets.push(new_secret(ids.client_secret(&id), now));
            }
            client.into()
        });
        let app = Self {
            source: AppSource::Catalogue(kind),
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
            keys: AppKeys::default(),
            client,
            presentation,
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

    /// PUT /apps/{appId}. Returns the changed app. Members that are not sent keep their values. New keys of a
    /// client have no id yet.
    ///
    /// # Errors
    /// As [`App::create`].
    pub(crate) fn replaced(&self, body: &Object<'_>, now: Seconds) -> Result<Self, OktaError> {
        rule::APP_REPLACE_MERGES.apply();
        let request = Request::read(body)?;
        let Some(kind) = self.kind() else {
            let label = request.label()?.into();
            body.mark_read(&["lastUpdated"]);
            return Ok(Self { label, last_updated: now, ..self.clone() });
        };
        let definition = kind.definition();
        let sign_on_mode = request.sign_on_mode(definition)?.unwrap_or(self.sign_on_mode);
        let mut refusals = Refusals::default();
        let label = refusals.take(request.label(), "");
        let settings = request.settings(definition, Some(&self.settings), &mut refusals);
        let presentation = request.presentation(definition, sign_on_mode, self.presentation(), &mut refusals);
        let signing_key = refusals.take(request.signing_key(self), self.signing_key);
        let client = request.client(kind, self.client.as_deref(), now, &mut refusals);
        refusals.into_result(())?;
        refuse_ws_federation(definition, sign_on_mode, &settings)?;
        // A client that read the app before its last change sends another value.
        body.mark_read(&["lastUpdated"]);
        // The key that the app was created with stays one of its keys.
        let keys = AppKeys::new(self.first_key(), self.keys.generated().to_vec());
        Ok(Self {
            label: label.into(),
            last_updated: now,
            sign_on_mode,
            settings: settings.into(),
            signing_key,
            keys,
            client: client.map(Arc::new),
            presentation,
            ..self.clone()
        })
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

    struct TestIds;

    impl NewIds for TestIds {
        fn app(&mut self, _: AppKind, _: &str) -> AppId {
            OktaId::parse("0oa00000000000000001").unwrap()
        }

        fn signing_keys(&mut self, _: &AppId) -> SigningKeys {
            SigningKeys { own: KeyId([0; 32]), org: KeyId([1; 32]) }
        }

        fn client_key(&mut self, _: &AppId, _: &str) -> OktaId {
            OktaId::parse("pks00000000000000001").unwrap()
        }

        fn client_secret(&mut self, _: &AppId) -> OktaId {
            OktaId::parse("ocs00000000000000001").unwrap()
        }
    }

    fn create(body: &Value) -> Result<App, OktaError> {
        let body = body.to_string();
        let created = App::create(&parse_object(body.as_bytes())?, true, &mut TestIds, Seconds(1));
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
        assert_eq!(
            (next.kind(), &*next.label, next.setting("domain")),
            (Some(AppKind::Google), "New", Some("d"))
        );
        assert_eq!(next.presentation().admin_note.as_deref(), Some("a"));
        assert_eq!(next.last_updated, Seconds(2));
    }
}
