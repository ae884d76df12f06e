//! Admin roles of a client.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::{DisplayText, Link, Timestamp};
use crate::api::origin::Origin;
use crate::rules::identifier::AppId;
use crate::rules::oauth::client::RoleAssignment;

/// An admin role of a client, in the recorded order.
pub(crate) struct ClientRoleObject<'a> {
    assignment: &'a RoleAssignment,
    client: AppId,
    origin: &'a Origin,
}

impl<'a> ClientRoleObject<'a> {
    pub(crate) const fn new(assignment: &'a RoleAssignment, client: AppId, origin: &'a Origin) -> Self {
        Self { assignment, client, origin }
    }
}

#[derive(Serialize)]
struct Links<'a> {
    assignee: Link<DisplayText<&'a str>>,
}

impl Serialize for ClientRoleObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RoleAssignment { role, created } = *self.assignment;
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("id", &role.id())?;
        members.serialize_entry("label", role.label())?;
        members.serialize_entry("type", role.as_str())?;
        members.serialize_entry("status", "ACTIVE")?;
        members.serialize_entry("created", &Timestamp(created))?;
        members.serialize_entry("lastUpdated", &Timestamp(created))?;
        members.serialize_entry("assignmentType", "CLIENT")?;
        let assignee = format!("{}/oauth2/v1/clients/{}", self.origin, self.client);
        members.serialize_entry("_links", &Links { assignee: Link::to(DisplayText(&assignee)) })?;
        members.end()
    }
}
