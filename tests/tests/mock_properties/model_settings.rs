//! The simple model of connection settings.

use super::model::{Connection, Expected, invalid, malformed, takes};

/// The body of POST connections/default.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Setting {
    Token {
        base_url: Option<&'static str>,
    },
    Service {
        client_id: &'static str,
        rotation: Option<&'static str>,
    },
    Consent {
        administrator: bool,
    },
    /// A body with a missing or invalid member.
    Bad(BadSetting),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum BadSetting {
    NotJson,
    Array,
    NoProfile,
    NoScheme,
    SchemeOauth,
    SchemeUnknown,
    TokenWrongType,
    TokenBlank,
    ClientIdMissing,
    RotationWrong,
    PasswordMissing,
}

impl Setting {
    /// Returns the connection that the app creates from the setting, or the refusal.
    pub(crate) fn read(&self, kind: &str) -> Result<Connection, Expected> {
        let none = Connection { scheme: "TOKEN", base_url: None, client_id: None, rotation: None };
        let scheme = |scheme: &str| if takes(kind, scheme) { Ok(()) } else { Err(invalid("authScheme")) };
        match self {
            Self::Token { base_url } => {
                scheme("TOKEN")?;
                if kind == "zscalerbyz" && base_url.is_none() {
                    return Err(invalid("baseUrl"));
                }
                Ok(Connection { base_url: base_url.map(str::to_owned), ..none })
            }
            Self::Service { client_id, rotation } => {
                scheme("OAUTH2")?;
                let oauth = Connection { scheme: "OAUTH2", ..none };
                match kind {
                    "office365" => Err(invalid("settings")),
                    "okta_org2org" => Ok(Connection {
                        client_id: Some((*client_id).to_owned()),
                        rotation: *rotation,
                        ..oauth
                    }),
                    _ => Ok(oauth),
                }
            }
            Self::Consent { administrator } => {
                scheme("OAUTH2")?;
                match kind {
                    "okta_org2org" => Err(invalid("clientId")),
                    "office365" if !administrator => Err(invalid("settings")),
                    _ => Ok(Connection { scheme: "OAUTH2", ..none }),
                }
            }
            Self::Bad(bad) => bad.read(kind),
        }
    }
}

impl BadSetting {
    fn read(self, kind: &str) -> Result<Connection, Expected> {
        let oauth = Connection { scheme: "OAUTH2", base_url: None, client_id: None, rotation: None };
        match self {
            Self::NotJson | Self::Array => Err(malformed()),
            Self::NoProfile => Err(invalid("profile")),
            Self::NoScheme | Self::SchemeOauth | Self::SchemeUnknown => Err(invalid("authScheme")),
            Self::TokenBlank | Self::TokenWrongType if !takes(kind, "TOKEN") => Err(invalid("authScheme")),
            Self::TokenWrongType => Err(malformed()),
            // The baseUrl is present.
            Self::TokenBlank => Err(invalid("token")),
            _ if !takes(kind, "OAUTH2") => Err(invalid("authScheme")),
            Self::ClientIdMissing => match kind {
                "okta_org2org" => Err(invalid("clientId")),
                "office365" => Err(invalid("settings")),
                _ => Ok(oauth),
            },
            Self::RotationWrong => match kind {
                "okta_org2org" => Err(invalid("rotationMode")),
                "office365" => Err(invalid("settings")),
                _ => Ok(oauth),
            },
            Self::PasswordMissing => match kind {
                "okta_org2org" => Err(invalid("clientId")),
                "office365" => Err(invalid("adminPassword")),
                _ => Ok(oauth),
            },
        }
    }
}
