//! Reads an OpenAPI document, 3.0 or 3.1: which operations there are and how a request
//! for one is put together. What it promises about answers is judged elsewhere.

mod v3_0;

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::Method;
use serde_json::Value;

use crate::place::pointer_token;

/// One operation of a document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) base_path: String,
    /// Where it stands in the document.
    pub(crate) pointer: String,
}

impl Operation {
    /// The names of the parameters in the path.
    pub(crate) fn path_parameters(&self) -> impl Iterator<Item = &str> {
        self.path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
    }
}

/// A document and its operations by operationId.
#[derive(Debug, Clone)]
pub(crate) struct OpenApi {
    pub(crate) value: Arc<Value>,
    operations: HashMap<String, Arc<Operation>>,
}

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

impl OpenApi {
    /// Reads the operations of a document.
    pub(crate) fn new(value: Value) -> Result<Self, String> {
        let value = match value.get("openapi").and_then(Value::as_str) {
            Some(version) if version.starts_with("3.1.") => value,
            Some(version) if version.starts_with("3.0.") => v3_0::as_3_1(value),
            Some(version) => {
                return Err(format!(
                    "this is OpenAPI {version}; the runner reads OpenAPI 3.0 and 3.1 documents"
                ));
            }
            None => return Err("this is not an OpenAPI document".to_owned()),
        };
        let base_path = base_path(&value);
        let mut operations = HashMap::new();
        let paths = value.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            for method in METHODS {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                let Some(id) = operation.get("operationId").and_then(Value::as_str) else {
                    continue;
                };
                let Ok(parsed) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else {
                    continue;
                };
                let operation = Operation {
                    id: id.to_owned(),
                    method: parsed,
                    path: path.clone(),
                    base_path: base_path.clone(),
                    pointer: format!("/paths/{}/{method}", pointer_token(path)),
                };
                if operations.insert(id.to_owned(), Arc::new(operation)).is_some() {
                    return Err(format!("the operationId `{id}` is given twice"));
                }
            }
        }
        Ok(Self { value: Arc::new(value), operations })
    }

    /// The operation of that id.
    pub(crate) fn operation(&self, id: &str) -> Option<&Arc<Operation>> {
        self.operations.get(id)
    }

    /// All operations, as the document has them.
    pub(crate) fn operations_in_order(&self) -> impl Iterator<Item = &Operation> {
        let paths = self.value.get("paths").and_then(Value::as_object).into_iter().flatten();
        let items = paths.flat_map(|(_, item)| item.as_object().into_iter().flatten());
        items.filter_map(|(_, operation)| {
            let id = operation.get("operationId")?.as_str()?;
            self.operations.get(id).map(|operation| &**operation)
        })
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

    /// All operationIds, for suggestions.
    pub(crate) fn operation_ids(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
    }
}

/// The path of the first server: every operation's path follows it.
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
    fn operations_and_paths() {
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
    fn other_versions_are_refused() {
        let old = OpenApi::new(json!({"openapi": "3.2.0"})).unwrap_err();
        assert!(old.contains("3.2.0"), "{old}");
        assert!(OpenApi::new(json!([])).is_err());
    }
}
