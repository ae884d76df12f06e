//! The JSON Schema of org files, for errors: the names, values and types of members.
//!
//! The org itself decides what it accepts. The schema only helps to say what is wrong.

use serde_json::Value;

use crate::rules::body::{Json, Object};

/// The JSON Schema of org files.
const TEXT: &str = include_str!("../../../../../fixtures/orgs/org.schema.json");

/// The part of the schema that describes an app.
pub(super) struct AppSchema(Value);

impl AppSchema {
    pub(super) fn new() -> Self {
        Self(serde_json::from_str(TEXT).unwrap_or_default())
    }

    /// Returns the names of the members at a JSON Pointer in an app.
    pub(super) fn members(&self, pointer: &str) -> Vec<&str> {
        let members = self.at(pointer).and_then(|place| place["properties"].as_object());
        members.map(|members| members.keys().map(String::as_str).collect()).unwrap_or_default()
    }

    /// Returns the values that the member at a JSON Pointer may have, if they are listed.
    pub(super) fn values(&self, pointer: &str) -> Vec<&str> {
        let values = self.at(pointer).and_then(|place| place["enum"].as_array());
        values.map(|values| values.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    }

    /// Returns the JSON Pointer of the first member with a type that it cannot have.
    pub(super) fn wrong_type(&self, app: &Object<'_>) -> Option<String> {
        self.wrong_type_in("", &Json::Object(app.clone()))
    }

    fn wrong_type_in(&self, pointer: &str, value: &Json<'_>) -> Option<String> {
        let place = self.at(pointer)?;
        let own = type_of(value);
        let is_listed = match (&place["type"], &place["enum"]) {
            (Value::String(known), _) => known == own,
            (Value::Array(known), _) => known.iter().any(|known| known == own),
            (_, Value::Array(_)) => own == "string",
            _ => true,
        };
        // Null counts as absent.
        if !is_listed && *value != Json::Null {
            return Some(pointer.to_owned());
        }
        let Json::Object(members) = value else { return None };
        members.names().find_map(|name| {
            let inner = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            self.wrong_type_in(&inner, members.get(name)?)
        })
    }

    fn at(&self, pointer: &str) -> Option<&Value> {
        let mut place = self.0.pointer("/$defs/app")?;
        for name in pointer.split('/').skip(1) {
            place = self.resolved(place["properties"].get(name)?);
        }
        Some(place)
    }

    /// Follows references, alone or beside null.
    fn resolved<'s>(&'s self, place: &'s Value) -> &'s Value {
        let choices = place["anyOf"].as_array().into_iter().flatten();
        let reference = choices.chain([place]).find_map(|choice| choice["$ref"].as_str());
        match reference.and_then(|reference| self.0.pointer(reference.trim_start_matches('#'))) {
            Some(target) => self.resolved(target),
            None => place,
        }
    }
}

fn type_of(value: &Json<'_>) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Boolean(_) => "boolean",
        Json::Number(number) if number.is_u64() || number.is_i64() => "integer",
        Json::Number(_) => "number",
        Json::Text(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::body::parse_object;
    use crate::rules::catalogue::AppKind;

    #[test]
    fn the_schema_names_the_kinds_of_the_catalogue() {
        let kinds: Vec<_> = AppKind::all().map(|kind| kind.definition().name).collect();
        assert_eq!(AppSchema::new().values("/name"), kinds);
    }

    #[test]
    fn names_values_and_types_are_found_by_their_place() {
        let schema = AppSchema::new();
        assert_eq!(schema.members("/connection/authorize"), ["state", "started"]);
        assert_eq!(schema.values("/connection/profile/authScheme"), ["TOKEN", "OAUTH2"]);
        for (app, expected) in [
            (r#"{"label": 1}"#, Some("/label")),
            (r#"{"label": null, "connection": null}"#, None),
            (r#"{"settings": {"notes": {"admin": []}}}"#, Some("/settings/notes/admin")),
            (r#"{"connection": {"consented": "yes"}}"#, Some("/connection/consented")),
            (r#"{"settings": {"app": {"domain": 1}}}"#, None),
        ] {
            let app = parse_object(app.as_bytes()).unwrap();
            assert_eq!(schema.wrong_type(&app).as_deref(), expected, "{app:?}");
        }
    }
}
