//! What the tests share: servers on free ports, the shipped mock with a lie
//! around it, folders that go away, snapshots of a truthful run.
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

pub(crate) mod mutant;
pub(crate) mod org;

/// Serves a router on a free port for as long as the test's runtime lives.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Whether everything is tried, as in CI.
pub(crate) fn tries_all() -> bool {
    std::env::var_os("OKTA_TESTS_ALL").is_some()
}

/// A representative half of a list, unless everything is tried: every second entry, from the first. The
/// lists go kind by kind, so that each kind is represented.
pub(crate) fn representative<T>(of: &str, all: Vec<T>) -> Vec<T> {
    if tries_all() {
        return all;
    }
    let count = all.len();
    let half: Vec<T> = all.into_iter().step_by(2).collect();
    say(&format!("{} of {count} {of}: OKTA_TESTS_ALL=1 tries all", half.len()));
    half
}

/// Says on standard error what a test leaves out; what is printed by a macro would be captured.
pub(crate) fn say(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The router that ships, over an empty org.
pub(crate) fn shipped() -> Router {
    MockServer::builder().load(Load::Empty).build().unwrap().router()
}

/// An exchange that a lie may change.
pub(crate) struct Told {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) host: String,
    pub(crate) request: Value,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// The shipped router, whose answers go through `lie`.
pub(crate) fn lying(lie: impl Fn(&mut Told) + Send + Sync + 'static) -> Router {
    let lie = Arc::new(lie);
    shipped().layer(from_fn(move |request: Request, next: Next| {
        let lie = lie.clone();
        async move { tell(request, next, &*lie).await }
    }))
}

async fn tell(request: Request, next: Next, lie: &(dyn Fn(&mut Told) + Send + Sync)) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let mut told = Told {
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
    told.status = parts.status.as_u16();
    told.headers = parts.headers.clone();
    let Ok(body) = serde_json::from_slice::<Value>(&bytes) else {
        lie(&mut told);
        parts.status = told.status.try_into().unwrap();
        parts.headers = told.headers;
        return Response::from_parts(parts, Body::from(bytes));
    };
    told.body = body;
    lie(&mut told);
    parts.status = told.status.try_into().unwrap();
    parts.headers = told.headers;
    parts.headers.remove("content-length");
    let body = if told.body.is_null() { Body::empty() } else { Body::from(told.body.to_string()) };
    Response::from_parts(parts, body)
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

/// A folder that is removed with the value.
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

/// Snapshots of a run against the truthful mock.
pub(crate) async fn truthful(flows: &[&str]) -> Folder {
    let report = run(&serve(shipped()).await, flows, None).await;
    let folder = Folder::new();
    for flow in &report.flows {
        let text = format!("---\nsource: a test\n---\n{}\n", flow.snapshot_text());
        folder.write(&format!("{}.snap", flow.name()), &text);
    }
    folder
}
