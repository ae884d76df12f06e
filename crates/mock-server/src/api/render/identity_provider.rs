//! Identity providers.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Hints, Timestamp};
use crate::api::origin::Origin;
use crate::rules::behaviour as rule;
use crate::rules::identifier::OktaId;
use crate::rules::identity_provider::IdentityProvider;

/// An identity provider, in the recorded order.
pub(crate) struct IdentityProviderObject<'a> {
    pub(crate) id: OktaId,
    pub(crate) provider: &'a IdentityProvider,
    pub(crate) origin: &'a Origin,
    pub(crate) created: Created,
}

/// How an answer shows the time of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Created {
    /// As it is.
    Shown,
    /// As null, in the answer to PUT (recorded).
    Null,
}

impl Serialize for IdentityProviderObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { id, provider, origin, created } = *self;
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("id", id.as_str())?;
        members.serialize_entry("issuerMode", provider.issuer_mode)?;
        members.serialize_entry("name", &*provider.name)?;
        members.serialize_entry("status", if provider.is_active { "ACTIVE" } else { "INACTIVE" })?;
        match created {
            Created::Shown => members.serialize_entry("created", &Timestamp(provider.created))?,
            Created::Null => {
                rule::PROVIDER_CREATED_NULL.apply();
                members.serialize_entry("created", &Value::Null)?;
            }
        }
        members.serialize_entry("lastUpdated", &Timestamp(provider.last_updated))?;
        members.serialize_entry("protocol", &provider.protocol)?;
        members.serialize_entry("policy", &provider.policy)?;
        members.serialize_entry("type", provider.kind.as_str())?;
        // The braces are literal (recorded).
        let authorize = format!(
            "{origin}/oauth2/v1/authorize?idp={id}&client_id={{clientId}}&response_type={{responseType}}\
             &response_mode={{responseMode}}&scope={{scopes}}&redirect_uri={{redirectUri}}&state={{state}}\
             &nonce={{nonce}}"
        );
        let links = json!({
            "authorize": {"href": authorize, "templated": true, "hints": Hints::allow(&["GET"])},
            "clientRedirectUri": {
                "href": format!("{origin}/oauth2/v1/authorize/callback"),
                "hints": Hints::allow(&["POST"]),
            },
        });
        members.serialize_entry("_links", &links)?;
        members.end()
    }
}
