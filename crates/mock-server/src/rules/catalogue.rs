//! The catalogue: one table with the facts about each kind of app.

/// A kind of app that can be created in this org.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum AppKind {
    /// Okta Org2Org.
    Org2Org,
    /// Zscaler 2.0.
    Zscaler,
    /// Google Workspace.
    Google,
    /// Microsoft Office 365.
    Office365,
    /// Slack.
    Slack,
    /// Zoom.
    Zoom,
    /// A bookmark: an app without provisioning.
    Bookmark,
    /// An OAuth 2.0 client, such as a service app.
    OidcClient,
}

/// The way people sign in to an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignOnMode {
    /// `SAML_2_0`
    Saml2,
    /// `SAML_1_1`
    Saml11,
    /// `OPENID_CONNECT`
    OpenIdConnect,
    /// `AUTO_LOGIN`
    AutoLogin,
    /// `BROWSER_PLUGIN`
    BrowserPlugin,
    /// `BOOKMARK`
    Bookmark,
}

impl SignOnMode {
    /// Returns the mode as Okta writes it.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Saml2 => "SAML_2_0",
            Self::Saml11 => "SAML_1_1",
            Self::OpenIdConnect => "OPENID_CONNECT",
            Self::AutoLogin => "AUTO_LOGIN",
            Self::BrowserPlugin => "BROWSER_PLUGIN",
            Self::Bookmark => "BOOKMARK",
        }
    }

    /// Returns true for SAML modes, which have metadata, help and `settings.signOn`.
    #[must_use]
    pub(crate) const fn is_saml(self) -> bool {
        matches!(self, Self::Saml2 | Self::Saml11)
    }

    /// Returns true if Okta fills in a sign-in form. Such apps have a credential scheme and no signing key.
    #[must_use]
    pub(crate) const fn fills_in_forms(self) -> bool {
        matches!(self, Self::AutoLogin | Self::BrowserPlugin)
    }
}

/// The type of a member of `settings.app`, with its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettingType {
    /// Text; `null` by default.
    Text,
    /// A boolean, with this default or `null`.
    Boolean(Option<bool>),
    /// A list of texts; empty by default.
    TextList,
    /// Always `null`: no other value has been seen.
    Null,
}

/// A member of an app's `settings.app`.
#[derive(Debug)]
pub(crate) struct SettingMember {
    /// The name in answers and requests.
    pub(crate) name: &'static str,
    /// An alternative name in requests.
    pub(crate) alias: Option<&'static str>,
    /// The type.
    pub(crate) kind: SettingType,
    /// Presence that a request to create the app requires.
    pub(crate) need: Need,
}

/// The required presence of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Optional.
    Optional,
    /// Optional, but not blank if present.
    NotBlank,
    /// Required.
    Required,
}

const fn text(name: &'static str) -> SettingMember {
    SettingMember { name, alias: None, kind: SettingType::Text, need: Need::Optional }
}

const fn required(name: &'static str) -> SettingMember {
    SettingMember { name, alias: None, kind: SettingType::Text, need: Need::Required }
}

const fn not_blank(name: &'static str) -> SettingMember {
    SettingMember { name, alias: None, kind: SettingType::Text, need: Need::NotBlank }
}

const fn member(name: &'static str, kind: SettingType) -> SettingMember {
    SettingMember { name, alias: None, kind, need: Need::Optional }
}

/// The `universalLogout` member of an app object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UniversalLogout {
    /// `null`
    Null,
    /// `{"status":"UNSUPPORTED"}`
    Unsupported,
    /// Supported by the vendor and switched off. `supportType` and `identityStack` differ between apps.
    Disabled {
        /// FULL or PARTIAL
        support_type: &'static str,
        /// SHARED or NOT_SHARED
        identity_stack: &'static str,
    },
}

/// The key that signs for an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SigningKey {
    /// The app's own key (recorded of all SAML_2_0 apps).
    Own,
    /// The org's key (recorded of office365 with SAML_1_1).
    Org,
}

/// The authentication schemes of a kind of app's provisioning connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schemes {
    /// TOKEN, with its further requirements.
    pub(crate) token: Option<TokenScheme>,
    /// OAUTH2, with its variant.
    pub oauth2: Option<OauthScheme>,
}

/// The origin of the base URL of a token connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenScheme {
    /// The request must contain it (guide: zscalerbyz).
    BaseUrlRequired,
    /// The request, if present there (recorded), else `settings.app.baseUrl` (guide-o2o).
    BaseUrlFromSettings,
}

/// The variants of an OAUTH2 connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OauthScheme {
    /// A service app of the target org authenticates with its key: two-legged (guide-o2o).
    ServiceApp,
    /// A person consents at the third-party app (guide).
    Consent,
    /// A person consents, and the request contains an administrator's credentials (guide: office365).
    ConsentWithAdministrator,
}

impl OauthScheme {
    /// Returns true if a person has to consent in a browser.
    #[must_use]
    pub(crate) const fn needs_consent(self) -> bool {
        matches!(self, Self::Consent | Self::ConsentWithAdministrator)
    }
}

/// The provisioning that a kind of app offers.
#[derive(Debug)]
pub(crate) struct Provisioning {
    /// The schemes of its connection.
    pub(crate) schemes: Schemes,
    /// True if it imports users into Okta (INBOUND_PROVISIONING). All kinds have USER_PROVISIONING.
    pub(crate) inbound: bool,
}

/// An entry of the catalogue.
#[derive(Debug)]
pub(crate) struct AppDefinition {
    /// The kind of app.
    pub(crate) kind: AppKind,
    /// The app name, `name` in app objects.
    pub(crate) name: &'static str,
    /// The name that people know.
    pub(crate) display_name: &'static str,
    /// The sign-on modes of the app; the first is the default.
    pub(crate) sign_on_modes: &'static [SignOnMode],
    /// The members of `settings.app`, in the order of answers.
    pub(crate) settings: &'static [SettingMember],
    /// The members of `settings.app` that are required to create the app, in the order of the OpenAPI
    /// document.
    pub(crate) required: &'static [&'static str],
    /// The names of `visibility.appLinks`, in the order of answers.
    pub(crate) app_links: &'static [&'static str],
    /// The links of `_links.appLinks`, in the order of answers: name and catalogue number.
    pub(crate) home_links: &'static [(&'static str, &'static str)],
    /// The URL of the logo.
    pub(crate) logo: &'static str,
    /// The `universalLogout` member.
    pub(crate) universal_logout: UniversalLogout,
    /// The group attributes configured for the SAML assertion.
    pub(crate) configured_group_attributes: &'static [&'static str],
    /// The key that signs for the app.
    pub(crate) signing: SigningKey,
    /// True if app objects have `licensing`.
    pub(crate) licensed: bool,
    /// The provisioning that the app offers, if any.
    pub(crate) provisioning: Option<Provisioning>,
}

const LOGIN_ONLY: &[&str] = &["login"];
const FEDERATED_OR_FORM: &[SignOnMode] = &[SignOnMode::Saml2, SignOnMode::BrowserPlugin];

const fn consent(scheme: OauthScheme) -> Option<Provisioning> {
    Some(Provisioning { schemes: Schemes { token: None, oauth2: Some(scheme) }, inbound: true })
}

/// The catalogue. Schemes and features are from the guide and OpenAPI. App objects are recorded for
/// okta_org2org, google, zoomus, office365, bookmark and oidc_client; the numbers and logos of the other apps are
/// inferred. So is google's `universalLogout`, which is newer than the recordings.
static CATALOGUE: [AppDefinition; 8] = [
    AppDefinition {
        kind: AppKind::Org2Org,
        name: "okta_org2org",
        display_name: "Okta Org2Org",
        sign_on_modes: &[SignOnMode::Saml2, SignOnMode::AutoLogin, SignOnMode::OpenIdConnect],
        settings: &[
            text("acsUrl"),
            text("audRestriction"),
            not_blank("baseUrl"),
            SettingMember {
                name: "idpId",
                alias: Some("idPId"),
                kind: SettingType::Text,
                need: Need::Optional,
            },
        ],
        app_links: LOGIN_ONLY,
        home_links: &[("login", "51975")],
        required: &[],
        signing: SigningKey::Own,
        logo: "https://op3static2.oktacdn.com/fs/bcg/4/gfsfp0y9doy6c16Qb1d7",
        universal_logout: UniversalLogout::Unsupported,
        configured_group_attributes: &[],
        licensed: false,
        provisioning: Some(Provisioning {
            schemes: Schemes {
                token: Some(TokenScheme::BaseUrlFromSettings),
                oauth2: Some(OauthScheme::ServiceApp),
            },
            inbound: true,
        }),
    },
    AppDefinition {
        kind: AppKind::Zscaler,
        name: "zscalerbyz",
        display_name: "Zscaler 2.0",
        sign_on_modes: FEDERATED_OR_FORM,
        settings: &[text("siteDomain")],
        app_links: LOGIN_ONLY,
        home_links: &[("login", "5401")],
        required: &[],
        signing: SigningKey::Own,
        logo: "https://ok12static.oktacdn.com/fs/bcg/4/gfszscalerbyz",
        universal_logout: UniversalLogout::Unsupported,
        configured_group_attributes: &[],
        licensed: false,
        provisioning: Some(Provisioning {
            schemes: Schemes { token: Some(TokenScheme::BaseUrlRequired), oauth2: None },
            inbound: false,
        }),
    },
    AppDefinition {
        kind: AppKind::Google,
        name: "google",
        display_name: "Google Workspace",
        sign_on_modes: FEDERATED_OR_FORM,
        settings: &[
            member("afwOnly", SettingType::Boolean(Some(false))),
            required("domain"),
            text("afwId"),
            text("rpId"),
        ],
        app_links: &["calendar", "mail", "keep", "sites", "accounts", "drive"],
        home_links: &[
            ("sites", "56"),
            ("accounts", "2555"),
            ("keep", "aln1fx21vxhgTkpqE1d8"),
            ("mail", "50"),
            ("drive", "52"),
            ("calendar", "54"),
        ],
        required: &["domain"],
        signing: SigningKey::Own,
        logo: "https://ok12static.oktacdn.com/fs/bcg/4/gfsgoogle",
        universal_logout: UniversalLogout::Unsupported,
        configured_group_attributes: &[],
        licensed: true,
        provisioning: consent(OauthScheme::Consent),
    },
    AppDefinition {
        kind: AppKind::Office365,
        name: "office365",
        display_name: "Microsoft Office 365",
        sign_on_modes: &[SignOnMode::BrowserPlugin, SignOnMode::Saml11],
        settings: &[
            text("tenantType"),
            text("wsFedConfigureType"),
            member("occSettings", SettingType::Null),
            member("windowsTransportEnabled", SettingType::Boolean(Some(false))),
            required("domain"),
            required("msftTenant"),
            member("domains", SettingType::TextList),
            text("office365ProvisioningType"),
            member("requireAdminConsent", SettingType::Boolean(Some(false))),
            member("office365FlexibleProvisioningMode", SettingType::Boolean(None)),
        ],
        app_links: &[
            "calendar",
            "mail",
            "teams",
            "sites",
            "delve",
            "sway",
            "login",
            "powerbi",
            "people",
            "excel",
            "yammer",
            "newsfeed",
            "onedrive",
            "word",
            "planner",
            "powerpoint",
            "tasks",
            "forms",
            "crm",
        ],
        home_links: &[("login", "2161")],
        required: &["msftTenant", "domain"],
        signing: SigningKey::Org,
        logo: "https://ok12static.oktacdn.com/fs/bcg/4/gfsoffice365",
        universal_logout: UniversalLogout::Disabled { support_type: "PARTIAL", identity_stack: "SHARED" },
        configured_group_attributes: &[],
        licensed: true,
        provisioning: consent(OauthScheme::ConsentWithAdministrator),
    },
    AppDefinition {
        kind: AppKind::Slack,
        name: "slack",
        display_name: "Slack",
        sign_on_modes: FEDERATED_OR_FORM,
        settings: &[required("domain"), text("userEmailValue")],
        app_links: LOGIN_ONLY,
        home_links: &[("login", "19411")],
        required: &["domain"],
        signing: SigningKey::Own,
        logo: "https://ok12static.oktacdn.com/fs/bcg/4/gfsslack",
        universal_logout: UniversalLogout::Unsupported,
        configured_group_attributes: &[],
        licensed: false,
        provisioning: consent(OauthScheme::Consent),
    },
    AppDefinition {
        kind: AppKind::Zoom,
        name: "zoomus",
        display_name: "Zoom",
        sign_on_modes: &[SignOnMode::Saml2],
        settings: &[not_blank("subDomain"), text("audience_uri"), text("acs_url")],
        app_links: LOGIN_ONLY,
        home_links: &[("login", "1835")],
        required: &[],
        signing: SigningKey::Own,
        logo: "https://op3static2.oktacdn.com/fs/bcg/4/gfsbppx8xVaIY0Ij31d6",
        universal_logout: UniversalLogout::Disabled { support_type: "FULL", identity_stack: "NOT_SHARED" },
        configured_group_attributes: &["IMGroup", "UserGroup"],
        licensed: false,
        provisioning: consent(OauthScheme::Consent),
    },
    AppDefinition {
        kind: AppKind::Bookmark,
        name: "bookmark",
        display_name: "Bookmark App",
        sign_on_modes: &[SignOnMode::Bookmark],
        settings: &[member("requestIntegration", SettingType::Boolean(Some(false))), required("url")],
        app_links: LOGIN_ONLY,
        home_links: &[("login", "2557")],
        required: &["url"],
        signing: SigningKey::Own,
        logo: "https://ok12static.oktacdn.com/assets/img/logos/bookmark-app.b81c03e2607468e5b5f9c9351c99313e.png",
        universal_logout: UniversalLogout::Null,
        configured_group_attributes: &[],
        licensed: false,
        provisioning: None,
    },
    AppDefinition {
        kind: AppKind::OidcClient,
        name: "oidc_client",
        display_name: "OpenID Connect Client",
        sign_on_modes: &[SignOnMode::OpenIdConnect],
        settings: &[],
        app_links: &["oidc_client_link"],
        home_links: &[("oidc_client_link", "aln177a159h7Zf52X0g8")],
        required: &[],
        signing: SigningKey::Org,
        logo: "https://ok12static.oktacdn.com/assets/img/logos/default.6770228fb0dab49a1695ef440a5279bb.png",
        universal_logout: UniversalLogout::Null,
        configured_group_attributes: &[],
        licensed: false,
        provisioning: None,
    },
];

impl AppKind {
    /// Returns the catalogue entry of this kind.
    #[must_use]
    pub(crate) fn definition(self) -> &'static AppDefinition {
        &CATALOGUE[self as usize]
    }

    /// Returns the kind with this app name.
    #[must_use]
    pub(crate) fn named(name: &str) -> Option<Self> {
        CATALOGUE.iter().find(|definition| definition.name == name).map(|entry| entry.kind)
    }

    /// Returns all kinds.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        CATALOGUE.iter().map(|definition| definition.kind)
    }

    /// Returns true if a person consents at a third-party app for this kind.
    #[must_use]
    pub(crate) fn consents(self) -> bool {
        let provisioning = self.definition().provisioning.as_ref();
        provisioning
            .and_then(|provisioning| provisioning.schemes.oauth2)
            .is_some_and(OauthScheme::needs_consent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_finds_its_own_definition() {
        for kind in AppKind::all() {
            assert_eq!(kind.definition().kind, kind);
            assert_eq!(AppKind::named(kind.definition().name), Some(kind));
        }
        assert_eq!(AppKind::named("org2org"), None, "the guide's prose name is not an app name");
    }

    #[test]
    fn only_the_four_apps_of_the_callback_need_consent() {
        let names: Vec<_> =
            AppKind::all().filter(|kind| kind.consents()).map(|kind| kind.definition().name).collect();
        assert_eq!(names, ["google", "office365", "slack", "zoomus"]);
    }
}
