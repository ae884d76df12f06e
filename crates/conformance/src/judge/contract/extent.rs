//! Measures the work of a schema before it is used: references that multiply, or form long chains, would take
//! unlimited time and memory.

use std::collections::HashMap;

use serde_json::Value;

/// Maximum number of schemas reachable from one. Okta's published document stays far below.
const MAX_SCHEMAS: usize = 300_000;
/// Maximum nesting of schemas; their users recurse for each level.
const MAX_DEPTH: usize = 256;
/// Maximum number of applications of one schema to an answer.
const MAX_VISITS: u64 = 1_000_000;

/// Keywords whose schemas apply to the same value.
const SAME: [&str; 4] = ["not", "if", "then", "else"];
const SAME_LISTED: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Keywords whose schema applies to every item or member.
const EACH: [&str; 5] =
    ["items", "contains", "additionalProperties", "unevaluatedItems", "unevaluatedProperties"];

/// The number of returns of a schema to itself at the same place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    returns: u64,
}

impl Extent {
    /// Measures the schema at a place of a document.
    ///
    /// # Errors
    /// The reason that the schema cannot be used.
    pub(crate) fn of(document: &Value, pointer: &str) -> Result<Self, String> {
        let mut walk = Walk {
            document,
            visited: 0,
            path: Vec::new(),
            open: Vec::new(),
            returns: HashMap::new(),
            most: 0,
        };
        if let Some(schema) = document.pointer(pointer) {
            walk.visit(schema, 0)?;
        }
        Ok(Self { returns: walk.most })
    }

    /// True if a value can be validated in bounded time. A schema that returns to itself twice doubles the
    /// work at each level of the value.
    pub(crate) fn is_affordable(self, value: &Value) -> bool {
        self.returns < 2 || self.returns.checked_pow(depth(value)).is_some_and(|visits| visits <= MAX_VISITS)
    }
}

/// The nesting depth of a value.
fn depth(value: &Value) -> u32 {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

/// A traversal of a schema that follows every reference.
struct Walk<'d> {
    document: &'d Value,
    visited: usize,
    /// The members and items that lead to the value of the current schema.
    path: Vec<&'d str>,
    /// The references that are being followed, with the length of the path at each.
    open: Vec<(&'d str, usize)>,
    /// The number of returns of a reference to itself, by the path between them.
    returns: HashMap<(&'d str, Vec<&'d str>), u64>,
    most: u64,
}

impl<'d> Walk<'d> {
    fn visit(&mut self, schema: &'d Value, depth: usize) -> Result<(), String> {
        self.visited += 1;
        if self.visited > MAX_SCHEMAS {
            return Err(format!(
                "its references multiply: more than {MAX_SCHEMAS} schemas are reachable; use fewer alternatives"
            ));
        }
        if depth > MAX_DEPTH {
            return Err(format!("its schemas are nested more than {MAX_DEPTH} levels deep"));
        }
        let Some(members) = schema.as_object() else { return Ok(()) };
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            self.follow(reference, depth)?;
        }
        let listed = SAME_LISTED.iter().filter_map(|name| members.get(*name)?.as_array()).flatten();
        for inner in SAME.iter().filter_map(|name| members.get(*name)).chain(listed) {
            self.visit(inner, depth + 1)?;
        }
        let items = members.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        for inner in EACH.iter().filter_map(|name| members.get(*name)).chain(items) {
            self.step("*", inner, depth)?;
        }
        for keyword in ["properties", "patternProperties"] {
            for (name, inner) in members.get(keyword).and_then(Value::as_object).into_iter().flatten() {
                self.step(name, inner, depth)?;
            }
        }
        Ok(())
    }

    fn step(&mut self, name: &'d str, schema: &'d Value, depth: usize) -> Result<(), String> {
        self.path.push(name);
        let visited = self.visit(schema, depth + 1);
        self.path.pop();
        visited
    }

    fn follow(&mut self, reference: &'d str, depth: usize) -> Result<(), String> {
        let document = self.document;
        let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        let Some(schema) = target else { return Ok(()) };
        if let Some((_, from)) = self.open.iter().find(|(open, _)| *open == reference) {
            let return_path = self.path[*from..].to_vec();
            if return_path.is_empty() {
                return Err(format!("`{reference}` refers to itself endlessly; remove the reference"));
            }
            let returns = self.returns.entry((reference, return_path)).or_default();
            *returns += 1;
            self.most = self.most.max(*returns);
            return Ok(());
        }
        self.open.push((reference, self.path.len()));
        let followed = self.visit(schema, depth + 1);
        self.open.pop();
        // If the reference is followed again, its returns are counted again.
        self.returns.retain(|(returned, _), _| *returned != reference);
        followed
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Map, json};

    /// A chain of schemas, each referring to the next `alternatives` times.
    fn chain(length: usize, alternatives: usize) -> Value {
        let mut schemas = Map::new();
        for number in 0..length {
            let next = json!({"$ref": format!("#/s/{}", number + 1)});
            schemas.insert(number.to_string(), json!({"anyOf": vec![next; alternatives]}));
        }
        schemas.insert(length.to_string(), json!({"type": "string"}));
        json!({ "s": schemas })
    }

    #[test]
    fn multiplying_and_endless_references_are_rejected() {
        for (document, expected) in [
            (chain(40, 2), "multiply"),
            (chain(5_000, 1), "levels deep"),
            (json!({"s": [{"allOf": [{"$ref": "#/s/0"}]}]}), "refers to itself endlessly"),
        ] {
            let message = Extent::of(&document, "/s/0").unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        assert!(Extent::of(&chain(10, 2), "/s/0").is_ok());
    }

    #[test]
    fn a_tree_schema_is_affordable_at_any_depth_and_a_doubling_one_is_not() {
        let deep = (0..60).fold(json!({}), |inner, _| json!({ "a": inner }));
        let to_itself = json!({"properties": {"a": {"$ref": "#/s"}, "b": {"$ref": "#/s"}}});
        assert!(Extent::of(&json!({ "s": to_itself }), "/s").unwrap().is_affordable(&deep));
        let document = json!({"s": {"anyOf": [to_itself, to_itself]}, "t": {"$ref": "#/s"}});
        let extent = Extent::of(&document, "/t").unwrap();
        assert!(!extent.is_affordable(&deep) && extent.is_affordable(&json!({"a": {"b": 1}})));
    }
}
