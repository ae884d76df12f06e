//! Connection objects: `authScheme, status, baseUrl, profile, clientId, _links`.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::{AppUrl, DisplayText, Hints, Link};
use crate::api::origin::Origin;
use crate::rules::app::App;
use crate::rules::behaviour as rule;
use crate::rules::catalogue::AppKind;
use crate::rules::connection::{self, Connection, Credential, RotationMode};
use crate::rules::identifier::State;
use crate::rules::third_party;

/// The connection of an app.
pub(crate) struct ConnectionObject<'a> {
    pub(crate) app: &'a App,
    pub(crate) app_url: AppUrl<'a>,
}

impl Serialize for ConnectionObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        let Some(facts) = self.app.connection_facts() else {
            rule::CONNECTION_UNSUPPORTED.apply();
            members.serialize_entry("status", "UNKNOWN")?;
            members.serialize_entry("profile", &Profile::with_scheme("UNKNOWN"))?;
            return members.end();
        };
        let connection = &self.app.connection;
        let profile = Profile::new(connection, facts.provisioning.schemes.token.is_some());
        if profile.auth_scheme == "TOKEN" || profile.client_id.is_some() {
            members.serialize_entry("authScheme", profile.auth_scheme)?;
        }
        members.serialize_entry("status", if connection.is_enabled() { "ENABLED" } else { "DISABLED" })?;
        if let Some(base_url) = base_url(connection, facts.base_url, profile.auth_scheme) {
            members.serialize_entry("baseUrl", base_url)?;
        }
        members.serialize_entry("profile", &profile)?;
        if let Some(client_id) = profile.client_id {
            rule::CONNECTION_SERVICE_APP_FORM.apply();
            members.serialize_entry("clientId", client_id)?;
        }
        members.serialize_entry("_links", &Links(self))?;
        members.end()
    }
}

fn base_url<'a>(connection: &'a Connection, app_base_url: Option<&'a str>, scheme: &str) -> Option<&'a str> {
    match connection {
        Connection::Set { credential: Credential::Token { base_url, .. }, .. } => {
            rule::CONNECTION_TOKEN_FORM.apply();
            base_url.as_deref().or(app_base_url)
        }
        Connection::Set { .. } => None,
        Connection::NeverSet => app_base_url.filter(|_| scheme == "TOKEN"),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing: Option<Signing>,
    auth_scheme: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signing {
    rotation_mode: &'static str,
}

impl<'a> Profile<'a> {
    const fn with_scheme(auth_scheme: &'static str) -> Self {
        Self { client_id: None, signing: None, auth_scheme }
    }

    fn new(connection: &'a Connection, has_token: bool) -> Self {
        match connection {
            Connection::NeverSet => {
                rule::CONNECTION_NEVER_SET.apply();
                Self::with_scheme(if has_token { "TOKEN" } else { "OAUTH2" })
            }
            Connection::Set { credential, .. } => match credential {
                Credential::Token { .. } => Self::with_scheme("TOKEN"),
                Credential::Consent(_) => Self::with_scheme("OAUTH2"),
                Credential::ServiceApp { client_id, rotation_mode } => Self {
                    client_id: Some(client_id),
                    signing: rotation_mode
                        .map(RotationMode::as_str)
                        .map(|rotation_mode| Signing { rotation_mode }),
                    auth_scheme: "OAUTH2",
                },
            },
        }
    }
}

/// The guidance of the authorize link (guide, OpenAPI).
const GUIDANCE: &str = "Specifies the URI to invoke in a browser for granting scope consent required to complete the OAuth 2.0 connection.";

struct Links<'a>(&'a ConnectionObject<'a>);

impl Serialize for Links<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ConnectionObject { app, app_url } = self.0;
        let mut links = serializer.serialize_map(None)?;
        for link in app.connection.links() {
            match link {
                connection::Relation::Activate => links.serialize_entry(
                    "activate",
                    &Link::hinted(
                        app_url.join("/connections/default/lifecycle/activate"),
                        Hints::allow(&["POST"]),
                    ),
                )?,
                connection::Relation::SelfLink => links.serialize_entry(
                    "self",
                    &Link::hinted(app_url.join("/connections/default"), Hints::allow(&["POST", "GET"])),
                )?,
                connection::Relation::Deactivate => links.serialize_entry(
                    "deactivate",
                    &Link::hinted(
                        app_url.join("/connections/default/lifecycle/deactivate"),
                        Hints::allow(&["POST"]),
                    ),
                )?,
                connection::Relation::Authorize => {
                    if let (Some(consent), Some(kind)) = (app.connection.consent(), app.kind()) {
                        let authorize_url =
                            AuthorizeUrl { origin: app_url.origin, kind, state: consent.state };
                        let hints = Hints { allow: &["GET"], guidance: Some([GUIDANCE]) };
                        links
                            .serialize_entry("authorize", &Link::hinted(DisplayText(authorize_url), hints))?;
                    }
                }
            }
        }
        links.end()
    }
}

/// All but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The link at which a person consents, with the parameters in the guide's order. It leads to the mock's
/// own third-party app. The rest of the path is the vendor's, where it is documented.
struct AuthorizeUrl<'a> {
    origin: &'a Origin,
    kind: AppKind,
    state: State,
}

impl fmt::Display for AuthorizeUrl<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.kind.definition().name;
        write!(formatter, "{}/third-party/{name}/oauth/authorize", self.origin)?;
        let redirect_uri = format!("{}{}", self.origin, third_party::redirect_path(self.kind));
        write!(
            formatter,
            "?scope=admin&response_type=code&state={}&client_id={}&redirect_uri={}",
            self.state,
            utf8_percent_encode(&third_party::client_id(self.kind), ESCAPED),
            utf8_percent_encode(&redirect_uri, ESCAPED),
        )
    }
}
