//! Helpers of the tests: servers on free ports, the shipped mock with changed answers, temporary folders,
//! snapshots of a correct run.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use okta_conformance::{RunReport, Runner};
use okta_mock_server::{Load, MockServer};
use serde_json::Value;
use tokio::sync::OnceCell;

pub(crate) mod mutant;
pub(crate) mod org;

/// Serves a router on a free port for as long as the test's runtime lives.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// True if all cases are tested, as in CI.
pub(crate) fn tries_all() -> bool {
    std::env::var_os("OKTA_TESTS_ALL").is_some()
}

/// Every second entry of a list, unless all cases are tested. The lists are sorted by kind, so every kind is
/// represented.
pub(crate) fn representative<T>(of: &str, all: Vec<T>) -> Vec<T> {
    if tries_all() {
        return all;
    }
    let count = all.len();
    let half: Vec<T> = all.into_iter().step_by(2).collect();
    say(&format!("{} of {count} {of}: OKTA_TESTS_ALL=1 runs all", half.len()));
    half
}

/// Prints to standard error the cases that a test leaves out; output of macros would be captured.
pub(crate) fn say(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The shipped router with an empty org.
pub(crate) fn shipped() -> Router {
    MockServer::builder().load(Load::Empty).build().unwrap().router()
}

/// An exchange whose answer a test may change.
#[derive(Clone)]
pub(crate) struct TestExchange {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) host: String,
    pub(crate) request: Value,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// The shipped router, with answers changed by `lie`.
pub(crate) fn lying(lie: impl Fn(&mut TestExchange) + Send + Sync + 'static) -> Router {
    let lie = Arc::new(lie);
    shipped().layer(from_fn(move |request: Request, next: Next| {
        let lie = lie.clone();
        async move { answer(request, next, &*lie).await }
    }))
}

async fn answer(request: Request, next: Next, lie: &(dyn Fn(&mut TestExchange) + Send + Sync)) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let mut exchange = TestExchange {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        host: parts.headers.get("host").map(|host| host.to_str().unwrap().to_owned()).unwrap_or_default(),
        request: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        status: 0,
        headers: HeaderMap::new(),
        body: Value::Null,
    };
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    exchange.status = parts.status.as_u16();
    exchange.headers = parts.headers.clone();
    let Ok(body) = serde_json::from_slice::<Value>(&bytes) else {
        lie(&mut exchange);
        parts.status = exchange.status.try_into().unwrap();
        parts.headers = exchange.headers;
        return Response::from_parts(parts, Body::from(bytes));
    };
    exchange.body = body;
    lie(&mut exchange);
    parts.status = exchange.status.try_into().unwrap();
    parts.headers = exchange.headers;
    parts.headers.remove("content-length");
    let body = if exchange.body.is_null() { Body::empty() } else { Body::from(exchange.body.to_string()) };
    Response::from_parts(parts, body)
}

/// The report of all flows against the unchanged mock, made once per process.
pub(crate) async fn correct_run() -> &'static RunReport {
    static REPORT: OnceCell<RunReport> = OnceCell::const_new();
    REPORT.get_or_init(|| async { run(&serve(shipped()).await, &[], None).await }).await
}

/// Runs flows against a URL.
pub(crate) async fn run(url: &str, flows: &[&str], snapshots: Option<&Path>) -> RunReport {
    let mut builder = Runner::builder().target(url);
    for flow in flows {
        builder = builder.select(*flow);
    }
    if let Some(folder) = snapshots {
        builder = builder.snapshots(folder);
    }
    builder.build().unwrap().run(&mut |_| {}).await.unwrap()
}

/// A temporary folder, removed on drop.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("okta-conformance-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Snapshots of a run against the unchanged mock.
pub(crate) async fn truthful(flows: &[&str]) -> Folder {
    snapshots_of(&run(&serve(shipped()).await, flows, None).await)
}

/// Snapshots of a run.
pub(crate) fn snapshots_of(report: &RunReport) -> Folder {
    let folder = Folder::new();
    for flow in &report.flows {
        let text = format!("---\nsource: a test\n---\n{}\n", flow.snapshot_text());
        folder.write(&format!("{}.snap", flow.name()), &text);
    }
    folder
}
