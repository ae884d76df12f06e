//! An OpenAPI document and its operations.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::Method;
use serde_json::Value;

use crate::value_path::pointer_token;

/// Maximum length of a chain of references.
const MAX_REFERENCES: usize = 8;

/// One operation of a document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) base_path: String,
    /// The operation's place in the document.
    pub(crate) pointer: String,
    /// Undeclared query parameters and headers that a step sends on purpose (`x-undeclared`).
    pub(crate) undeclared: Vec<String>,
}

impl Operation {
    /// True if two operations are the same request: the same method and the same path, except for the names
    /// of its parameters.
    fn is_like(&self, other: &Self) -> bool {
        let path = |operation: &Self| format!("{}{}", operation.base_path, operation.path);
        let (own, other_path) = (path(self), path(other));
        let segments = |path: &str| -> Vec<String> {
            path.split('/')
                .map(|part| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() })
                .collect()
        };
        self.method == other.method && segments(&own) == segments(&other_path)
    }

    /// The names of the path parameters.
    pub(crate) fn path_parameters(&self) -> impl Iterator<Item = &str> {
        self.path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
    }
}

/// A document and its operations.
#[derive(Debug, Clone)]
pub(crate) struct OpenApi {
    pub(crate) value: Arc<Value>,
    /// The operations, in the order of the document.
    operations: Vec<Arc<Operation>>,
    by_id: HashMap<String, usize>,
}

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

impl OpenApi {
    /// Reads the operations of a document.
    pub(crate) fn new(value: Value) -> Result<Self, String> {
        let value = match value.get("openapi").and_then(Value::as_str) {
            Some(version) if version.starts_with("3.1.") => value,
            Some(version) if version.starts_with("3.0.") => super::v3_0::as_3_1(value),
            Some(version) => {
                return Err(format!("this is OpenAPI {version}; only OpenAPI 3.0 and 3.1 are supported"));
            }
            None => return Err("this is not an OpenAPI document".to_owned()),
        };
        let base_path = base_path(&value);
        let (mut operations, mut by_id) = (Vec::new(), HashMap::new());
        let paths = value.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            for method in METHODS {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                // `operationId` is optional (OpenAPI, Operation Object).
                let unnamed = format!("{} {path}", method.to_ascii_uppercase());
                let id = operation.get("operationId").and_then(Value::as_str).unwrap_or(&unnamed);
                let Ok(parsed) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else {
                    continue;
                };
                let operation = Operation {
                    id: id.to_owned(),
                    method: parsed,
                    path: path.clone(),
                    base_path: base_path.clone(),
                    pointer: format!("/paths/{}/{method}", pointer_token(path)),
                    undeclared: Vec::new(),
                };
                if by_id.insert(id.to_owned(), operations.len()).is_some() {
                    return Err(format!("the operationId `{id}` is used twice"));
                }
                operations.push(Arc::new(operation));
            }
        }
        Ok(Self { value: Arc::new(value), operations, by_id })
    }

    /// Renames its operations like the same requests in another document.
    pub(crate) fn name_as<'a>(&mut self, others: impl IntoIterator<Item = &'a Operation>) {
        for other in
            others.into_iter().filter(|other| !self.by_id.contains_key(&other.id)).collect::<Vec<_>>()
        {
            if let Some(index) = self.operations.iter().position(|own| own.is_like(other)) {
                let own = Arc::make_mut(&mut self.operations[index]);
                self.by_id.remove(&own.id);
                own.id.clone_from(&other.id);
                self.by_id.insert(other.id.clone(), index);
            }
        }
    }

    /// The operation with that id.
    pub(crate) fn operation(&self, id: &str) -> Option<&Arc<Operation>> {
        self.by_id.get(id).and_then(|at| self.operations.get(*at))
    }

    /// Follows references (`$ref` within the document) from the pointer.
    pub(crate) fn resolved(&self, pointer: String) -> Option<String> {
        let mut pointer = pointer;
        for _ in 0..MAX_REFERENCES {
            match self.value.pointer(&pointer)?.get("$ref").and_then(Value::as_str) {
                None => return Some(pointer),
                Some(reference) => pointer = reference.strip_prefix('#')?.to_owned(),
            }
        }
        None
    }

    /// All operations, in the order of the document.
    pub(crate) fn operations_in_order(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().map(|operation| &**operation)
    }

    /// The templates of all paths.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> + Clone {
        self.value
            .get("paths")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(path, _)| path.as_str())
    }

    /// All operation ids, for suggestions.
    pub(crate) fn operation_ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }
}

/// The path of the first server, which precedes every operation's path.
fn base_path(document: &Value) -> String {
    let server = document.pointer("/servers/0/url").and_then(Value::as_str);
    let server = server.unwrap_or_default();
    let path = match server.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => server.trim_start_matches('/'),
    };
    let path = path.trim_end_matches('/');
    if path.is_empty() || path.contains('{') { String::new() } else { format!("/{path}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_are_read_with_method_and_path() {
        let document = json!({
            "openapi": "3.1.0", "servers": [{"url": "https://{yourOktaDomain}"}],
            "paths": {"/api/v1/apps/{appId}/features/{featureName}": {"put": {"operationId": "update"}}},
        });
        let api = OpenApi::new(document).unwrap();
        let operation = api.operation("update").unwrap();
        assert_eq!(operation.method, Method::PUT);
        assert_eq!(operation.base_path, "");
        assert_eq!(operation.path_parameters().collect::<Vec<_>>(), ["appId", "featureName"]);
        assert!(api.value.pointer(&operation.pointer).is_some());
    }

    #[test]
    fn operations_with_other_ids_are_matched_by_their_requests() {
        let named = |id: Value| {
            let mut operation = json!({"responses": {}});
            if !id.is_null() {
                operation["operationId"] = id;
            }
            json!({"openapi": "3.1.0", "paths": {"/apps/{id}": {"get": operation}}})
        };
        let flows = OpenApi::new(json!({"openapi": "3.1.0",
            "paths": {"/apps/{appId}": {"get": {"operationId": "getApplication"}, "put": {"operationId": "replace"}}}}))
        .unwrap();
        for id in [Value::Null, json!("fetchApp"), json!("getApplication")] {
            let mut api = OpenApi::new(named(id.clone())).unwrap();
            api.name_as(flows.operations_in_order());
            assert_eq!(api.operation("getApplication").unwrap().pointer, "/paths/~1apps~1{id}/get", "{id}");
            assert!(api.operation("replace").is_none() && api.operation("fetchApp").is_none());
        }
    }

    #[test]
    fn other_versions_are_rejected() {
        let old = OpenApi::new(json!({"openapi": "3.2.0"})).unwrap_err();
        assert!(old.contains("3.2.0"), "{old}");
        assert!(OpenApi::new(json!([])).is_err());
    }
}
