//! App objects, with the members recorded in 2025 and 2026.

use secrecy::{ExposeSecret, SecretString};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::client_key::{EchoedKeys, StoredKeys};
use super::recorded::RecordedObject;
use super::{AppUrl, DisplayText, Hints, Link, Timestamp};
use crate::org::Identity;
use crate::rules::app::{App, AppSource, AppStatus, Presentation, Setting};
use crate::rules::behaviour as rule;
use crate::rules::catalogue::{AppDefinition, AppKind, SignOnMode, UniversalLogout};
use crate::rules::identifier::{AppId, OktaId};
use crate::rules::oauth::client::{KeySource, OauthClient};

/// An app of an org.
pub(crate) struct AppObject<'a> {
    app: &'a App,
    app_url: AppUrl<'a>,
    identity: Identity,
    /// The client's secret, in the answer to its creation.
    secret: Option<SecretString>,
}

impl<'a> AppObject<'a> {
    pub(crate) const fn new(identity: Identity, app: &'a App, app_url: AppUrl<'a>) -> Self {
        Self { app, app_url, identity, secret: None }
    }

    /// Shows the secret of a client.
    pub(crate) fn with_secret(self, secret: Option<SecretString>) -> Self {
        Self { secret, ..self }
    }
}

impl Serialize for AppObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let app = self.app;
        let definition = match &app.source {
            AppSource::Catalogue(kind) => kind.definition(),
            AppSource::Recorded(recorded) => {
                return RecordedObject { app, recorded, origin: self.app_url.origin }.serialize(serializer);
            }
        };
        let presentation = app.presentation();
        let preview = self.app_url.origin.is_preview();
        let region = if preview { "oktapreview" } else { "okta" };
        let (name, id) = (definition.name, self.app_url.app);
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("id", id.as_str())?;
        let orn = format_args!("orn:{region}:idp:{}:apps:{name}:{id}", self.identity.id).to_string();
        members.serialize_entry("orn", &orn)?;
        members.serialize_entry("name", name)?;
        serialize_history(app, &mut members)?;
        members.serialize_entry("accessibility", &Accessibility::new(presentation))?;
        if definition.licensed {
            members.serialize_entry("licensing", &Licensing { seat_count: presentation.seat_count })?;
        }
        members.serialize_entry("visibility", &Visibility::new(definition, presentation))?;
        members.serialize_entry("features", &app.feature_names())?;
        members.serialize_entry("signOnMode", app.sign_on_mode.as_str())?;
        members.serialize_entry("credentials", &Credentials::new(app, Some(id), self.secret.as_ref()))?;
        rule::APP_NULLS.apply();
        members.serialize_entry("universalLogout", &Logout::new(definition.universal_logout))?;
        members.serialize_entry("settings", &Settings::new(app, definition, Derived::Shown { preview }))?;
        if let Some(profile) = &presentation.profile {
            members.serialize_entry("profile", profile)?;
        }
        members.serialize_entry("_links", &Links(self, definition))?;
        members.end()
    }
}

fn serialize_history<M: SerializeMap>(app: &App, members: &mut M) -> Result<(), M::Error> {
    members.serialize_entry("label", &*app.label)?;
    members.serialize_entry("status", app.status.as_str())?;
    members.serialize_entry("lastUpdated", &Timestamp(app.last_updated))?;
    members.serialize_entry("created", &Timestamp(app.created))
}

/// Serializes the members of an app for a state document: those from which a request can create it again.
pub(super) fn serialize_stored<M: SerializeMap>(
    app: &App,
    definition: &'static AppDefinition,
    id: &AppId,
    members: &mut M,
) -> Result<(), M::Error> {
    let presentation = app.presentation();
    members.serialize_entry("id", id.as_str())?;
    members.serialize_entry("name", definition.name)?;
    serialize_history(app, members)?;
    members.serialize_entry("accessibility", &Accessibility::new(presentation))?;
    if definition.licensed {
        members.serialize_entry("licensing", &Licensing { seat_count: presentation.seat_count })?;
    }
    members.serialize_entry("visibility", &Visibility::new(definition, presentation))?;
    members.serialize_entry("signOnMode", app.sign_on_mode.as_str())?;
    members.serialize_entry("credentials", &Credentials::new(app, None, None))?;
    members.serialize_entry("settings", &Settings::new(app, definition, Derived::Hidden))?;
    match &presentation.profile {
        Some(profile) => members.serialize_entry("profile", profile),
        None => Ok(()),
    }
}

/// Members of an app object that no request sets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Derived {
    /// Shown, as in answers.
    Shown { preview: bool },
    /// Left out, as in state documents.
    Hidden,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Accessibility<'a> {
    self_service: bool,
    error_redirect_url: Option<&'a str>,
    login_redirect_url: Option<&'a str>,
}

impl<'a> Accessibility<'a> {
    fn new(presentation: &'a Presentation) -> Self {
        Self {
            self_service: presentation.self_service,
            error_redirect_url: presentation.error_redirect_url.as_deref(),
            login_redirect_url: presentation.login_redirect_url.as_deref(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Licensing {
    seat_count: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Visibility<'a> {
    auto_launch: bool,
    auto_submit_toolbar: bool,
    hide: Hide,
    app_links: AppLinks<'a>,
}

#[derive(Serialize)]
struct Hide {
    #[serde(rename = "iOS")]
    ios: bool,
    web: bool,
}

/// Every app link, with whether it is shown.
struct AppLinks<'a>(&'static [&'static str], &'a [&'static str]);

impl Serialize for AppLinks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|name| (name, !self.1.contains(name))))
    }
}

impl<'a> Visibility<'a> {
    fn new(definition: &AppDefinition, presentation: &'a Presentation) -> Self {
        Self {
            auto_launch: presentation.auto_launch,
            auto_submit_toolbar: presentation.auto_submit_toolbar,
            hide: Hide { ios: presentation.hide_ios, web: presentation.hide_web },
            app_links: AppLinks(definition.app_links, &presentation.hidden_links),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Credentials<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<&'a str>,
    user_name_template: UserNameTemplate<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reveal_password: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<&'a str>,
    signing: Signing,
    #[serde(skip_serializing_if = "Option::is_none")]
    oauth_client: Option<OauthCredentials<'a>>,
}

/// `credentials.oauthClient`, in the recorded order.
#[derive(Serialize)]
struct OauthCredentials<'a> {
    #[serde(rename = "autoKeyRotation")]
    auto_key_rotation: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    token_endpoint_auth_method: &'static str,
    pkce_required: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserNameTemplate<'a> {
    template: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    push_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_suffix: Option<&'a str>,
}

#[derive(Serialize)]
struct Signing {
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
}

impl<'a> Credentials<'a> {
    fn new(app: &'a App, client_id: Option<&'a AppId>, secret: Option<&'a SecretString>) -> Self {
        let presentation = app.presentation();
        let username = &presentation.username;
        let form = app.sign_on_mode.fills_in_forms().then_some(&presentation.form);
        Self {
            scheme: form.map(|form| &*form.scheme),
            user_name_template: UserNameTemplate {
                template: username.template.as_deref(),
                kind: &username.kind,
                push_status: username.push_status.as_deref(),
                user_suffix: username.user_suffix.as_deref(),
            },
            reveal_password: form.map(|form| form.reveal_password),
            user_name: form.and_then(|form| form.user_name.as_deref()),
            signing: Signing { kid: app.shows_signing_key().then(|| app.signing_key.to_string()) },
            oauth_client: app.client.as_ref().map(|client| OauthCredentials {
                auto_key_rotation: client.auto_key_rotation,
                client_id: client_id.map(OktaId::as_str),
                client_secret: secret.map(ExposeSecret::expose_secret),
                token_endpoint_auth_method: client.authentication,
                pkce_required: client.pkce_required,
            }),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logout {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    support_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_stack: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<&'static str>,
}

impl Logout {
    fn new(logout: UniversalLogout) -> Option<Self> {
        match logout {
            UniversalLogout::Null => None,
            UniversalLogout::Unsupported => {
                Some(Self { status: "UNSUPPORTED", support_type: None, identity_stack: None, protocol: None })
            }
            UniversalLogout::Disabled { support_type, identity_stack } => Some(Self {
                status: "DISABLED",
                support_type: Some(support_type),
                identity_stack: Some(identity_stack),
                protocol: Some("PROPRIETARY"),
            }),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings<'a> {
    app: AppSettings<'a>,
    notifications: Notifications<'a>,
    manual_provisioning: bool,
    implicit_assignment: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    em_opt_in_status: Option<&'static str>,
    notes: Notes<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_on: Option<SignOn<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oauth_client: Option<OauthSettings<'a>>,
}

/// `settings.oauthClient`, in the recorded order.
struct OauthSettings<'a>(&'a OauthClient, Derived);

impl Serialize for OauthSettings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(client, derived) = self;
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("client_uri", &client.client_uri)?;
        members.serialize_entry("logo_uri", &client.logo_uri)?;
        members.serialize_entry("redirect_uris", &client.redirect_uris)?;
        if let Some(uris) = &client.post_logout_redirect_uris {
            members.serialize_entry("post_logout_redirect_uris", uris)?;
        }
        members.serialize_entry("response_types", &client.response_types)?;
        members.serialize_entry("grant_types", &client.grant_types)?;
        if let Some(uri) = &client.initiate_login_uri {
            members.serialize_entry("initiate_login_uri", uri)?;
        }
        match &client.keys {
            KeySource::None => {}
            KeySource::Registered(keys) => match derived {
                Derived::Shown { .. } => {
                    members.serialize_entry("jwks", &KeySet { keys: EchoedKeys(keys) })?
                }
                Derived::Hidden => members.serialize_entry("jwks", &KeySet { keys: StoredKeys(keys) })?,
            },
            KeySource::Uri(uri) => members.serialize_entry("jwks_uri", uri)?,
        }
        members.serialize_entry("application_type", client.application_type)?;
        members.serialize_entry("consent_method", client.consent_method)?;
        members.serialize_entry("issuer_mode", client.issuer_mode)?;
        let login = Login { mode: client.login_mode, default_scope: &client.login_scopes };
        members.serialize_entry("idp_initiated_login", &login)?;
        members.serialize_entry("wildcard_redirect", client.wildcard_redirect)?;
        members.serialize_entry("dpop_bound_access_tokens", &client.is_dpop_bound)?;
        if let Some(participates) = client.participate_slo {
            members.serialize_entry("participate_slo", &participates)?;
        }
        members.end()
    }
}

#[derive(Serialize)]
struct KeySet<K> {
    keys: K,
}

#[derive(Serialize)]
struct Login<'a> {
    mode: &'static str,
    default_scope: &'a [Box<str>],
}

/// The members of `settings.app`, in the order of the catalogue.
struct AppSettings<'a>(&'static AppDefinition, &'a [Setting]);

impl Serialize for AppSettings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = self.0.settings.iter().map(|member| member.name);
        serializer.collect_map(names.zip(self.1.iter().map(SettingValue)))
    }
}

struct SettingValue<'a>(&'a Setting);

impl Serialize for SettingValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Setting::Null => serializer.serialize_none(),
            Setting::Boolean(value) => serializer.serialize_bool(*value),
            Setting::Text(text) => serializer.serialize_str(text),
            Setting::List(items) => serializer.collect_seq(items.iter().map(|item| &**item)),
        }
    }
}

#[derive(Serialize)]
struct Notifications<'a> {
    vpn: Vpn<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Vpn<'a> {
    network: Network<'a>,
    message: Option<&'a str>,
    help_url: Option<&'a str>,
}

#[derive(Serialize)]
struct Network<'a> {
    connection: &'a str,
}

#[derive(Serialize)]
struct Notes<'a> {
    admin: Option<&'a str>,
    enduser: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignOn<'a> {
    default_relay_state: Option<&'a str>,
    sso_acs_url_override: Option<&'a str>,
    audience_override: Option<&'a str>,
    recipient_override: Option<&'a str>,
    #[serde(flatten)]
    saml2: Option<Saml2SignOn<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    configured_attribute_statements: Vec<GroupAttribute>,
}

/// The members that SAML 1.1 does not have (recorded).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Saml2SignOn<'a> {
    destination_override: Option<&'a str>,
    attribute_statements: &'a [Value],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupAttribute {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    namespace: Option<()>,
    filter_type: Option<()>,
    filter_value: Option<()>,
}

impl<'a> SignOn<'a> {
    fn new(app: &'a App, definition: &'static AppDefinition, derived: Derived) -> Self {
        let group = |name: &&'static str| GroupAttribute {
            kind: "GROUP",
            name,
            namespace: None,
            filter_type: None,
            filter_value: None,
        };
        let sign_on = &app.presentation().sign_on;
        let saml2 = Saml2SignOn {
            destination_override: sign_on.destination.as_deref(),
            attribute_statements: &sign_on.attribute_statements,
        };
        Self {
            default_relay_state: sign_on.default_relay_state.as_deref(),
            sso_acs_url_override: sign_on.sso_acs_url.as_deref(),
            audience_override: sign_on.audience.as_deref(),
            recipient_override: sign_on.recipient.as_deref(),
            saml2: (app.sign_on_mode == SignOnMode::Saml2).then_some(saml2),
            configured_attribute_statements: match derived {
                Derived::Shown { .. } => definition.configured_group_attributes.iter().map(group).collect(),
                Derived::Hidden => Vec::new(),
            },
        }
    }
}

impl<'a> Settings<'a> {
    fn new(app: &'a App, definition: &'static AppDefinition, derived: Derived) -> Self {
        let presentation = app.presentation();
        Self {
            app: AppSettings(definition, &app.settings),
            notifications: Notifications {
                vpn: Vpn {
                    network: Network { connection: &presentation.vpn.connection },
                    message: presentation.vpn.message.as_deref(),
                    help_url: presentation.vpn.help_url.as_deref(),
                },
            },
            manual_provisioning: presentation.manual_provisioning,
            implicit_assignment: presentation.implicit_assignment,
            em_opt_in_status: (derived == Derived::Shown { preview: true }).then_some("NONE"),
            notes: Notes {
                admin: presentation.admin_note.as_deref(),
                enduser: presentation.enduser_note.as_deref(),
            },
            sign_on: app.sign_on_mode.is_saml().then(|| SignOn::new(app, definition, derived)),
            oauth_client: app.client.as_deref().map(|client| OauthSettings(client, derived)),
        }
    }
}

struct Links<'a>(&'a AppObject<'a>, &'static AppDefinition);

impl Serialize for Links<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(AppObject { app, app_url, identity, .. }, definition) = self;
        let (origin, id, name) = (app_url.origin, app_url.app, definition.name);
        let policy = |id: OktaId| DisplayText(format!("{origin}/api/v1/policies/{id}"));
        let mut links = serializer.serialize_map(None)?;
        if app.sign_on_mode.is_saml() {
            let mode = app.sign_on_mode.as_str();
            // SAML 1.1 has other instructions and no metadata (recorded of office365).
            let is_saml2 = app.sign_on_mode == SignOnMode::Saml2;
            let page = if is_saml2 { "external-doc" } else { "instructions" };
            let help = format!("{}/app/{name}/{id}/setup/help/{mode}/{page}", origin.admin());
            links.serialize_entry("help", &Link::typed(help, "text/html"))?;
            if is_saml2 {
                let metadata = Link::typed(app_url.join("/sso/saml/metadata"), "application/xml");
                links.serialize_entry("metadata", &metadata)?;
            }
        }
        links.serialize_entry("uploadLogo", &Link::hinted(app_url.join("/logo"), Hints::allow(&["POST"])))?;
        let home = |(link, number): &(&'static str, &'static str)| {
            Link::typed(format!("{origin}/home/{name}/{id}/{number}"), "text/html").named(link)
        };
        let homes: Vec<_> = definition.home_links.iter().map(home).collect();
        links.serialize_entry("appLinks", &homes)?;
        links
            .serialize_entry("profileEnrollment", &Link::to(policy(identity.policies.profile_enrollment)))?;
        // This link comes here for an inactive app, and last for an active one (recorded).
        if app.status == AppStatus::Inactive {
            links.serialize_entry("activate", &Link::to(app_url.join("/lifecycle/activate")))?;
        }
        links
            .serialize_entry("policies", &Link::hinted(app_url.join("/policies"), Hints::allow(&["PUT"])))?;
        links.serialize_entry("groups", &Link::to(app_url.join("/groups")))?;
        let logo = Link::typed(definition.logo, "image/png").named("medium");
        links.serialize_entry("logo", &[logo])?;
        if definition.kind == AppKind::Org2Org && app.sign_on_mode == SignOnMode::OpenIdConnect {
            let keys = Link::to(app_url.join("/credentials/jwks")).named("jwks");
            links.serialize_entry("clientCredentials", &[keys])?;
        }
        if let Some(client) = &app.client {
            // Named by how the client authenticates (recorded).
            let name = if client.has_secret() { "secrets" } else { "jwks" };
            let link = Link::to(app_url.join(&format!("/credentials/{name}"))).named(name);
            links.serialize_entry("clientCredentials", &[link])?;
        }
        links.serialize_entry("accessPolicy", &Link::to(policy(identity.policies.access)))?;
        links.serialize_entry("users", &Link::to(app_url.join("/users")))?;
        if app.status == AppStatus::Active {
            links.serialize_entry("deactivate", &Link::to(app_url.join("/lifecycle/deactivate")))?;
        }
        links.end()
    }
}
