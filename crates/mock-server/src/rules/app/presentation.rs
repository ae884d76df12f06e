//! Settings of an app besides label and `settings.app`: how it is shown, filled in and signed in to.

use std::borrow::Cow;

use serde_json::Value;

use crate::rules::catalogue::{AppDefinition, SignOnMode};

/// Settings of an app besides label and `settings.app`. Stored separately, because most apps have the
/// defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Presentation {
    /// `accessibility.selfService`
    pub(crate) self_service: bool,
    /// `accessibility.errorRedirectUrl`
    pub(crate) error_redirect_url: Option<Box<str>>,
    /// `accessibility.loginRedirectUrl`
    pub(crate) login_redirect_url: Option<Box<str>>,
    /// `visibility.autoLaunch`
    pub(crate) auto_launch: bool,
    /// `visibility.autoSubmitToolbar`
    pub(crate) auto_submit_toolbar: bool,
    /// `visibility.hide.iOS`
    pub(crate) hide_ios: bool,
    /// `visibility.hide.web`
    pub(crate) hide_web: bool,
    /// The names of `visibility.appLinks` that are hidden.
    pub(crate) hidden_links: Vec<&'static str>,
    /// `settings.notes.admin`
    pub(crate) admin_note: Option<Box<str>>,
    /// `settings.notes.enduser`
    pub(crate) enduser_note: Option<Box<str>>,
    /// `settings.implicitAssignment`
    pub(crate) implicit_assignment: bool,
    /// `settings.manualProvisioning`
    pub(crate) manual_provisioning: bool,
    /// `credentials.userNameTemplate`
    pub(crate) username: UsernameTemplate,
    /// The credentials of a sign-in form, if the sign-on mode has one.
    pub(crate) form: FormCredentials,
    /// `licensing.seatCount`
    pub(crate) seat_count: u32,
    /// `settings.notifications.vpn`
    pub(crate) vpn: VpnNotification,
    /// `settings.signOn`
    pub(crate) sign_on: SignOnOverrides,
    /// `profile`, as it was sent.
    pub(crate) profile: Option<Box<Value>>,
}

/// `credentials.userNameTemplate` of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UsernameTemplate {
    /// `template`; null only for type NONE.
    pub(crate) template: Option<Box<str>>,
    /// `type`
    pub(crate) kind: Box<str>,
    /// `pushStatus`, if set (recorded: absent otherwise).
    pub(crate) push_status: Option<Box<str>>,
    /// `userSuffix`, if set.
    pub(crate) user_suffix: Option<Box<str>>,
}

/// The members of `credentials` with which Okta fills in a sign-in form. The password is never answered and
/// not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormCredentials {
    /// `scheme`
    pub(crate) scheme: Box<str>,
    /// `revealPassword`
    pub(crate) reveal_password: bool,
    /// `userName`, if set.
    pub(crate) user_name: Option<Box<str>>,
}

/// `settings.notifications.vpn` of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VpnNotification {
    /// `network.connection`
    pub(crate) connection: Box<str>,
    /// `message`
    pub(crate) message: Option<Box<str>>,
    /// `helpUrl`
    pub(crate) help_url: Option<Box<str>>,
}

/// The overrides in `settings.signOn` of a SAML app. Empty text is stored as null (recorded).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SignOnOverrides {
    /// `defaultRelayState`
    pub(crate) default_relay_state: Option<Box<str>>,
    /// `ssoAcsUrlOverride`
    pub(crate) sso_acs_url: Option<Box<str>>,
    /// `audienceOverride`
    pub(crate) audience: Option<Box<str>>,
    /// `recipientOverride`
    pub(crate) recipient: Option<Box<str>>,
    /// `destinationOverride`
    pub(crate) destination: Option<Box<str>>,
    /// `attributeStatements`, as they were sent.
    pub(crate) attribute_statements: Vec<Value>,
}

/// The defaults recorded for apps created through the API.
pub(super) static DEFAULT_PRESENTATION: std::sync::LazyLock<Presentation> =
    std::sync::LazyLock::new(|| Presentation {
        self_service: false,
        error_redirect_url: None,
        login_redirect_url: None,
        auto_launch: false,
        auto_submit_toolbar: false,
        hide_ios: false,
        hide_web: false,
        hidden_links: Vec::new(),
        admin_note: None,
        enduser_note: None,
        implicit_assignment: false,
        manual_provisioning: false,
        username: UsernameTemplate {
            template: Some("${source.login}".into()),
            kind: "BUILT_IN".into(),
            push_status: None,
            user_suffix: None,
        },
        form: FormCredentials {
            scheme: "EDIT_USERNAME_AND_PASSWORD".into(),
            reveal_password: false,
            user_name: None,
        },
        seat_count: 0,
        vpn: VpnNotification { connection: "DISABLED".into(), message: None, help_url: None },
        sign_on: SignOnOverrides::default(),
        profile: None,
    });

/// Returns the defaults of a kind of app. For office365 with SAML_1_1, only the login link is shown
/// (recorded).
pub(super) fn default_presentation(
    definition: &AppDefinition,
    mode: SignOnMode,
) -> Cow<'static, Presentation> {
    if mode != SignOnMode::Saml11 {
        return Cow::Borrowed(&DEFAULT_PRESENTATION);
    }
    let hidden_links = definition.app_links.iter().copied().filter(|name| *name != "login").collect();
    Cow::Owned(Presentation { hidden_links, ..DEFAULT_PRESENTATION.clone() })
}
