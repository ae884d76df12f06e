//! Clients as dynamic registration sees them (`/oauth2/v1/clients`): an app of kind `oidc_client`.

use std::sync::Arc;

use super::create::NewIds;
use super::instance::{App, AppSource, AppStatus};
use super::keys::AppKeys;
use crate::rules::behaviour as rule;
use crate::rules::body::{Members, Object, check_length, is_blank};
use crate::rules::catalogue::{AppKind, SignOnMode};
use crate::rules::connection::Connection;
use crate::rules::error::{OktaError, Refusals};
use crate::rules::feature::FeatureSettings;
use crate::rules::identifier::{AppId, Seconds};
use crate::rules::oauth::client::{OauthClient, new_secret};

/// Maximum length of a name, in characters: it becomes the app's label (docs).
const NAME_LIMIT: usize = 100;

impl App {
    /// POST /oauth2/v1/clients.
    ///
    /// # Errors
    /// E0000003 for members of a wrong type, E0000001 for values that a client cannot have.
    pub(crate) fn registered(
        body: &Object<'_>,
        ids: &mut impl NewIds,
        now: Seconds,
    ) -> Result<(AppId, Self), OktaError> {
        let (label, mut client) = read(body, None, now)?;
        let id = ids.app(AppKind::OidcClient, label);
        client.assign_key_ids(|key| ids.client_key(&id, key));
        if client.has_secret() {
            client.secrets.push(new_secret(ids.client_secret(&id), now));
        }
        let app = Self {
            source: AppSource::Catalogue(AppKind::OidcClient),
            label: label.into(),
            status: AppStatus::Active,
            created: now,
            last_updated: now,
            sign_on_mode: SignOnMode::OpenIdConnect,
            settings: [].into(),
            signing_key: ids.signing_keys(&id).org,
            keys: AppKeys::default(),
            client: Some(client.into()),
            presentation: None,
            connection: Connection::NeverSet,
            features: FeatureSettings::default(),
        };
        Ok((id, app))
    }

    /// PUT /oauth2/v1/clients/{clientId}. Replaces all members that registration has (guide-o2o). New keys have
    /// no id yet.
    ///
    /// # Errors
    /// As [`App::registered`].
    pub(crate) fn registered_again(&self, body: &Object<'_>, now: Seconds) -> Result<Self, OktaError> {
        let (label, client) = read(body, self.client.as_deref(), now)?;
        Ok(Self { label: label.into(), last_updated: now, client: Some(Arc::new(client)), ..self.clone() })
    }
}

fn read<'a>(
    body: &'a Object<'_>,
    current: Option<&OauthClient>,
    now: Seconds,
) -> Result<(&'a str, OauthClient), OktaError> {
    let members = Members::from(body);
    let name = members.text("client_name")?;
    members.mark_read(&["client_id", "client_id_issued_at", "client_secret_expires_at"]);
    let mut refusals = Refusals::default();
    let label = match name.filter(|name| !is_blank(Some(name))) {
        Some(name) => check_length(name, "client_name", NAME_LIMIT),
        None => Err(OktaError::blank(&rule::APP_LABEL_MISSING, "client_name")),
    };
    let label = refusals.take(label, "");
    let base = current.map(OauthClient::without_registered);
    let client = OauthClient::read(Some(members), Some(members), base.as_ref(), now, &mut refusals);
    refusals.into_result((label, client))
}
