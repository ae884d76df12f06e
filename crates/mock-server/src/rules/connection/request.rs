//! The body of POST connections/default.

use super::credential::{Credential, RotationMode, TargetToken};
use crate::rules::behaviour as rule;
use crate::rules::body::{Members, Object, TEXT_LIMIT, check_length, is_blank};
use crate::rules::catalogue::{OauthScheme, Provisioning, TokenScheme};
use crate::rules::consent::Consent;
use crate::rules::error::{OktaError, Refusals};

/// Maximum length of a client id, in characters (OpenAPI ApplicationCredentialsOAuthClient).
const CLIENT_ID_LIMIT: usize = 100;

/// The members of the request, with checked types.
pub(super) struct Request<'a> {
    members: Members<'a>,
    profile: Option<Profile<'a>>,
}

/// Reads only the members that the scheme needs; others are treated like unknown members.
struct Profile<'a> {
    auth_scheme: Option<&'a str>,
    members: Members<'a>,
}

impl<'a> Request<'a> {
    pub(super) fn read(body: &'a Object<'a>) -> Result<Self, OktaError> {
        let members = Members::from(body);
        let profile = members.object("profile")?.map(Profile::read).transpose()?;
        Ok(Self { members, profile })
    }

    pub(super) fn credential(&self, app: &Provisioning, attempt: Consent) -> Result<Credential, OktaError> {
        let Some(profile) = &self.profile else {
            return Err(OktaError::blank(&rule::CONNECTION_PROFILE_MISSING, "profile"));
        };
        let scheme = profile.auth_scheme.filter(|scheme| !is_blank(Some(scheme)));
        match (scheme, app.schemes.token, app.schemes.oauth2) {
            (None, ..) => Err(OktaError::blank(&rule::CONNECTION_PROFILE_MISSING, "authScheme")),
            (Some("TOKEN"), Some(token), _) => self.token(profile, token),
            (Some("OAUTH2"), _, Some(oauth2)) => profile.oauth2(oauth2, attempt),
            _ => Err(OktaError::invalid(&rule::CONNECTION_SCHEME_REFUSED, "authScheme")),
        }
    }

    fn token(&self, profile: &Profile<'_>, scheme: TokenScheme) -> Result<Credential, OktaError> {
        let (base_url, token) = (self.members.text("baseUrl")?, profile.members.text("token")?);
        let mut refusals = Refusals::default();
        let mut credential = token_credential(base_url, scheme, &mut refusals);
        let sent = refusals.take(present(token, "token"), "");
        if let Credential::Token { token, .. } = &mut credential {
            // Only okta_org2org takes its URL from the settings: its target is an org.
            *token = (scheme == TokenScheme::BaseUrlFromSettings).then(|| TargetToken::new(sent));
        }
        refusals.into_result(credential)
    }
}

impl<'a> Profile<'a> {
    fn read(members: Members<'a>) -> Result<Self, OktaError> {
        Ok(Self { auth_scheme: members.text("authScheme")?, members })
    }

    fn oauth2(&self, scheme: OauthScheme, attempt: Consent) -> Result<Credential, OktaError> {
        match scheme {
            OauthScheme::Consent => Ok(Credential::Consent(attempt)),
            OauthScheme::ConsentWithAdministrator => {
                let settings = self.members.object("settings")?;
                let settings =
                    settings.ok_or_else(|| OktaError::blank(&rule::CONNECTION_MEMBER_BLANK, "settings"))?;
                let (username, password) = (settings.text("adminUsername")?, settings.text("adminPassword")?);
                let mut refusals = Refusals::default();
                refusals.check(present(username, "adminUsername").map(drop));
                refusals.check(present(password, "adminPassword").map(drop));
                refusals.into_result(Credential::Consent(attempt))
            }
            OauthScheme::ServiceApp => service_app(self.members),
        }
    }
}

/// Reads the credential of a service app from a profile.
///
/// # Errors
/// E0000001 for a client id that is missing or too long, and for an unknown rotation mode.
pub(super) fn service_app(profile: Members<'_>) -> Result<Credential, OktaError> {
    let client_id = profile.text("clientId")?;
    let mut refusals = Refusals::default();
    let client_id = present(client_id, "clientId")
        .and_then(|client_id| check_length(client_id, "clientId", CLIENT_ID_LIMIT));
    let client_id = refusals.take(client_id, "").into();
    let rotation_mode = refusals.take(rotation_mode(profile), None);
    refusals.into_result(Credential::ServiceApp { client_id, rotation_mode })
}

/// Returns the credential of a token connection, without the token.
pub(super) fn token_credential(
    base_url: Option<&str>,
    scheme: TokenScheme,
    refusals: &mut Refusals,
) -> Credential {
    if scheme == TokenScheme::BaseUrlRequired {
        refusals.check(present(base_url, "baseUrl").map(drop));
    }
    refusals.check(check_length(base_url.unwrap_or_default(), "baseUrl", TEXT_LIMIT).map(drop));
    rule::CONNECTION_BASE_URL.apply();
    Credential::Token { base_url: base_url.filter(|url| !is_blank(Some(url))).map(Into::into), token: None }
}

fn rotation_mode(profile: Members<'_>) -> Result<Option<RotationMode>, OktaError> {
    rule::CONNECTION_ROTATION_ECHO.apply();
    let signing = profile.object("signing")?;
    match signing.map(|members| members.text("rotationMode")).transpose()? {
        None => Ok(None),
        Some(Some("AUTO")) => Ok(Some(RotationMode::Auto)),
        Some(Some("MANUAL")) => Ok(Some(RotationMode::Manual)),
        Some(Some(_)) => Err(OktaError::invalid(&rule::CONNECTION_ROTATION_MODE, "rotationMode")),
        Some(None) => Err(OktaError::blank(&rule::CONNECTION_ROTATION_MODE, "rotationMode")),
    }
}

fn present<'a>(value: Option<&'a str>, member: &str) -> Result<&'a str, OktaError> {
    value
        .filter(|value| !is_blank(Some(value)))
        .ok_or_else(|| OktaError::blank(&rule::CONNECTION_MEMBER_BLANK, member))
}

/// Reads the `activate` query parameter of a connection: true in any letter case (guide: TRUE).
#[must_use]
pub(crate) fn wants_activation(parameter: Option<&str>) -> bool {
    rule::CONNECTION_ACTIVATE_PARAMETER.apply();
    parameter.is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_true_activates_in_any_letter_case() {
        for (value, expected) in
            [("true", true), ("TRUE", true), ("True", true), ("1", false), ("", false), ("yes", false)]
        {
            assert_eq!(wants_activation(Some(value)), expected, "{value}");
        }
        assert!(!wants_activation(None));
    }
}
