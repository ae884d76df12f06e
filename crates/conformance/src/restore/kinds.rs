//! The body that sets the connection of a kind of app, for restoring it by hand. It comes from the catalogue
//! next to the flows, whose schema marks the secret members. No kind is hard-coded.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::bundle;
use crate::flow::text::ParsedDocument;

/// The catalogue of the built-in flows.
const CATALOGUE: &str = "flows/apps.yaml";

static GROUPS: LazyLock<Value> = LazyLock::new(|| {
    let document = bundle::embedded(CATALOGUE).and_then(|file| ParsedDocument::parse(&file.text).ok());
    document.map(|document| document.value).unwrap_or_default()
});

/// The connection settings of a kind of app.
pub(super) struct AppKind {
    connection: &'static Value,
    schema: &'static Value,
}

impl AppKind {
    /// The kind with that name, if the catalogue has a connection for it.
    pub(super) fn of(app: &str) -> Option<Self> {
        let groups = GROUPS.as_object()?;
        groups.values().find_map(|group| {
            let examples = group.get("examples")?.as_array()?;
            let example =
                examples.iter().find(|example| example.get("app").is_some_and(|name| name == app))?;
            let connection = example.get("connection")?;
            Some(Self { connection, schema: group.pointer("/properties/connection")? })
        })
    }

    /// True if a connection of this kind has an address that must be sent; without one it was never set.
    pub(super) fn needs_address(&self) -> bool {
        self.connection.get("baseUrl").is_some()
    }

    /// The secret members of the profile, for a connection of that scheme, with placeholders as values.
    pub(super) fn secrets(&self, scheme: &Value) -> Map<String, Value> {
        let profile = |value: &'static Value, pointer| value.pointer(pointer);
        let (Some(sent), Some(schema)) =
            (profile(self.connection, "/profile"), profile(self.schema, "/properties/profile"))
        else {
            return Map::new();
        };
        match secret_members(sent, schema, "") {
            Some(Value::Object(secrets)) if sent.get("authScheme") == Some(scheme) => secrets,
            _ => Map::new(),
        }
    }
}

/// The secret members of a value and of the objects in it.
fn secret_members(sent: &Value, schema: &Value, name: &str) -> Option<Value> {
    if schema.get("format").is_some_and(|format| format == "password") {
        return Some(words_for(name).into());
    }
    let schemas = schema.get("properties")?;
    let secrets = sent.as_object()?.iter().filter_map(|(name, value)| {
        let secret = secret_members(value, schemas.get(name)?, name)?;
        Some((name.clone(), secret))
    });
    let secrets: Map<String, Value> = secrets.collect();
    (!secrets.is_empty()).then_some(Value::Object(secrets))
}

/// The placeholder of a secret in a call that a person completes: `THE-ADMIN-PASSWORD-IT-HAD`.
pub(super) fn words_for(name: &str) -> String {
    let mut words = String::from("THE-");
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            words.push('-');
        }
        words.push(letter.to_ascii_uppercase());
    }
    words + "-IT-HAD"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn the_catalogue_has_the_secrets_of_a_connection() {
        let secrets =
            |app: &str, scheme: &str| Value::Object(AppKind::of(app).unwrap().secrets(&json!(scheme)));
        let administrator = json!({"adminUsername": "THE-ADMIN-USERNAME-IT-HAD", "adminPassword": "THE-ADMIN-PASSWORD-IT-HAD"});
        assert_eq!(secrets("office365", "OAUTH2"), json!({"settings": administrator}));
        assert_eq!(secrets("zscalerbyz", "TOKEN"), json!({"token": "THE-TOKEN-IT-HAD"}));
        assert_eq!(secrets("google", "OAUTH2"), json!({}));
        assert_eq!(secrets("okta_org2org", "OAUTH2"), json!({}), "its example is a token");
        assert!(AppKind::of("zscalerbyz").unwrap().needs_address());
        assert!(!AppKind::of("okta_org2org").unwrap().needs_address());
        assert!(AppKind::of("bookmark").is_none() && AppKind::of("salesforce").is_none());
    }
}
