//! What putting a connection back has to know of a kind of app: the body that sets it. The catalogue beside
//! the flows has it, and the schema there says which of its members are secret. No kind is known by name here.

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

/// How the connection of a kind of app is set.
pub(super) struct AppKind {
    connection: &'static Value,
    schema: &'static Value,
}

impl AppKind {
    /// The kind of that name, if the catalogue has a connection for it.
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

    /// Whether the connection has an address that has to be sent: where it tells none, it was never set.
    pub(super) fn has_to_be_told_an_address(&self) -> bool {
        self.connection.get("baseUrl").is_some()
    }

    /// The secret members of the profile, for a connection of that scheme, each with words in its place.
    pub(super) fn secrets(&self, scheme: &Value) -> Map<String, Value> {
        let profile = |value: &'static Value, pointer| value.pointer(pointer);
        let (Some(sent), Some(schema)) =
            (profile(self.connection, "/profile"), profile(self.schema, "/properties/profile"))
        else {
            return Map::new();
        };
        match asked(sent, schema, "") {
            Some(Value::Object(secrets)) if sent.get("authScheme") == Some(scheme) => secrets,
            _ => Map::new(),
        }
    }
}

/// The secret members of a value, and of the objects in it.
fn asked(sent: &Value, schema: &Value, name: &str) -> Option<Value> {
    if schema.get("format").is_some_and(|format| format == "password") {
        return Some(words_for(name).into());
    }
    let schemas = schema.get("properties")?;
    let secrets = sent.as_object()?.iter().filter_map(|(name, value)| {
        let secret = asked(value, schemas.get(name)?, name)?;
        Some((name.clone(), secret))
    });
    let secrets: Map<String, Value> = secrets.collect();
    (!secrets.is_empty()).then_some(Value::Object(secrets))
}

/// What stands for a secret in a call that a person completes: `THE-ADMIN-PASSWORD-IT-HAD`.
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
    fn the_catalogue_says_what_a_connection_is_set_with() {
        let secrets =
            |app: &str, scheme: &str| Value::Object(AppKind::of(app).unwrap().secrets(&json!(scheme)));
        let administrator = json!({"adminUsername": "THE-ADMIN-USERNAME-IT-HAD", "adminPassword": "THE-ADMIN-PASSWORD-IT-HAD"});
        assert_eq!(secrets("office365", "OAUTH2"), json!({"settings": administrator}));
        assert_eq!(secrets("zscalerbyz", "TOKEN"), json!({"token": "THE-TOKEN-IT-HAD"}));
        assert_eq!(secrets("google", "OAUTH2"), json!({}));
        assert_eq!(secrets("okta_org2org", "OAUTH2"), json!({}), "its example is a token");
        assert!(AppKind::of("zscalerbyz").unwrap().has_to_be_told_an_address());
        assert!(!AppKind::of("okta_org2org").unwrap().has_to_be_told_an_address());
        assert!(AppKind::of("bookmark").is_none() && AppKind::of("salesforce").is_none());
    }
}
