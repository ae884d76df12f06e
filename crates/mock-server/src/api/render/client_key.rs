//! Keys of a client.

use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{AppUrl, Hints, Link, Timestamp};
use crate::rules::oauth::client::{ClientKey, KeyMaterial, KeyStatus};

/// A key at `credentials/jwks`, with the members and the order of the OpenAPI document's example.
pub(crate) struct ClientKeyObject<'a> {
    pub(crate) key: &'a ClientKey,
    pub(crate) app_url: AppUrl<'a>,
}

impl Serialize for ClientKeyObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { key, app_url } = *self;
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("id", key.id.as_str())?;
        members.serialize_entry("kid", &key.kid)?;
        members.serialize_entry("kty", key.material.kind())?;
        if let Some(algorithm) = &key.algorithm {
            members.serialize_entry("alg", algorithm)?;
        }
        members.serialize_entry("use", &key.usage)?;
        for (name, number) in key.material.numbers() {
            members.serialize_entry(name, &number)?;
        }
        members.serialize_entry("status", key.status.as_str())?;
        members.serialize_entry("created", &Timestamp(key.created))?;
        members.serialize_entry("lastUpdated", &Timestamp(key.last_updated))?;
        let path = format!("/credentials/jwks/{}", key.id);
        members.serialize_entry("_links", &LifecycleLinks { path: &path, status: key.status, app_url })?;
        members.end()
    }
}

/// The links of a key or a secret: an active one can be deactivated, an inactive one activated or deleted
/// (recorded).
pub(super) struct LifecycleLinks<'a> {
    pub(super) path: &'a str,
    pub(super) status: KeyStatus,
    pub(super) app_url: AppUrl<'a>,
}

impl Serialize for LifecycleLinks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { path, status, app_url } = *self;
        let url = |rest: &str| app_url.join(&format!("{path}{rest}"));
        let post = |rest| Link::hinted(url(rest), Hints::allow(&["POST"]));
        let mut links = serializer.serialize_map(None)?;
        match status {
            KeyStatus::Active => links.serialize_entry("deactivate", &post("/lifecycle/deactivate"))?,
            KeyStatus::Inactive => {
                links.serialize_entry("activate", &post("/lifecycle/activate"))?;
                links.serialize_entry("delete", &Link::hinted(url(""), Hints::allow(&["DELETE"])))?;
            }
        }
        links.end()
    }
}

/// The keys in `settings.oauthClient.jwks` of an app object, in the recorded order.
pub(super) struct EchoedKeys<'a>(pub(super) &'a [ClientKey]);

impl Serialize for EchoedKeys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut keys = serializer.serialize_seq(Some(self.0.len()))?;
        for key in self.0 {
            let mut members = Map::new();
            members.insert("kty".into(), key.material.kind().into());
            members.insert("id".into(), key.id.as_str().into());
            members.insert("status".into(), key.status.as_str().into());
            members.insert("kid".into(), json!(key.kid));
            members.insert("use".into(), json!(key.usage));
            add_numbers(&mut members, &key.material);
            keys.serialize_element(&members)?;
        }
        keys.end()
    }
}

/// The keys of a client in a state document: what a request needs to create them again.
pub(super) struct StoredKeys<'a>(pub(super) &'a [ClientKey]);

impl Serialize for StoredKeys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = |key: &ClientKey| {
            let mut members = Map::new();
            members.insert("kty".into(), key.material.kind().into());
            members.insert("kid".into(), json!(key.kid));
            members.insert("use".into(), json!(key.usage));
            members.insert("alg".into(), json!(key.algorithm));
            members.insert("status".into(), key.status.as_str().into());
            add_numbers(&mut members, &key.material);
            members
        };
        serializer.collect_seq(self.0.iter().map(object))
    }
}

/// The keys of a registered client, in the order of the OpenAPI document's example.
pub(super) fn registered_keys(keys: &[ClientKey]) -> Vec<Value> {
    let object = |key: &ClientKey| {
        let mut members = Map::new();
        members.insert("kty".into(), key.material.kind().into());
        members.insert("kid".into(), json!(key.kid));
        members.insert("use".into(), json!(key.usage));
        add_numbers(&mut members, &key.material);
        Value::Object(members)
    };
    keys.iter().map(object).collect()
}

fn add_numbers(members: &mut Map<String, Value>, material: &KeyMaterial) {
    for (name, number) in material.numbers() {
        members.insert(name.into(), json!(number));
    }
}
