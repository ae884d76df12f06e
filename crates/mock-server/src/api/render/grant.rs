//! Grants of a client.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::{Hints, Timestamp};
use crate::api::origin::Origin;
use crate::org::ClientApp;
use crate::rules::identifier::OktaId;
use crate::rules::oauth::grant::{Actor, Grant};

/// A grant, in the recorded order.
pub(crate) struct GrantObject<'a> {
    pub(crate) grant: &'a Grant,
    pub(crate) client: &'a ClientApp,
    pub(crate) origin: &'a Origin,
    /// The org's administrator.
    pub(crate) user: OktaId,
    /// True if it contains `_embedded`.
    pub(crate) embeds: bool,
}

impl Serialize for GrantObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { grant, client, origin, .. } = *self;
        let creator = match grant.created_by {
            Actor::User => self.user,
            Actor::Client(client) => client,
        };
        let kind = match grant.created_by {
            Actor::User => "User",
            Actor::Client(_) => "Client",
        };
        let (id, label) = (client.id, &*client.app.label);
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("id", grant.id.as_str())?;
        members.serialize_entry("status", "ACTIVE")?;
        members.serialize_entry("created", &Timestamp(grant.created))?;
        members.serialize_entry("createdBy", &json!({"id": creator.as_str(), "type": kind}))?;
        members.serialize_entry("lastUpdated", &Timestamp(grant.created))?;
        members.serialize_entry("issuer", &origin.to_string())?;
        members.serialize_entry("clientId", id.as_str())?;
        members.serialize_entry("scopeId", &*grant.scope)?;
        members.serialize_entry("source", "ADMIN")?;
        if self.embeds {
            members.serialize_entry("_embedded", &json!({"scope": {"id": &*grant.scope}}))?;
        }
        let app = format!("{origin}/api/v1/apps/{id}");
        let links = json!({
            "app": {"href": app, "title": label},
            "self": {"href": format!("{app}/grants/{}", grant.id), "hints": Hints::allow(&["GET", "DELETE"])},
            "client": {"href": format!("{origin}/oauth2/v1/clients/{id}"), "title": label},
        });
        members.serialize_entry("_links", &links)?;
        members.end()
    }
}
