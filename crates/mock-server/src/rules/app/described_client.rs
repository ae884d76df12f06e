//! OAuth 2.0 clients and signing keys of apps as documents describe them.

use std::sync::Arc;

use super::instance::App;
use super::keys::{AppKey, AppKeys};
use crate::rules::behaviour as rule;
use crate::rules::body::{Json, Members, wrong_type};
use crate::rules::error::OktaError;
use crate::rules::identifier::{KeyId, OktaId, Seconds};
use crate::rules::oauth::Role;
use crate::rules::oauth::client::{ClientSecret, KeyStatus, OauthClient, RoleAssignment};
use crate::rules::oauth::grant::{Actor, Grant};

impl App {
    /// Returns the app with the `client` of a document: grants, roles, secrets, and the ids and times of keys.
    /// A list that is absent stays as it is. A grant may be a scope alone, a role its type alone; the org then
    /// gives the id, and the time is the app's.
    pub(super) fn with_client(self, members: Members<'_>) -> Result<Self, OktaError> {
        let Some(described) = members.object("client")? else { return Ok(self) };
        let Some(client) = &self.client else {
            let cause = "client: The app is no OAuth 2.0 client";
            return Err(OktaError::validation(&rule::CONTROL_STATE, "client", cause));
        };
        let mut next = (**client).clone();
        let time = self.last_updated;
        if let Some(grants) = entries(described, "grants")? {
            next.grants = grants.iter().map(|grant| read_grant(grant, time)).collect::<Result<_, _>>()?;
        }
        if let Some(roles) = entries(described, "roles")? {
            next.roles = roles.iter().map(|role| read_role(role, time)).collect::<Result<_, _>>()?;
        }
        if let Some(secrets) = entries(described, "secrets")? {
            next.secrets = secrets.iter().map(read_secret).collect::<Result<_, _>>()?;
        }
        if let Some(keys) = entries(described, "keys")? {
            describe_keys(&mut next, keys)?;
        }
        Ok(Self { client: Some(Arc::new(next)), ..self })
    }

    /// Returns the app with the `signingKeys` of a document, the first of which is the one that the app was
    /// created with.
    pub(super) fn with_signing_keys(self, members: Members<'_>) -> Result<Self, OktaError> {
        let Some(keys) = entries(members, "signingKeys")? else { return Ok(self) };
        let mut read = Vec::new();
        for key in keys {
            let members = object(key)?;
            let id = members.text("kid")?.and_then(KeyId::parse).ok_or_else(|| invalid("kid"))?;
            read.push(AppKey {
                id,
                created: time(members, "created")?,
                expires: time(members, "expiresAt")?,
            });
        }
        let (first, others) = read.split_first().ok_or_else(|| invalid("signingKeys"))?;
        Ok(Self { keys: AppKeys::new(first.id, others.to_vec()), ..self })
    }
}

fn describe_keys(client: &mut OauthClient, described: &[Json<'_>]) -> Result<(), OktaError> {
    let keys = client.registered_keys_mut();
    if keys.len() != described.len() {
        return Err(invalid("keys"));
    }
    for (key, described) in keys.iter_mut().zip(described) {
        let members = object(described)?;
        key.id = id(members, *b"pks")?;
        (key.created, key.last_updated) = (time(members, "created")?, time(members, "lastUpdated")?);
    }
    Ok(())
}

fn read_grant(grant: &Json<'_>, now: Seconds) -> Result<Grant, OktaError> {
    if let Json::Text(scope) = grant {
        return Ok(Grant {
            id: OktaId::UNASSIGNED,
            scope: (&**scope).into(),
            created: now,
            created_by: Actor::User,
        });
    }
    let members = object(grant)?;
    let created_by = match members.text("createdBy")? {
        None => Actor::User,
        Some(client) => Actor::Client(OktaId::parse(client).ok_or_else(|| invalid("createdBy"))?),
    };
    let scope = members.text("scopeId")?.ok_or_else(|| invalid("scopeId"))?.into();
    Ok(Grant { id: id(members, *b"oag")?, scope, created: time(members, "created")?, created_by })
}

fn read_role(role: &Json<'_>, now: Seconds) -> Result<RoleAssignment, OktaError> {
    let (kind, created) = match role {
        Json::Text(kind) => (Some(&**kind), now),
        _ => {
            let members = object(role)?;
            (members.text("type")?, time(members, "created")?)
        }
    };
    let role = kind.and_then(Role::parse).ok_or_else(|| invalid("type"))?;
    Ok(RoleAssignment { role, created })
}

fn read_secret(secret: &Json<'_>) -> Result<ClientSecret, OktaError> {
    let members = object(secret)?;
    let status = match members.text("status")? {
        Some("ACTIVE") => KeyStatus::Active,
        Some("INACTIVE") => KeyStatus::Inactive,
        _ => return Err(invalid("status")),
    };
    let (created, last_updated) = (time(members, "created")?, time(members, "lastUpdated")?);
    Ok(ClientSecret { id: id(members, *b"ocs")?, status, created, last_updated })
}

fn entries<'a>(members: Members<'a>, name: &str) -> Result<Option<&'a [Json<'a>]>, OktaError> {
    match members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(items)) => Ok(Some(items)),
        Some(_) => Err(wrong_type()),
    }
}

fn object<'a>(value: &'a Json<'a>) -> Result<Members<'a>, OktaError> {
    match value {
        Json::Object(object) => Ok(Members::from(object)),
        _ => Err(wrong_type()),
    }
}

fn id(members: Members<'_>, prefix: [u8; 3]) -> Result<OktaId, OktaError> {
    let id = members.text("id")?.and_then(OktaId::parse).filter(|id| *id.prefix() == prefix);
    id.ok_or_else(|| invalid("id"))
}

fn time(members: Members<'_>, name: &'static str) -> Result<Seconds, OktaError> {
    members.text(name)?.and_then(Seconds::parse).ok_or_else(|| invalid(name))
}

fn invalid(member: &str) -> OktaError {
    OktaError::invalid(&rule::CONTROL_STATE, member)
}
