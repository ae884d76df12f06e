//! Reading the bodies of POST and PUT /apps: types and values, each member merged over the one that
//! stands.

use super::{AS_MADE, Presentation, Setting};
use crate::rules::behaviour as rule;
use crate::rules::body::{Json, Members, Object, is_blank, wrong_type};
use crate::rules::catalogue::{AppDefinition, AppKind, Need, SettingMember, SettingType, SignOnMode};
use crate::rules::error::OktaError;
use crate::rules::identifier::KeyId;

/// The members of a request, of the right types.
pub(super) struct Request<'a> {
    name: Option<&'a str>,
    pub(super) label: Option<&'a str>,
    sign_on_mode: Option<&'a str>,
    app_settings: Option<Members<'a>>,
    signing_key: Option<&'a str>,
    settings: Option<Members<'a>>,
    accessibility: Option<Members<'a>>,
    visibility: Option<Members<'a>>,
    username_template: Option<Members<'a>>,
}

impl<'a> Request<'a> {
    pub(super) fn read(body: &'a Object<'a>) -> Result<Self, OktaError> {
        let members = Members::from(body);
        let nested = |outer: Option<Members<'a>>, name: &str| {
            outer.map(|it| it.object(name)).transpose().map(Option::flatten)
        };
        let settings = members.object("settings")?;
        let credentials = members.object("credentials")?;
        let signing = nested(credentials, "signing")?;
        Ok(Self {
            name: members.text("name")?,
            label: members.text("label")?.filter(|label| !is_blank(Some(label))),
            sign_on_mode: members.text("signOnMode")?,
            app_settings: nested(settings, "app")?,
            signing_key: signing.map(|it| it.text("kid")).transpose()?.flatten(),
            settings,
            accessibility: members.object("accessibility")?,
            visibility: members.object("visibility")?,
            username_template: nested(credentials, "userNameTemplate")?,
        })
    }

    pub(super) fn kind(&self) -> Result<AppKind, OktaError> {
        let name = self.name.filter(|name| !is_blank(Some(name)));
        let name = name.ok_or_else(|| OktaError::blank(&rule::APP_NAME_UNKNOWN, "name"))?;
        AppKind::named(name).ok_or_else(|| OktaError::invalid(&rule::APP_NAME_UNKNOWN, "name"))
    }

    pub(super) fn sign_on_mode(&self, of: &AppDefinition) -> Result<Option<SignOnMode>, OktaError> {
        let Some(asked) = self.sign_on_mode else { return Ok(None) };
        // Recorded: office365 asked for with AUTO_LOGIN came back as BROWSER_PLUGIN.
        let asked = if of.kind == AppKind::Office365 && asked == SignOnMode::AutoLogin.as_str() {
            SignOnMode::BrowserPlugin.as_str()
        } else {
            asked
        };
        let mode = of.sign_on_modes.iter().find(|mode| mode.as_str() == asked);
        mode.copied().map(Some).ok_or_else(|| OktaError::invalid(&rule::APP_SIGN_ON_MODE, "signOnMode"))
    }

    /// The app has one signing key: no other can be chosen.
    pub(super) fn check_signing_key(&self, own: KeyId) -> Result<(), OktaError> {
        match self.signing_key {
            Some(kid) if KeyId::parse(kid) != Some(own) => {
                Err(OktaError::invalid(&rule::APP_SIGNING_KEY, "credentials.signing.kid"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn settings(
        &self,
        of: &AppDefinition,
        standing: Option<&[Setting]>,
    ) -> Result<Box<[Setting]>, OktaError> {
        of.settings
            .iter()
            .enumerate()
            .map(|(place, member)| {
                let sent = self.app_settings.map(|app| member.sent(app)).transpose()?.flatten();
                match (sent, standing.and_then(|all| all.get(place))) {
                    (Some(value), _) => member.read(value),
                    (None, Some(stands)) => Ok(stands.clone()),
                    (None, None) => member.absent(),
                }
            })
            .collect()
    }

    pub(super) fn presentation(
        &self,
        of: &AppDefinition,
        stands: &Presentation,
    ) -> Result<Option<Box<Presentation>>, OktaError> {
        let hide = self.visibility.map(|it| it.object("hide")).transpose()?.flatten();
        let notes = self.settings.map(|it| it.object("notes")).transpose()?.flatten();
        let template = Merge(self.username_template);
        let next = Presentation {
            self_service: Merge(self.accessibility).flag("selfService", stands.self_service)?,
            error_redirect_url: Merge(self.accessibility)
                .text("errorRedirectUrl", &stands.error_redirect_url)?,
            login_redirect_url: Merge(self.accessibility)
                .text("loginRedirectUrl", &stands.login_redirect_url)?,
            auto_launch: Merge(self.visibility).flag("autoLaunch", stands.auto_launch)?,
            auto_submit_toolbar: Merge(self.visibility)
                .flag("autoSubmitToolbar", stands.auto_submit_toolbar)?,
            hide_ios: Merge(hide).flag("iOS", stands.hide_ios)?,
            hide_web: Merge(hide).flag("web", stands.hide_web)?,
            hidden_links: self.hidden_links(of, stands)?,
            admin_note: Merge(notes).text("admin", &stands.admin_note)?,
            enduser_note: Merge(notes).text("enduser", &stands.enduser_note)?,
            implicit_assignment: Merge(self.settings)
                .flag("implicitAssignment", stands.implicit_assignment)?,
            manual_provisioning: Merge(self.settings)
                .flag("manualProvisioning", stands.manual_provisioning)?,
            username_template: template.required_text("template", &stands.username_template)?,
            username_template_type: template.one_of(
                "type",
                &stands.username_template_type,
                &["NONE", "BUILT_IN", "CUSTOM"],
            )?,
            username_push_status: self.push_status(&stands.username_push_status)?,
        };
        Ok((next != *AS_MADE).then(|| Box::new(next)))
    }

    /// Some clients send an empty one where none is meant.
    fn push_status(&self, stands: &Option<Box<str>>) -> Result<Option<Box<str>>, OktaError> {
        const VALUES: [&str; 3] = ["PUSH", "DONT_PUSH", "NOT_CONFIGURED"];
        match Merge(self.username_template).text("pushStatus", stands)? {
            Some(status) if status.is_empty() => Ok(stands.clone()),
            Some(status) if !VALUES.contains(&&*status) => {
                Err(OktaError::invalid(&rule::APP_USERNAME_TEMPLATE, "pushStatus"))
            }
            status => Ok(status),
        }
    }

    fn hidden_links(
        &self,
        of: &AppDefinition,
        stands: &Presentation,
    ) -> Result<Vec<&'static str>, OktaError> {
        let links = self.visibility.map(|it| it.object("appLinks")).transpose()?.flatten();
        let mut hidden = Vec::new();
        for name in of.app_links {
            let shown = Merge(links).flag(name, !stands.hidden_links.contains(name))?;
            if !shown {
                hidden.push(*name);
            }
        }
        Ok(hidden)
    }
}

/// Members that may be absent, each merged over the value that stands.
#[derive(Clone, Copy)]
struct Merge<'a>(Option<Members<'a>>);

impl Merge<'_> {
    fn flag(self, name: &str, stands: bool) -> Result<bool, OktaError> {
        let sent = self.0.map(|it| it.boolean(name)).transpose()?.flatten();
        Ok(sent.unwrap_or(stands))
    }

    /// A text that `null` clears: these members are `null` in app objects.
    fn text(self, name: &str, stands: &Option<Box<str>>) -> Result<Option<Box<str>>, OktaError> {
        match self.0.and_then(|it| it.get(name)) {
            None => Ok(stands.clone()),
            Some(Json::Null) => Ok(None),
            Some(Json::Text(text)) => Ok(Some((**text).into())),
            Some(_) => Err(wrong_type()),
        }
    }

    fn one_of(self, name: &str, stands: &str, values: &[&str]) -> Result<Box<str>, OktaError> {
        rule::APP_FIXED_MEMBERS.apply();
        let text = self.required_text(name, stands)?;
        match values.contains(&&*text) {
            true => Ok(text),
            false => Err(OktaError::invalid(&rule::APP_USERNAME_TEMPLATE, name)),
        }
    }

    fn required_text(self, name: &str, stands: &str) -> Result<Box<str>, OktaError> {
        let sent = self.0.map(|it| it.text(name)).transpose()?.flatten();
        Ok(sent.unwrap_or(stands).into())
    }
}

impl SettingMember {
    /// What was sent for the member, in either of its spellings.
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
        match (self.of, value) {
            (_, Json::Null) => self.absent(),
            (SettingType::Text, Json::Text(text)) if self.need != Need::Optional && is_blank(Some(text)) => {
                Err(self.blank())
            }
            (SettingType::Text, Json::Text(text)) => Ok(Setting::Text((**text).into())),
            (SettingType::Boolean(_), Json::Boolean(value)) => Ok(Setting::Boolean(*value)),
            (SettingType::TextList, Json::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Json::Text(text) => Ok(Box::from(&**text)),
                    _ => Err(wrong_type()),
                })
                .collect::<Result<_, _>>()
                .map(Setting::List),
            (SettingType::Null, _) => Ok(Setting::Null),
            _ => Err(wrong_type()),
        }
    }

    fn blank(&self) -> OktaError {
        let cause = format!("{}: The field cannot be left blank", self.name);
        OktaError::validation(&rule::APP_SETTING_MISSING, "settings", cause)
    }

    fn absent(&self) -> Result<Setting, OktaError> {
        if self.need == Need::Required {
            return Err(self.blank());
        }
        Ok(match self.of {
            SettingType::Boolean(Some(value)) => Setting::Boolean(value),
            SettingType::TextList => Setting::List(Box::default()),
            SettingType::Text | SettingType::Boolean(None) | SettingType::Null => Setting::Null,
        })
    }
}
