//! Converts OpenAPI 3.0 documents to 3.1: translates the differences of their schemas to JSON Schema 2020-12
//! (OpenAPI 3.1, appendix A, and the migration notes of the initiative).

use serde_json::{Map, Value, json};

/// Converts a document to 3.1.
pub(super) fn as_3_1(mut document: Value) -> Value {
    if let Some(members) = document.as_object_mut() {
        members.insert("openapi".to_owned(), "3.1.0".into());
    }
    for section in ["paths", "components"] {
        if let Some(value) = document.get_mut(section) {
            convert(value, false);
        }
    }
    document
}

/// Converts a value; `is_schema` is true if it is a schema.
fn convert(value: &mut Value, is_schema: bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| convert(item, is_schema)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match (is_schema, name.as_str()) {
                    // These names are members, not keywords; examples are not schemas.
                    (true, "properties" | "patternProperties") | (false, "schemas") => each(member),
                    (true, "items" | "allOf" | "anyOf" | "oneOf" | "not" | "additionalProperties") => {
                        convert(member, true);
                    }
                    (false, "schema") => convert(member, true),
                    (_, "example" | "examples" | "default" | "enum" | "const") => {}
                    (true, _) => {}
                    (false, _) => convert(member, false),
                }
            }
            if is_schema {
                schema(members);
            }
        }
        _ => {}
    }
}

fn each(members: &mut Value) {
    members.as_object_mut().into_iter().flatten().for_each(|(_, schema)| convert(schema, true));
}

fn schema(members: &mut Map<String, Value>) {
    for (flag, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match members.get(flag).and_then(Value::as_bool) {
            Some(true) => {
                if let Some(value) = members.shift_remove(limit) {
                    members.insert(flag.to_owned(), value);
                } else {
                    members.shift_remove(flag);
                }
            }
            Some(false) => drop(members.shift_remove(flag)),
            None => {}
        }
    }
    // OpenAPI 3.0 ignores members next to a `$ref`.
    if let Some(reference) = members.get("$ref").cloned() {
        members.clear();
        members.insert("$ref".to_owned(), reference);
        return;
    }
    if members.shift_remove("nullable") != Some(Value::Bool(true)) {
        return;
    }
    if let Some(options) = members.get_mut("enum").and_then(Value::as_array_mut)
        && !options.contains(&Value::Null)
    {
        options.push(Value::Null);
    }
    match members.get("type").cloned() {
        Some(Value::String(kind)) => drop(members.insert("type".to_owned(), json!([kind, "null"]))),
        _ => {
            let schema = Value::Object(std::mem::take(members));
            members.insert("anyOf".to_owned(), json!([schema, {"type": "null"}]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_converted_to_json_schema() {
        let document = json!({
            "openapi": "3.0.3",
            "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema":
                {"type": "object", "nullable": true, "properties": {"nullable": {"$ref": "#/x", "nullable": true}}}}}}}}}},
            "components": {"schemas": {
                "A": {"type": "number", "minimum": 1, "exclusiveMinimum": true, "example": {"nullable": true}},
                "B": {"allOf": [{"$ref": "#/x"}], "nullable": true},
                "C": {"type": "string", "enum": ["a"], "nullable": true},
            }},
        });
        let converted = as_3_1(document);
        assert_eq!(converted["openapi"], "3.1.0");
        let schema =
            &converted["paths"]["/a"]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(schema, &json!({"type": ["object", "null"], "properties": {"nullable": {"$ref": "#/x"}}}));
        let schemas = &converted["components"]["schemas"];
        assert_eq!(
            schemas["A"],
            json!({"type": "number", "exclusiveMinimum": 1, "example": {"nullable": true}})
        );
        assert_eq!(schemas["B"], json!({"anyOf": [{"allOf": [{"$ref": "#/x"}]}, {"type": "null"}]}));
        assert_eq!(schemas["C"], json!({"type": ["string", "null"], "enum": ["a", null]}));
    }
}
