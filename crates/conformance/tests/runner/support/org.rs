//! An org as in production: apps in use, a log of every request, and faults on demand. It does not identify
//! itself as the mock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use okta_mock_server::MockServer;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::serve;

pub(crate) const ZSCALER: &str = "0oazscalerbyz0000001";
pub(crate) const GOOGLE: &str = "0oagoogle00000000001";

/// The fate of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// The connection breaks before the org processes the request.
    LostBefore,
    /// The connection breaks after the org has processed the request.
    LostAfter,
    /// The same, and the created app has no notes.
    LostUnmarked,
    /// The org has processed the request, but a gateway answers with an error.
    BadGateway,
    /// 429; the window ends in this many seconds.
    Limited(u64),
    /// A gateway answers with 503; the request does not reach the org.
    Unavailable,
    /// The org answers after this many seconds.
    Slow(u64),
    /// A list of this many items instead of the org's answer.
    Large(usize),
    /// The org creates an app, but its answer names another one.
    OtherId(&'static str),
}

/// Chooses the fault by the number of the request, counted from one, its method and its path.
pub(crate) type Faults = Arc<dyn Fn(usize, &str, &str) -> Fault + Send + Sync>;

pub(crate) struct ProductionOrg {
    pub(crate) url: String,
    /// The org itself, without log and faults.
    inside: Router,
    log: Arc<Mutex<Vec<String>>>,
    faults: Arc<Mutex<Option<Faults>>>,
}

impl ProductionOrg {
    /// Starts an org with the guide's apps; the Zscaler app has an enabled connection and an enabled feature.
    pub(crate) async fn start() -> Self {
        let org = MockServer::builder().without_control_plane().build().unwrap();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let faults: Arc<Mutex<Option<Faults>>> = Arc::default();
        let (kept, chosen) = (log.clone(), faults.clone());
        let number = Arc::new(AtomicUsize::new(0));
        let inside = org.router();
        let router = inside.clone().layer(from_fn(move |request: Request, next: Next| {
            let (kept, chosen) = (kept.clone(), chosen.clone());
            let number = number.fetch_add(1, Ordering::SeqCst) + 1;
            async move { answer(request, next, number, &kept, &chosen).await }
        }));
        let org = Self { url: serve(router).await, inside, log, faults };
        org.set_zscaler().await;
        org
    }

    /// Sets the Zscaler app to its production state.
    pub(crate) async fn set_zscaler(&self) {
        let connection = json!({"baseUrl": "https://scim.example.com", "profile": {"authScheme": "TOKEN", "token": "in-use"}});
        let path = format!("/api/v1/apps/{ZSCALER}/connections/default?activate=true");
        self.send("POST", &path, Some(&connection)).await;
        let off = json!({"status": "DISABLED"});
        let feature = json!({"create": {"lifecycleCreate": {"status": "ENABLED"}}, "update": {
            "profile": off, "lifecycleDeactivate": off,
            "password": {"status": "DISABLED", "seed": "RANDOM", "change": "KEEP_EXISTING"}}});
        self.send("PUT", &format!("/api/v1/apps/{ZSCALER}/features/USER_PROVISIONING"), Some(&feature)).await;
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path).header("host", "admin.example.test");
        let mut request = request.header("authorization", "SSWS an-admin");
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = self.inside.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Sets the faults of further requests; `None` removes them.
    pub(crate) fn faults(&self, faults: Option<Faults>) {
        *self.faults.lock().unwrap() = faults;
    }

    /// `METHOD /path` of every request, in order.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn writes(&self) -> Vec<String> {
        self.log().into_iter().filter(|line| !line.starts_with("GET ")).collect()
    }

    /// The visible state: the apps, their connections and their features.
    pub(crate) async fn seen(&self) -> Value {
        let (_, apps) = self.send("GET", "/api/v1/apps?limit=200", None).await;
        let mut seen = Vec::new();
        for app in apps.as_array().unwrap() {
            let id = app["id"].as_str().unwrap();
            let connection =
                self.send("GET", &format!("/api/v1/apps/{id}/connections/default"), None).await.1;
            let features = self.send("GET", &format!("/api/v1/apps/{id}/features"), None).await.1;
            let features: Vec<Value> = features
                .as_array()
                .into_iter()
                .flatten()
                .map(|feature| feature["capabilities"].clone())
                .collect();
            seen.push(json!({"id": id, "label": app["label"], "status": app["status"],
                "connection": connection["status"], "baseUrl": connection["baseUrl"],
                "profile": connection["profile"], "features": features}));
        }
        Value::Array(seen)
    }
}

async fn answer(
    request: Request,
    next: Next,
    number: usize,
    log: &Mutex<Vec<String>>,
    faults: &Mutex<Option<Faults>>,
) -> Response {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    log.lock().unwrap().push(format!("{method} {path}"));
    let faults = faults.lock().unwrap().clone();
    let fault = faults.map_or(Fault::None, |faults| faults(number, &method, &path));
    match fault {
        Fault::None => next.run(request).await,
        // A panicking task closes its connection without an answer.
        Fault::LostBefore => panic!("the network is gone"),
        Fault::LostAfter => {
            next.run(request).await;
            panic!("the network is gone")
        }
        Fault::LostUnmarked => {
            let (mut parts, body) = request.into_parts();
            let mut app: Value = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
            app["settings"].as_object_mut().unwrap().shift_remove("notes");
            parts.headers.remove("content-length");
            next.run(Request::from_parts(parts, Body::from(app.to_string()))).await;
            panic!("the network is gone")
        }
        Fault::BadGateway => {
            next.run(request).await;
            StatusCode::BAD_GATEWAY.into_response()
        }
        Fault::Limited(seconds) => limited(seconds),
        Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Fault::Slow(seconds) => {
            tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
            next.run(request).await
        }
        Fault::Large(items) => {
            let ids: Value =
                (0..items).map(|number| json!({"id": format!("0oa{number:017}"), "n": number})).collect();
            ([("content-type", "application/json")], ids.to_string()).into_response()
        }
        Fault::OtherId(id) => {
            let answer = next.run(request).await;
            let (parts, body) = answer.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap();
            let mut app: Value = serde_json::from_slice(&bytes).unwrap();
            app["id"] = id.into();
            Response::from_parts(parts, Body::from(app.to_string()))
        }
    }
}

fn limited(seconds: u64) -> Response {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let body = json!({"errorCode": "E0000047", "errorSummary": "API call exceeded rate limit due to too many requests.",
        "errorLink": "E0000047", "errorId": "oaeAAAAAAAAAAAAAAAAAAAAAA", "errorCauses": []});
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-okta-request-id", "0".repeat(32)),
        ("x-rate-limit-limit", "1".to_owned()),
        ("x-rate-limit-remaining", "0".to_owned()),
        ("x-rate-limit-reset", (now + seconds).to_string()),
    ];
    (StatusCode::TOO_MANY_REQUESTS, headers, body.to_string()).into_response()
}
