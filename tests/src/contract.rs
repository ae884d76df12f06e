//! Checks answers against the project's OpenAPI documents and its list of headers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::headers::HeaderList;
use crate::{Answer, json_file};

/// Checks answers. Use [`ContractCheck::shared`]: compiling the schemas takes a while.
pub struct ContractCheck {
    documents: Vec<(&'static str, Value)>,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
    routes: Vec<Route>,
    headers: HeaderList,
}

impl std::fmt::Debug for ContractCheck {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ContractCheck").field("routes", &self.routes).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Route {
    method: String,
    segments: Vec<String>,
    /// The JSON Pointer of the operation.
    pointer: String,
    document: &'static str,
}

const DOCUMENTS: [&str; 2] = ["openapi.json", "control.openapi.json"];
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "head", "patch", "options"];

impl ContractCheck {
    /// The instance of this process.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<ContractCheck> = OnceLock::new();
        SHARED.get_or_init(Self::load)
    }

    fn load() -> Self {
        let documents = DOCUMENTS.map(|name| (name, json_file(&format!("fixtures/contract/{name}"))));
        let mut registry = Registry::new().draft(Draft::Draft202012);
        for (name, document) in &documents {
            registry = registry.add(format!("urn:contract:{name}"), document.clone()).expect("a document");
        }
        Self {
            routes: documents.iter().flat_map(|(name, document)| routes(name, document)).collect(),
            documents: documents.into(),
            registry: registry.prepare().expect("schemas"),
            validators: Mutex::default(),
            headers: HeaderList::load(),
        }
    }

    /// The list of headers.
    #[must_use]
    pub const fn headers(&self) -> &HeaderList {
        &self.headers
    }

    /// The faults of an answer to a request with this method and target (path and query, or an absolute URL). The
    /// third-party app's pages are not answers of an org; only a status of 500 or more is a fault there.
    #[must_use]
    pub fn faults(&self, method: &str, target: &str, answer: &Answer) -> Vec<String> {
        let path = path_of(target);
        let mut faults = if method == "HEAD" && answer.status < 500 {
            Vec::new()
        } else if path.starts_with("/third-party/") && !is_json(answer) {
            if answer.status >= 500 { vec![format!("status {}", answer.status)] } else { Vec::new() }
        } else if path.starts_with("/oauth2/") && is_oauth_error(answer) {
            Vec::new()
        } else if path == "/_mock" || path.starts_with("/_mock/") {
            answer.control_faults()
        } else {
            answer.refusal_faults()
        };
        if let Some(secret) = secret_in(answer) {
            faults.push(format!("the secret {secret} comes back"));
        }
        let of_org = !path.starts_with("/_mock") && !path.starts_with("/third-party/");
        if of_org {
            faults.extend(self.headers.faults(method, answer));
        }
        if let Some(route) = self.route(method, path) {
            faults.extend(self.operation_faults(route, method, answer));
        } else if of_org && answer.status < 400 && !is_redirect_endpoint(path) {
            faults.push(format!("{} for an operation that the contract does not have", answer.status));
        }
        faults
    }

    /// Asserts that an answer has no faults.
    ///
    /// # Panics
    /// If it has faults.
    #[track_caller]
    pub fn assert(&self, method: &str, target: &str, answer: &Answer) {
        let faults = self.faults(method, target, answer);
        assert!(faults.is_empty(), "{method} {target} was answered wrongly: {faults:#?}\n{answer:#?}");
    }

    /// The violations of a schema of a document by a value.
    #[must_use]
    pub fn schema_faults(&self, document: &str, pointer: &str, value: &Value) -> Vec<String> {
        let validator = self.validator(document, pointer);
        let faults = validator.iter_errors(value);
        faults.take(5).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn operation_faults(&self, route: &Route, method: &str, answer: &Answer) -> Vec<String> {
        // The container refuses before the operation is asked; the document does not list that.
        if answer.status == 405 {
            return vec![format!("405, though the contract has {method} there")];
        }
        let declared = format!("{}/responses/{}", route.pointer, answer.status);
        let Some(pointer) = self.resolved(route.document, declared) else {
            return vec![format!("status {} is not declared at {}", answer.status, route.pointer)];
        };
        let mut faults = self.declared_header_faults(route.document, &pointer, answer);
        let response = self.at(route.document, &pointer).expect("resolved");
        let content = response.get("content").and_then(Value::as_object);
        match (content, answer.body.is_empty()) {
            (None, false) => faults.push("a body, where the contract has none".to_owned()),
            (Some(_), true) if method != "HEAD" && !may_be_empty(response, answer) => {
                faults.push("no body, where the contract has one".to_owned());
            }
            (Some(content), false) => {
                let media = answer.header("content-type").unwrap_or_default();
                if content.contains_key(media) && !media.ends_with("json") {
                    // A text fits the schema of a text.
                } else if content.contains_key(media) {
                    let schema = format!("{pointer}/content/{}/schema", token(media));
                    match serde_json::from_slice(&answer.body) {
                        Ok(body) => faults.extend(self.schema_faults(route.document, &schema, &body)),
                        Err(error) => faults.push(format!("the body is no JSON: {error}")),
                    }
                } else {
                    faults.push(format!("content type {media:?}"));
                }
            }
            _ => {}
        }
        faults
    }

    fn declared_header_faults(&self, document: &str, response: &str, answer: &Answer) -> Vec<String> {
        let declared = self.at(document, &format!("{response}/headers")).and_then(Value::as_object);
        let mut faults = Vec::new();
        for name in declared.into_iter().flatten().map(|(name, _)| name) {
            let pointer = format!("{response}/headers/{}", token(name));
            let pointer = self.resolved(document, pointer).expect("a header");
            let header = self.at(document, &pointer).expect("resolved");
            let Some(text) = answer.header(&name.to_lowercase()) else {
                if header["required"] == true {
                    faults.push(format!("header {name}, which the contract requires, is missing"));
                }
                continue;
            };
            let schema = self.resolved(document, format!("{pointer}/schema")).expect("a schema");
            let numeric = self.at(document, &schema).is_some_and(|it| it["type"] == "integer");
            let value =
                if numeric { text.parse::<i64>().map_or(json!(text), Value::from) } else { json!(text) };
            faults.extend(self.schema_faults(document, &schema, &value));
        }
        faults
    }

    fn route(&self, method: &str, path: &str) -> Option<&Route> {
        let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
        // Methods are compared by their case: `get` is not GET (RFC 9110, 9.1).
        let is_method = method.bytes().all(|byte| byte.is_ascii_uppercase());
        let method = match method {
            "HEAD" => "get".to_owned(),
            _ if is_method => method.to_lowercase(),
            _ => method.to_uppercase(),
        };
        self.routes.iter().find(|route| {
            route.method == method
                && route.segments.len() == segments.len()
                && route.segments.iter().zip(&segments).all(|(ours, theirs)| {
                    if ours.starts_with('{') { !theirs.is_empty() } else { ours == theirs }
                })
        })
    }

    fn at(&self, document: &str, pointer: &str) -> Option<&Value> {
        let (_, document) = self.documents.iter().find(|(name, _)| *name == document)?;
        document.pointer(pointer)
    }

    /// The pointer after following references.
    fn resolved(&self, document: &str, mut pointer: String) -> Option<String> {
        loop {
            match self.at(document, &pointer)?.get("$ref").and_then(Value::as_str) {
                None => return Some(pointer),
                Some(reference) => pointer = reference.strip_prefix('#')?.to_owned(),
            }
        }
    }

    fn validator(&self, document: &str, pointer: &str) -> Arc<Validator> {
        const KEPT: AsciiSet =
            NON_ALPHANUMERIC.remove(b'/').remove(b'~').remove(b'-').remove(b'_').remove(b'.');
        let reference = format!("urn:contract:{document}#{}", utf8_percent_encode(pointer, &KEPT));
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let build = || {
            let options = jsonschema::options()
                .with_draft(Draft::Draft202012)
                .with_registry(&self.registry)
                .should_validate_formats(true);
            Arc::new(options.build(&json!({"$ref": reference})).expect("a schema"))
        };
        validators.entry(reference.clone()).or_insert_with(build).clone()
    }
}

fn routes(document: &'static str, contents: &Value) -> Vec<Route> {
    let paths = contents["paths"].as_object().expect("paths");
    let methods = |path: &str, item: &Value| {
        let known = |method: &&&str| item.get(**method).is_some();
        let route = |method: &&str| Route {
            method: (*method).to_owned(),
            segments: path.trim_start_matches('/').split('/').map(str::to_owned).collect(),
            pointer: format!("/paths/{}/{method}", token(path)),
            document,
        };
        METHODS.iter().filter(known).map(route).collect::<Vec<_>>()
    };
    paths.iter().flat_map(|(path, item)| methods(path, item)).collect()
}

/// The path of a target, with one leading slash. It stays percent-encoded: the mock accepts no other spelling
/// of its paths.
fn path_of(target: &str) -> &str {
    let target = target.find("://").map_or(target, |at| {
        let rest = &target[at + 3..];
        rest.find(['/', '?']).map_or("/", |slash| &rest[slash..])
    });
    let path = target.split(['?', '#']).next().unwrap_or_default();
    if path.starts_with("//api/") { &path[1..] } else { path }
}

/// True for the endpoint that the third-party app redirects the browser to. The contract has no operation for
/// it.
fn is_redirect_endpoint(path: &str) -> bool {
    path.starts_with("/admin/app/cpc/") && path.ends_with("/oauth/callback")
}

/// True if an answer is an error in OAuth's form (RFC 6749, 5.2).
fn is_oauth_error(answer: &Answer) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let is_unknown_client = body["errorCode"] == "invalid_client" && body["errorSummary"].is_string();
    matches!(answer.status, 400 | 401 | 404)
        && (body["error"].is_string() && body["error_description"].is_string() || is_unknown_client)
}

fn is_json(answer: &Answer) -> bool {
    answer.header("content-type") == Some("application/json")
}

/// True if the document marks the answer as one that may have no body.
fn may_be_empty(response: &Value, answer: &Answer) -> bool {
    let mark = response["x-empty-body-with"].as_str();
    mark.is_some_and(|header| answer.header(&header.to_lowercase()).is_some())
}

fn secret_in(answer: &Answer) -> Option<&'static str> {
    let header =
        |(name, value): &(String, String)| crate::canary::found_in(format!("{name}: {value}").as_bytes());
    crate::canary::found_in(&answer.body).or_else(|| answer.headers.iter().find_map(header))
}

fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routed::Routed;

    const LIST: &str = "/api/v1/apps";
    const UNKNOWN: &str = "/api/v1/apps/none/connections/default";

    type Lie<'a> = &'a dyn Fn(&mut Answer);

    fn faults_of(method: &str, target: &str, spoil: impl FnOnce(&mut Answer)) -> Vec<String> {
        let mut answer = Routed::empty().send(method, target, None);
        spoil(&mut answer);
        ContractCheck::shared().faults(method, target, &answer)
    }

    fn set_body(answer: &mut Answer, body: &str) {
        answer.body = body.as_bytes().to_vec();
    }

    #[test]
    fn a_good_answer_has_no_faults() {
        assert!(faults_of("GET", LIST, |_| {}).is_empty());
        assert!(faults_of("GET", UNKNOWN, |_| {}).is_empty());
        assert!(faults_of("PATCH", LIST, |_| {}).is_empty());
        assert!(faults_of("GET", "/_mock", |_| {}).is_empty());
    }

    #[test]
    fn each_lie_is_found() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let lies: [(&str, &str, Lie<'_>); 15] = [
            ("status", LIST, &|it| it.status = 202),
            ("body", LIST, &|it| set_body(it, r#"[{"id":"0oa1"}]"#)),
            ("no JSON", LIST, &|it| set_body(it, "[")),
            ("no body", LIST, &|it| it.body.clear()),
            ("secret", LIST, &|it| set_body(it, &json!([crate::canary::PASSWORD]).to_string())),
            ("header too many", LIST, &|it| it.headers.push(header("x-powered-by", "axum"))),
            ("header missing", LIST, &|it| it.headers.retain(|(name, _)| name != "p3p")),
            ("request id missing", LIST, &|it| it.headers.retain(|(name, _)| name != "x-okta-request-id")),
            ("header twice", LIST, &|it| it.headers.push(header("pragma", "no-cache"))),
            ("header value", LIST, &|it| {
                it.headers.retain(|(name, _)| name != "x-rate-limit-reset");
                it.headers.push(header("x-rate-limit-reset", "soon"));
            }),
            ("charset", LIST, &|it| {
                it.headers.retain(|(name, _)| name != "content-type");
                it.headers.push(header("content-type", "application/json;charset=UTF-8"));
            }),
            ("secret header", LIST, &|it| it.headers.push(header("link", crate::canary::API_TOKEN))),
            ("error id", UNKNOWN, &|it| set_body(it, &it.text().replace("\"oae", "\"oax"))),
            ("member too many", UNKNOWN, &|it| set_body(it, &it.text().replace("[]}", "[],\"x\":1}"))),
            ("server fault", UNKNOWN, &|it| it.status = 500),
        ];
        for (name, target, spoil) in lies {
            assert!(!faults_of("GET", target, spoil).is_empty(), "{name} is not found");
        }
    }

    #[test]
    fn targets_find_their_operations() {
        let operation = |method, target| {
            let route = ContractCheck::shared().route(method, path_of(target));
            route.map(|route| route.pointer.clone())
        };
        assert_eq!(operation("GET", "//api/v1/apps?limit=1").unwrap(), "/paths/~1api~1v1~1apps/get");
        assert_eq!(operation("HEAD", "http://x/api/v1/apps").unwrap(), "/paths/~1api~1v1~1apps/get");
        assert!(operation("POST", "/_mock/resource-owner/grant").is_some());
        assert_eq!(operation("GET", "/api/v1/apps/"), None);
        assert_eq!(operation("PATCH", "/api/v1/apps"), None);
    }
}
