//! Bodies of POST and PUT /apps: checks types and values, and merges each member over its current value.

use std::cell::RefCell;

use serde_json::Value;

use super::instance::App;
use super::presentation::{
    DEFAULT_PRESENTATION, FormCredentials, Presentation, SignOnOverrides, UsernameTemplate, VpnNotification,
};
use super::setting::Setting;
use crate::rules::behaviour as rule;
use crate::rules::body::{
    Json, MAX_ENTRIES, MAX_JSON_LENGTH, Members, Merge, Object, TEXT_LIMIT, check_length, is_blank,
    wrong_type,
};
use crate::rules::catalogue::{AppDefinition, AppKind, Need, SettingMember, SettingType, SignOnMode};
use crate::rules::error::{OktaError, Refusals};
use crate::rules::identifier::{KeyId, Seconds};
use crate::rules::oauth::client::OauthClient;

/// The members of a request, with checked types.
pub(super) struct Request<'a> {
    members: Members<'a>,
    label: Option<&'a str>,
    sign_on_mode: Option<&'a str>,
    app_settings: Option<Members<'a>>,
    signing: Option<Members<'a>>,
    settings: Option<Members<'a>>,
    accessibility: Option<Members<'a>>,
    visibility: Option<Members<'a>>,
    licensing: Option<Members<'a>>,
    credentials: Option<Members<'a>>,
    username_template: Option<Members<'a>>,
    profile: Option<Members<'a>>,
}

/// Maximum length of a label, in characters (docs).
const LABEL_LIMIT: usize = 100;
/// Maximum length of the user name of a sign-in form, in characters (OpenAPI SchemeApplicationCredentials).
const USER_NAME_LIMIT: usize = 100;

/// OpenAPI ApplicationCredentialsScheme.
const CREDENTIAL_SCHEMES: [&str; 5] = [
    "ADMIN_SETS_CREDENTIALS",
    "EDIT_PASSWORD_ONLY",
    "EDIT_USERNAME_AND_PASSWORD",
    "EXTERNAL_PASSWORD_SYNC",
    "SHARED_USERNAME_AND_PASSWORD",
];
/// OpenAPI ApplicationSettingsNotificationsVpnNetwork without ZONE, which needs zones.
const VPN_CONNECTIONS: [&str; 4] = ["DISABLED", "ANYWHERE", "ON_NETWORK", "OFF_NETWORK"];

impl<'a> Request<'a> {
    pub(super) fn read(body: &'a Object<'a>) -> Result<Self, OktaError> {
        let members = Members::from(body);
        let nested = |outer: Option<Members<'a>>, name: &str| {
            outer.map(|members| members.object(name)).transpose().map(Option::flatten)
        };
        let settings = members.object("settings")?;
        let credentials = members.object("credentials")?;
        Ok(Self {
            members,
            label: members.text("label")?.filter(|label| !is_blank(Some(label))),
            sign_on_mode: members.text("signOnMode")?,
            app_settings: nested(settings, "app")?,
            signing: nested(credentials, "signing")?,
            settings,
            accessibility: members.object("accessibility")?,
            visibility: members.object("visibility")?,
            username_template: nested(credentials, "userNameTemplate")?,
            licensing: members.object("licensing")?,
            credentials,
            profile: members.object("profile")?,
        })
    }

    pub(super) fn kind(&self) -> Result<AppKind, OktaError> {
        let name = self.members.text("name")?.filter(|name| !is_blank(Some(name)));
        let name = name.ok_or_else(|| OktaError::blank(&rule::APP_NAME_UNKNOWN, "name"))?;
        AppKind::named(name).ok_or_else(|| OktaError::invalid(&rule::APP_NAME_UNKNOWN, "name"))
    }

    pub(super) fn sign_on_mode(&self, definition: &AppDefinition) -> Result<Option<SignOnMode>, OktaError> {
        let Some(requested) = self.sign_on_mode else { return Ok(None) };
        // Recorded: office365 with AUTO_LOGIN is created with BROWSER_PLUGIN.
        let requested =
            if definition.kind == AppKind::Office365 && requested == SignOnMode::AutoLogin.as_str() {
                SignOnMode::BrowserPlugin.as_str()
            } else {
                requested
            };
        let mode = definition.sign_on_modes.iter().find(|mode| mode.as_str() == requested);
        mode.copied().map(Some).ok_or_else(|| {
            // Both causes recorded in 2025.
            OktaError::validation(&rule::APP_SIGN_ON_MODE, "mediated", "Invalid signOnMode").because(
                "The settings.signOn object doesn't match the type indicated by signOnMode value or is ill defined",
            )
        })
    }

    /// Returns the signing key that the request chooses among the app's keys (guide-o2o).
    ///
    /// # Errors
    /// E0000001 for any other key.
    pub(super) fn signing_key(&self, app: &App) -> Result<KeyId, OktaError> {
        match self.signing.map(|members| members.text("kid")).transpose()?.flatten() {
            None => Ok(app.signing_key),
            Some(kid) => app
                .signing_key(kid)
                .map(|key| key.id)
                .map_err(|_| OktaError::invalid(&rule::APP_SIGNING_KEY, "credentials.signing.kid")),
        }
    }

    /// Reads the OAuth 2.0 client of an app that is one.
    pub(super) fn client(
        &self,
        kind: AppKind,
        current: Option<&OauthClient>,
        now: Seconds,
        refusals: &mut Refusals,
    ) -> Option<OauthClient> {
        if kind != AppKind::OidcClient {
            return None;
        }
        let nested =
            |outer: Option<Members<'a>>| outer.map(|members| members.object("oauthClient")).transpose();
        let settings = refusals.take(nested(self.settings), None).flatten();
        let credentials = refusals.take(nested(self.credentials), None).flatten();
        if let Some(credentials) = credentials {
            // A GET shows it, and it cannot be chosen here.
            credentials.mark_read(&["client_id"]);
        }
        Some(OauthClient::read(settings, credentials, current, now, refusals))
    }

    /// Reads the members of `settings.app`. Missing members are refused in the order of OpenAPI's
    /// `required`, then the others.
    pub(super) fn settings(
        &self,
        definition: &AppDefinition,
        current: Option<&[Setting]>,
        refusals: &mut Refusals,
    ) -> Box<[Setting]> {
        let read = |index: usize| -> Result<Setting, OktaError> {
            let member = &definition.settings[index];
            if member.kind == SettingType::Null {
                return Ok(Setting::Null);
            }
            let sent = self.app_settings.map(|app| member.sent(app)).transpose()?.flatten();
            match (sent, current.and_then(|all| all.get(index))) {
                (Some(value), _) => member.read(value),
                (None, Some(current)) => Ok(current.clone()),
                (None, None) => member.absent(),
            }
        };
        for name in definition.required {
            let index = definition.settings.iter().position(|member| member.name == *name);
            refusals.check(index.map_or(Ok(()), |index| read(index).map(drop)));
        }
        (0..definition.settings.len()).map(|index| refusals.take(read(index), Setting::Null)).collect()
    }

    /// Returns the label.
    ///
    /// # Errors
    /// E0000001 if it is missing, blank or too long.
    pub(super) fn label(&self) -> Result<&'a str, OktaError> {
        let label = self.label.ok_or_else(|| {
            OktaError::validation(&rule::APP_LABEL_MISSING, "label", "label: Label must be specified")
        })?;
        check_length(label, "label", LABEL_LIMIT)
    }

    pub(super) fn presentation(
        &self,
        definition: &AppDefinition,
        mode: SignOnMode,
        current: &Presentation,
        refusals: &mut Refusals,
    ) -> Option<Box<Presentation>> {
        rule::APP_FIXED_MEMBERS.apply();
        let refusals = RefCell::new(refusals);
        let merge = |members| Merge::new(members, &refusals);
        let accessibility = merge(self.accessibility);
        let visibility = merge(self.visibility);
        let hide = visibility.object("hide");
        let settings = merge(self.settings);
        let notes = settings.object("notes");
        let next = Presentation {
            self_service: accessibility.flag("selfService", current.self_service),
            error_redirect_url: accessibility.text("errorRedirectUrl", &current.error_redirect_url),
            login_redirect_url: accessibility.text("loginRedirectUrl", &current.login_redirect_url),
            auto_launch: visibility.flag("autoLaunch", current.auto_launch),
            auto_submit_toolbar: visibility.flag("autoSubmitToolbar", current.auto_submit_toolbar),
            hide_ios: hide.flag("iOS", current.hide_ios),
            hide_web: hide.flag("web", current.hide_web),
            hidden_links: hidden_links(visibility.object("appLinks"), definition, current),
            admin_note: notes.text("admin", &current.admin_note),
            enduser_note: notes.text("enduser", &current.enduser_note),
            implicit_assignment: settings.flag("implicitAssignment", current.implicit_assignment),
            manual_provisioning: settings.flag("manualProvisioning", current.manual_provisioning),
            username: merge(self.username_template).username_template(&current.username),
            form: form(merge(self.credentials), mode, &current.form),
            seat_count: match definition.licensed {
                true => merge(self.licensing).whole_number("seatCount", current.seat_count),
                false => current.seat_count,
            },
            vpn: settings.object("notifications").object("vpn").vpn(&current.vpn),
            sign_on: sign_on(settings, mode, &current.sign_on),
            profile: merge(self.profile).json(&current.profile),
        };
        (next != *DEFAULT_PRESENTATION).then(|| Box::new(next))
    }
}

/// Accepts a password but does not store it: answers never contain it.
fn form(credentials: Merge<'_, '_>, mode: SignOnMode, current: &FormCredentials) -> FormCredentials {
    if !mode.fills_in_forms() {
        return current.clone();
    }
    credentials.mark_read(&["password"]);
    FormCredentials {
        scheme: credentials.one_of("scheme", &current.scheme, &CREDENTIAL_SCHEMES),
        reveal_password: credentials.flag("revealPassword", current.reveal_password),
        user_name: credentials.text_within("userName", &current.user_name, USER_NAME_LIMIT),
    }
}

fn sign_on(settings: Merge<'_, '_>, mode: SignOnMode, current: &SignOnOverrides) -> SignOnOverrides {
    if !mode.is_saml() {
        return current.clone();
    }
    rule::APP_SIGN_ON_OVERRIDES.apply();
    let sign_on = settings.object("signOn");
    let mut next = SignOnOverrides {
        default_relay_state: sign_on.override_text("defaultRelayState", &current.default_relay_state),
        sso_acs_url: sign_on.override_text("ssoAcsUrlOverride", &current.sso_acs_url),
        audience: sign_on.override_text("audienceOverride", &current.audience),
        recipient: sign_on.override_text("recipientOverride", &current.recipient),
        ..current.clone()
    };
    // SAML 1.1 has neither member (OpenAPI OINSaml11ApplicationSettingsSignOn, recorded).
    if mode == SignOnMode::Saml2 {
        next.destination = sign_on.override_text("destinationOverride", &current.destination);
        next.attribute_statements = sign_on.objects("attributeStatements", &current.attribute_statements);
    }
    next
}

fn hidden_links(
    links: Merge<'_, '_>,
    definition: &AppDefinition,
    current: &Presentation,
) -> Vec<&'static str> {
    let is_hidden = |name: &&&'static str| !links.flag(name, !current.hidden_links.contains(name));
    definition.app_links.iter().filter(is_hidden).copied().collect()
}

impl Merge<'_, '_> {
    /// Returns all members, stored as sent.
    fn json(self, current: &Option<Box<Value>>) -> Option<Box<Value>> {
        let Some(value) = self.to_value() else { return current.clone() };
        let kept =
            check_length(&value.to_string(), "profile", MAX_JSON_LENGTH).map(|_| Some(Box::new(value)));
        self.take(kept, None)
    }

    fn username_template(self, current: &UsernameTemplate) -> UsernameTemplate {
        let kind = self.one_of("type", &current.kind, &["NONE", "BUILT_IN", "CUSTOM"]);
        let template = match self.text("template", &current.template) {
            // Only type NONE has no template.
            None if &*kind != "NONE" => {
                current.template.clone().or_else(|| DEFAULT_PRESENTATION.username.template.clone())
            }
            template => template,
        };
        UsernameTemplate {
            template,
            push_status: self.push_status(&current.push_status),
            user_suffix: self.text("userSuffix", &current.user_suffix),
            kind,
        }
    }

    /// Empty text counts as absent: some clients send it.
    fn push_status(self, current: &Option<Box<str>>) -> Option<Box<str>> {
        match self.get("pushStatus") {
            Some(Json::Null) => None,
            None => current.clone(),
            Some(Json::Text(text)) if text.is_empty() => current.clone(),
            Some(_) => Some(self.one_of("pushStatus", "", &["PUSH", "DONT_PUSH", "NOT_CONFIGURED"])),
        }
    }

    fn vpn(self, current: &VpnNotification) -> VpnNotification {
        VpnNotification {
            connection: self.object("network").one_of("connection", &current.connection, &VPN_CONNECTIONS),
            message: self.text("message", &current.message),
            help_url: self.text("helpUrl", &current.help_url),
        }
    }
}

impl SettingMember {
    /// Returns the value sent for the member, under either name.
    fn sent<'a>(&self, app: Members<'a>) -> Result<Option<&'a Json<'a>>, OktaError> {
        let other = self.alias.and_then(|alias| app.get(alias));
        match (app.get(self.name), other) {
            (Some(Json::Null), Some(other)) => Ok(Some(other)),
            (Some(one), Some(other)) if *other != Json::Null && one != other => {
                Err(OktaError::malformed(&rule::BODY_SPELLINGS_DISAGREE))
            }
            (one, other) => Ok(one.or(other)),
        }
    }

    fn read(&self, value: &Json<'_>) -> Result<Setting, OktaError> {
        match (self.kind, value) {
            (_, Json::Null) => self.absent(),
            (SettingType::Text, Json::Text(text)) if self.need != Need::Optional && is_blank(Some(text)) => {
                Err(self.blank())
            }
            (SettingType::Text, Json::Text(text)) => {
                Ok(Setting::Text(check_length(text, self.name, TEXT_LIMIT)?.into()))
            }
            (SettingType::Boolean(_), Json::Boolean(value)) => Ok(Setting::Boolean(*value)),
            (SettingType::TextList, Json::Array(items)) => self.read_list(items),
            _ => Err(wrong_type()),
        }
    }

    fn read_list(&self, items: &[Json<'_>]) -> Result<Setting, OktaError> {
        if items.len() > MAX_ENTRIES {
            let cause = format!("{}: The field has too many entries", self.name);
            return Err(OktaError::validation(&rule::BODY_TEXT_TOO_LONG, self.name, cause));
        }
        let read = |item: &Json<'_>| match item {
            Json::Text(text) => Ok(Box::from(check_length(text, self.name, TEXT_LIMIT)?)),
            _ => Err(wrong_type()),
        };
        items.iter().map(read).collect::<Result<_, _>>().map(Setting::List)
    }

    fn blank(&self) -> OktaError {
        OktaError::blank(&rule::APP_SETTING_MISSING, self.name)
    }

    fn absent(&self) -> Result<Setting, OktaError> {
        if self.need == Need::Required {
            return Err(self.blank());
        }
        Ok(match self.kind {
            SettingType::Boolean(Some(value)) => Setting::Boolean(value),
            SettingType::TextList => Setting::List(Box::default()),
            SettingType::Text | SettingType::Boolean(None) | SettingType::Null => Setting::Null,
        })
    }
}
