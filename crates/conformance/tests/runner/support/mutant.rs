//! Small faults of an org, as data (`mutants.json`), applied to the mock's traffic by a layer around the
//! shipped router.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use regex::Regex;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tower::ServiceExt as _;

use super::shipped;

/// One mutant.
#[derive(Debug, Clone)]
pub(crate) struct Mutant {
    pub(crate) name: String,
    pub(crate) reason: String,
    /// The reason that nothing catches it, if nothing does.
    pub(crate) survives: Option<String>,
    definition: Value,
    path: Regex,
    query: Option<Regex>,
}

/// All mutants.
pub(crate) fn mutants() -> Vec<Mutant> {
    let file: Value = serde_json::from_str(include_str!("../mutants.json")).expect("mutants.json");
    file["mutants"].as_array().expect("a list").iter().map(Mutant::read).collect()
}

/// The parts of an exchange that a mutant matches.
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) request: &'a Value,
    /// `None` before there is an answer.
    pub(crate) answer: Option<(u16, &'a Value)>,
}

impl Mutant {
    fn read(definition: &Value) -> Self {
        let text = |name: &str| definition[name].as_str().map(ToOwned::to_owned);
        let regex = |value: &Value| value.as_str().map(|pattern| Regex::new(pattern).expect(pattern));
        Self {
            name: text("name").expect("a name"),
            reason: text("reason").expect("a reason"),
            survives: text("survives"),
            path: regex(&definition["when"]["path"]).expect("a path"),
            query: regex(&definition["when"]["query"]),
            definition: definition.clone(),
        }
    }

    /// True if the mutant applies to an exchange.
    pub(crate) fn concerns(&self, exchange: &Exchange<'_>) -> bool {
        let when = &self.definition["when"];
        let holds = |expected: &Value, of: &Value| {
            let expected = expected.as_object().into_iter().flatten();
            expected.into_iter().all(|(pointer, value)| match (value, of.pointer(pointer)) {
                (Value::Null, found) => found.is_none(),
                (expected, found) => found == Some(expected),
            })
        };
        let answered = |status: u16, body: &Value| {
            when.get("status").is_none_or(|expected| *expected == json!(status))
                && holds(&when["answer"], body)
        };
        self.path.is_match(exchange.path)
            && when.get("method").is_none_or(|method| method == exchange.method)
            && self.query.as_ref().is_none_or(|query| query.is_match(exchange.query))
            && holds(&when["request"], exchange.request)
            && exchange.answer.is_none_or(|(status, body)| answered(status, body))
    }
}

/// The shipped router with this fault.
pub(crate) fn mutated(mutant: &Mutant) -> Router {
    let inside = shipped();
    let (aside, mutant) = (inside.clone(), Arc::new(mutant.clone()));
    inside.layer(from_fn(move |request: Request, next: Next| {
        let (aside, mutant) = (aside.clone(), mutant.clone());
        async move { answer(request, next, &aside, &mutant).await }
    }))
}

async fn answer(request: Request, next: Next, aside: &Router, mutant: &Mutant) -> Response {
    let (mut parts, body) = request.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let sent: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let request_headers = parts.headers.clone();
    let mut exchange = Exchange { method: &method, path: &path, query: &query, request: &sent, answer: None };
    let definition = &mutant.definition;
    let without =
        definition["when"]["without"].as_str().is_none_or(|name| !request_headers.contains_key(name));
    if let Some(instead) = definition.get("instead").filter(|_| without && mutant.concerns(&exchange)) {
        return made_up(instead);
    }
    if let Some(name) = definition["instead_query"]["remove"].as_str().filter(|_| mutant.concerns(&exchange))
    {
        let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(name)).collect();
        parts.uri = format!("{path}?{}", kept.join("&")).parse().unwrap();
    }
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let received: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    exchange.answer = Some((parts.status.as_u16(), &received));
    if !mutant.concerns(&exchange) || definition.get("instead").is_some() {
        return Response::from_parts(parts, Body::from(bytes));
    }
    let id = path.split('/').nth(4).unwrap_or_default().to_owned();
    for call in definition["after"].as_array().into_iter().flatten() {
        let (method, to) = (call["method"].as_str().unwrap(), call["path"].as_str().unwrap());
        let body = call.get("body").map(|body| match body.as_str() {
            Some("{sent}") => sent.to_string(),
            _ => body.to_string().replace("{label}", sent["label"].as_str().unwrap_or("refused")),
        });
        let new = received["id"].as_str().map(|id| format!("/api/v1/apps/{id}")).unwrap_or_default();
        // The path of a callback has the app name before the id.
        let id =
            if path.ends_with("/oauth2/callback") { path.split('/').nth(5).unwrap_or_default() } else { &id };
        let to = to.replace("{app}", &format!("/api/v1/apps/{id}")).replace("{new}", &new);
        for other in if to.contains("{other}") {
            others(aside, &request_headers, id).await
        } else {
            vec![String::new()]
        } {
            send(aside, &request_headers, method, &to.replace("{other}", &other), body.clone()).await;
        }
    }
    let mut answer =
        ChangedAnswer { status: parts.status.as_u16(), headers: parts.headers, body: received, raw: None };
    for operation in definition["then"].as_array().into_iter().flatten() {
        answer.apply(operation, &sent, &id);
    }
    answer.into_response(bytes.is_empty())
}

fn made_up(instead: &Value) -> Response {
    let status = StatusCode::from_u16(instead["status"].as_u64().unwrap().try_into().unwrap()).unwrap();
    let mut response = Response::builder().status(status);
    for (name, value) in [
        ("x-okta-request-id", "0123456789abcdef0123456789abcdef"),
        ("x-rate-limit-limit", "50"),
        ("x-rate-limit-remaining", "49"),
        ("x-rate-limit-reset", "1767225600"),
    ] {
        response = response.header(name, value);
    }
    match instead.get("body") {
        Some(body) => {
            response.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
        }
        None => response.body(Body::empty()).unwrap(),
    }
}

/// The paths of the other apps of the same kind.
async fn others(org: &Router, like: &HeaderMap, app: &str) -> Vec<String> {
    let apps = send(org, like, "GET", "/api/v1/apps?limit=200", None).await;
    let apps = apps.as_array().cloned().unwrap_or_default();
    let kind = apps.iter().find(|other| other["id"] == app).map(|own| own["name"].clone());
    let others = apps.iter().filter(|other| Some(&other["name"]) == kind.as_ref() && other["id"] != app);
    others.filter_map(|other| Some(format!("/api/v1/apps/{}", other["id"].as_str()?))).collect()
}

async fn send(org: &Router, like: &HeaderMap, method: &str, path: &str, body: Option<String>) -> Value {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    // Changes by the org itself need no user's credential.
    request = request.header("authorization", "SSWS the-org-itself");
    if let Some(host) = like.get("host") {
        request = request.header("host", host);
    }
    let request = request.body(Body::from(body.unwrap_or_default())).unwrap();
    let response = org.clone().oneshot(request).await.unwrap();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// A counter for values that differ each time.
static TURN: AtomicUsize = AtomicUsize::new(0);

/// An answer while it is being changed.
struct ChangedAnswer {
    status: u16,
    headers: HeaderMap,
    body: Value,
    /// Replaces the body if it is not JSON.
    raw: Option<String>,
}

impl ChangedAnswer {
    fn apply(&mut self, operation: &Value, sent: &Value, id: &str) {
        let text = |name: &str| operation[name].as_str();
        if let Some(status) = operation["status"].as_u64() {
            self.status = status.try_into().unwrap();
        } else if let Some(pointer) = text("set") {
            let value = operation["to"].to_string().replace("{id}", id);
            let value = value.replace("{turn}", &format!("{:04}", TURN.fetch_add(1, Ordering::Relaxed)));
            set(&mut self.body, pointer, serde_json::from_str(&value).unwrap());
        } else if let Some(pointer) = text("remove") {
            remove(&mut self.body, pointer);
        } else if let Some(pointer) = text("copy") {
            let Some(value) = sent.pointer(pointer) else { return };
            match text("toHeader") {
                Some(name) => self.header(name, value.as_str()),
                None => set(&mut self.body, text("to").unwrap(), value.clone()),
            }
        } else if let Some(name) = text("header") {
            self.header(name, text("to"));
        } else if let Some(change) = operation["replaceHeader"].as_array() {
            let name = change[0].as_str().unwrap();
            let lines: Vec<String> = self
                .headers
                .get_all(name)
                .iter()
                .map(|line| replaced(change, 1, line.to_str().unwrap()))
                .collect();
            self.headers.remove(name);
            for line in &lines {
                self.headers.append(header(name), line.parse().unwrap());
            }
        } else if let Some(change) = operation["replace"].as_array() {
            let text = replaced(change, 0, &self.body.to_string());
            self.body = serde_json::from_str(&text).unwrap();
        } else if let Some(name) = text("wrap") {
            self.body = json!({name: self.body.take()});
        } else if text("double").is_some() {
            if let Some(items) = self.body.as_array_mut().filter(|items| !items.is_empty()) {
                items.push(items[0].clone());
            }
        } else if operation.get("reverse").is_some() {
            if let Some(items) = self.body.as_array_mut() {
                items.reverse();
            }
        } else if let Some(items) = operation.get("ifEmpty") {
            if self.body.as_array().is_some_and(Vec::is_empty) {
                self.body = items.clone();
            }
        } else if let Some(octets) = operation["cut"].as_u64() {
            let whole = self.body.to_string();
            self.raw = Some(whole[..whole.len() - usize::try_from(octets).unwrap()].to_owned());
        } else if let Some(raw) = text("text") {
            self.raw = Some(raw.to_owned());
        } else if let Some(body) = operation.get("body") {
            self.body = body.clone();
        } else {
            panic!("unknown operation: {operation}");
        }
    }

    fn header(&mut self, name: &str, value: Option<&str>) {
        match (name.strip_prefix('+'), value) {
            (Some(name), Some(value)) => {
                self.headers.append(header(name), value.parse().unwrap());
            }
            (_, Some(value)) => {
                drop(self.headers.insert(header(name), value.parse::<HeaderValue>().unwrap()))
            }
            (_, None) => drop(self.headers.remove(name)),
        }
    }

    fn into_response(mut self, was_empty: bool) -> Response {
        self.headers.remove("content-length");
        let body = match (self.raw, &self.body) {
            (Some(raw), _) => Body::from(raw),
            (None, Value::Null) => Body::empty(),
            (None, body) => {
                if was_empty && !self.headers.contains_key("content-type") {
                    self.headers.insert("content-type", HeaderValue::from_static("application/json"));
                }
                Body::from(body.to_string())
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap();
        *response.headers_mut() = self.headers;
        response
    }
}

fn header(name: &str) -> HeaderName {
    name.parse().unwrap()
}

fn replaced(change: &[Value], at: usize, text: &str) -> String {
    let (pattern, with) = (change[at].as_str().unwrap(), change[at + 1].as_str().unwrap());
    Regex::new(pattern).unwrap().replace_all(text, with).into_owned()
}

/// Sets a member of an existing parent.
fn set(body: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.insert(name.to_owned(), value)),
        Some(Value::Array(items)) => {
            if let Some(item) = name.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                *item = value;
            }
        }
        _ => {}
    }
}

fn remove(body: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.shift_remove(name)),
        Some(Value::Array(items)) => {
            if let Some(index) = name.parse::<usize>().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}
