//! Orgs with legitimate differences from the mock: neither the documented nor the contract judgement may find
//! a deviation.

mod affected;
mod differences;

use std::collections::HashSet;
use std::io::Write as _;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use okta_conformance::report::FlowReport;
use okta_conformance::{RunReport, Verdict};
use regex::Regex;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{correct_run, lying, representative, run, serve, shipped};
use affected::{flows_changed_by, flows_with, flows_with_each_kind};
use differences::DIFFERENCES;

/// The deviations of the two judgements that apply to every org, and the errors.
fn complaints(report: &RunReport) -> Vec<String> {
    let steps = report.flows.iter().flat_map(|flow| flow.steps.iter().map(move |step| (flow.name(), step)));
    let mut found = Vec::new();
    for (flow, step) in steps {
        for (layer, judgement) in [("documented", &step.documented), ("contract", &step.contract)] {
            if judgement.verdict == Verdict::Deviates {
                found.push(format!("{flow}/{}: {layer}: {:?}", step.step, judgement.findings));
            }
        }
        if step.verdict == Verdict::Error {
            found.push(format!("{flow}/{}: {:?}", step.step, step.reason));
        }
    }
    found
}

/// Asserts that the flows find nothing in an org, and that each has an answer.
async fn accepted_by(flows: &[String], name: &str, org: Router) {
    let flows: Vec<&str> = flows.iter().map(String::as_str).collect();
    let report = run(&serve(org).await, &flows, None).await;
    let found = complaints(&report);
    assert!(
        found.is_empty(),
        "{name}: {} complaints, such as {:#?}",
        found.len(),
        &found[..found.len().min(6)]
    );
    let answered = |flow: &FlowReport| flow.steps.iter().filter(|step| step.response.is_some()).count();
    let silent = report.flows.iter().find(|flow| answered(flow) == 0);
    assert!(silent.is_none(), "{name}: {:?} has no answer", silent.map(|flow| flow.name()));
}

/// The same for flows with every kind of exchange.
async fn accepted(name: &str, org: Router) {
    accepted_by(&flows_with_each_kind().await, name, org).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn legitimate_differences_are_accepted() {
    let found = complaints(correct_run().await);
    assert!(found.is_empty(), "the mock itself: {found:#?}");
    let mut wrong = Vec::new();
    for (name, difference) in representative("legitimate orgs", DIFFERENCES.iter().collect()) {
        let flows = flows_changed_by(*difference).await;
        let flows: Vec<&str> = flows.iter().map(String::as_str).collect();
        let report = run(&serve(lying(difference)).await, &flows, None).await;
        let found = complaints(&report);
        if !found.is_empty() {
            wrong.push(format!(
                "{name}: {} complaints, such as {:#?}",
                found.len(),
                &found[..found.len().min(4)]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A PUT that some orgs refuse and others accept.
type Refusal = (&'static str, fn(&Value) -> bool);

const REFUSED_PUTS: &[Refusal] = &[
    ("password.change CYCLE", |body| body["update"]["password"]["change"] == "CYCLE"),
    ("an empty schedule", |body| body["importSettings"]["schedule"]["incrementalImport"] == json!({})),
    ("the guide's spelling of the time zone", |body| {
        let schedule = &body["importSettings"]["schedule"];
        ["fullImport", "incrementalImport"].iter().any(|kind| schedule[*kind].get("timeZone").is_some())
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_spellings_that_the_sources_disagree_on_are_accepted() {
    for (name, refused) in REFUSED_PUTS {
        let org = layered(move |request, next| async move {
            let (parts, body) = request.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap();
            let sent: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let is_put = parts.method == "PUT" && parts.uri.path().contains("/features/");
            let mut parts = parts;
            let refuses = is_put && refused(&sent);
            // Trigger the mock's own error, so that headers and envelope are correct.
            let bytes = if refuses {
                br#"{"create":{"lifecycleCreate":{"status":"X"}},"importRules":{"userCreateAndMatch":{"exactMatchCriteria":"X"}}}"#.to_vec()
            } else {
                bytes.to_vec()
            };
            if refuses {
                parts.headers.insert("content-length", bytes.len().into());
            }
            next.run(Request::from_parts(parts, Body::from(bytes))).await
        });
        let flows = flows_with(|exchange| {
            exchange.method == "PUT" && exchange.path.contains("/features/") && refused(&exchange.request)
        });
        accepted_by(&flows.await, name, org).await;
    }
}

/// Orgs in which a call has an additional effect.
#[tokio::test(flavor = "multi_thread")]
async fn undefined_side_effects_are_accepted() {
    // Setting a connection again disables it.
    let inside = shipped();
    let again = inside.clone();
    let org = inside.layer(from_fn(move |request: Request, next: Next| {
        let again = again.clone();
        async move {
            if request.method() != "POST" || !request.uri().path().ends_with("/connections/default") {
                return next.run(request).await;
            }
            let (parts, body) = request.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap();
            let sent: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            // A refused request has no effect.
            if matches!(sent.pointer("/profile/authScheme").and_then(Value::as_str), Some("TOKEN" | "OAUTH2"))
            {
                let path = format!("{}/lifecycle/deactivate", parts.uri.path());
                aside(&again, parts.headers.clone(), "POST", &path, None).await;
            }
            next.run(Request::from_parts(parts, Body::from(bytes))).await
        }
    }));
    let flows =
        flows_with(|exchange| exchange.method == "POST" && exchange.path.ends_with("/connections/default"));
    accepted_by(&flows.await, "set again, and disabled", org).await;
    // Deactivating resets the features.
    let inside = shipped();
    let aside_of = inside.clone();
    let org = inside.layer(from_fn(move |request: Request, next: Next| {
        let aside_of = aside_of.clone();
        async move {
            let path = request.uri().path().to_owned();
            if let Some(app) = path.strip_suffix("/connections/default/lifecycle/deactivate") {
                let off = json!({"status": "DISABLED"});
                let user = json!({"create": {"lifecycleCreate": off}, "update": {"profile": off, "lifecycleDeactivate": off,
                    "password": {"status": "DISABLED", "seed": "RANDOM", "change": "KEEP_EXISTING"}}});
                aside(&aside_of, request.headers().clone(), "PUT", &format!("{app}/features/USER_PROVISIONING"), Some(user)).await;
            }
            next.run(request).await
        }
    }));
    let flows = flows_with(|exchange| exchange.path.ends_with("/connections/default/lifecycle/deactivate"));
    accepted_by(&flows.await, "deactivated, and reset", org).await;
}

/// An org with more state than the mock: labels are unique, and a connection that was never set is UNKNOWN.
#[tokio::test(flavor = "multi_thread")]
async fn unique_labels_and_unset_connections_are_accepted() {
    let labels: Arc<Mutex<HashSet<String>>> = Arc::default();
    let org = layered(move |request, next| {
        let labels = labels.clone();
        async move {
            let (mut parts, body) = request.into_parts();
            let mut bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
            let sent: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let creates = parts.method == "POST" && parts.uri.path() == "/api/v1/apps";
            if let (true, Some(label)) = (creates, sent["label"].as_str())
                && !labels.lock().unwrap().insert(label.to_owned())
            {
                // Trigger the mock's own error.
                bytes = b"{}".to_vec();
                parts.headers.insert("content-length", bytes.len().into());
            }
            next.run(Request::from_parts(parts, Body::from(bytes))).await
        }
    });
    accepted("labels that are given once", org).await;
    let set: Arc<Mutex<HashSet<String>>> = Arc::default();
    let org = layered(move |request, next| {
        let set = set.clone();
        async move {
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let response = next.run(request).await;
            if !path.ends_with("/connections/default") || response.status() != StatusCode::OK {
                return response;
            }
            if method == "POST" {
                set.lock().unwrap().insert(path);
            } else if !set.lock().unwrap().contains(&path) {
                let (mut parts, _) = response.into_parts();
                parts.headers.remove("content-length");
                let body = json!({"status": "UNKNOWN", "profile": {"authScheme": "UNKNOWN"}});
                return Response::from_parts(parts, Body::from(body.to_string()));
            }
            response
        }
    });
    let flows = flows_with(|exchange| exchange.path.ends_with("/connections/default"));
    accepted_by(&flows.await, "never set, and UNKNOWN", org).await;
}

/// Apps that a killed run has left, and others with similar labels.
#[tokio::test(flavor = "multi_thread")]
async fn apps_with_labels_like_those_of_a_run_are_ignored() {
    let org = shipped();
    for (name, label) in [
        ("bookmark", "Provisioning conformance page one"),
        ("bookmark", "Provisioning conformance operations 0123abcd-1"),
        ("slack", "Provisioning conformance page of somebody"),
        ("slack", "Provisioning conformance operations"),
    ] {
        let app = match name {
            "slack" => json!({"domain": "somebody"}),
            _ => json!({"url": "https://example.com", "requestIntegration": false}),
        };
        let mode = if name == "slack" { "SAML_2_0" } else { "BOOKMARK" };
        let app = json!({"name": name, "label": label, "signOnMode": mode, "settings": {"app": app}});
        let mut like = HeaderMap::new();
        like.insert("host", HeaderValue::from_static("dev-1.okta.com"));
        like.insert("authorization", HeaderValue::from_static("SSWS somebody"));
        aside(&org, like, "POST", "/api/v1/apps", Some(app)).await;
    }
    let flows = flows_with(|exchange| exchange.method == "GET" && exchange.path == "/api/v1/apps");
    accepted_by(&flows.await, "apps called so", org).await;
}

/// The answer to a denied consent is not documented.
#[tokio::test(flavor = "multi_thread")]
async fn other_answers_to_a_denied_consent_are_accepted() {
    for (kind, status, body) in [
        ("application/json", 403, r#"{"error":"access_denied"}"#),
        ("text/html", 200, "<!doctype html><title>Denied</title><p>You denied."),
    ] {
        let org = layered(move |request, next| async move {
            let denied = request.uri().query().is_some_and(|query| query.contains("error="));
            let response = next.run(request).await;
            if !denied {
                return response;
            }
            let mut headers = response.headers().clone();
            headers.remove("content-length");
            headers.insert("content-type", HeaderValue::from_static(kind));
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            *response.headers_mut() = headers;
            response
        });
        let flows = flows_with(|exchange| exchange.query.contains("error="));
        accepted_by(&flows.await, body, org).await;
    }
}

async fn aside(org: &Router, like: HeaderMap, method: &str, path: &str, body: Option<Value>) {
    let mut request = Request::builder().method(method).uri(path);
    for name in ["host", "authorization"] {
        if let Some(value) = like.get(name) {
            request = request.header(name, value);
        }
    }
    let request = request.header("content-type", "application/json");
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    org.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
}

/// Replaces a pattern, which is compiled once per process.
macro_rules! replaced {
    ($pattern:expr, $text:expr, $with:expr) => {{
        static PATTERN: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).unwrap());
        PATTERN.replace_all($text, $with).into_owned()
    }};
}

/// Replaces texts in requests and answers.
fn translated(inward: fn(&str) -> String, outward: fn(&str) -> String) -> Router {
    shipped().layer(from_fn(move |request: Request, next: Next| async move {
        let (mut parts, body) = request.into_parts();
        let host = parts.headers["host"].clone();
        parts.uri = inward(&parts.uri.to_string()).parse().unwrap();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = inward(&String::from_utf8_lossy(&bytes));
        parts.headers.insert("content-length", text.len().into());
        if bytes.is_empty() {
            parts.headers.remove("content-length");
        }
        parts.headers.insert("host", host);
        let response = next.run(Request::from_parts(parts, Body::from(text))).await;
        let (mut parts, body) = response.into_parts();
        for value in parts.headers.values_mut() {
            if let Ok(text) = value.to_str() {
                *value = outward(text).parse().unwrap();
            }
        }
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        parts.headers.remove("content-length");
        Response::from_parts(parts, Body::from(outward(&String::from_utf8_lossy(&bytes))))
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_other_lengths_are_accepted() {
    fn longer(text: &str) -> String {
        let text = replaced!(r"0oa([0-9A-Za-z]{15}d7)\b", text, "appInstance${1}x9");
        replaced!(r"\boae[0-9A-Za-z_-]{22}\b", &text, "e1")
    }
    fn shorter(text: &str) -> String {
        replaced!(r"appInstance([0-9A-Za-z]{17})x9\b", text, "0oa$1")
    }
    accepted("ids of other lengths", translated(shorter, longer)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_with_other_path_characters_are_accepted() {
    fn outward(text: &str) -> String {
        replaced!(r"0oa([0-9A-Za-z]{8})([0-9A-Za-z]{7}d7)\b", text, "a-b_c.d.${1}-_.${2}")
    }
    fn inward(text: &str) -> String {
        replaced!(r"a-b_c\.d\.([0-9A-Za-z]{8})-_\.([0-9A-Za-z]{7}d7)\b", text, "0oa$1$2")
    }
    accepted("ids with marks in them", translated(inward, outward)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_with_a_custom_domain_are_accepted() {
    fn outward(text: &str) -> String {
        // The authorize link must lead to the mock's pages, so it keeps its host.
        replaced!(r#"http://127\.0\.0\.1:\d+/api/"#, text, "https://login.example.com/api/")
    }
    accepted("a custom domain", translated(str::to_owned, outward)).await;
}

fn layered<F, Fut>(answer: F) -> Router
where
    F: Fn(Request, Next) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send + 'static,
{
    shipped().layer(from_fn(answer))
}

#[tokio::test(flavor = "multi_thread")]
async fn other_http_details_are_accepted() {
    let flows = flows_with_each_kind().await;
    accepted_by(
        &flows,
        "closed connections",
        layered(|request, next| async move {
            let mut response = next.run(request).await;
            response.headers_mut().insert("connection", HeaderValue::from_static("close"));
            response
        }),
    )
    .await;
    accepted_by(
        &flows,
        "chunks",
        layered(|request, next| async move {
            let (mut parts, body) = next.run(request).await.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap();
            parts.headers.remove("content-length");
            if bytes.is_empty() {
                return Response::from_parts(parts, Body::empty());
            }
            let chunks: Vec<Result<_, std::io::Error>> =
                bytes.chunks(7).map(|chunk| Ok(chunk.to_vec())).collect();
            Response::from_parts(parts, Body::from_stream(futures_util::stream::iter(chunks)))
        }),
    )
    .await;
    accepted_by(
        &flows,
        "compression",
        layered(|request, next| async move {
            let takes = request
                .headers()
                .get("accept-encoding")
                .is_some_and(|value| value.to_str().unwrap().contains("gzip"));
            assert!(takes, "the runner must accept gzip");
            let (mut parts, body) = next.run(request).await.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap();
            if bytes.is_empty() {
                return Response::from_parts(parts, Body::empty());
            }
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(&bytes).unwrap();
            parts.headers.remove("content-length");
            parts.headers.insert("content-encoding", HeaderValue::from_static("gzip"));
            Response::from_parts(parts, Body::from(packed.finish().unwrap()))
        }),
    )
    .await;
    accepted_by(
        &flows,
        "slow answers",
        layered(|request, next| async move {
            tokio::time::sleep(Duration::from_millis(3)).await;
            next.run(request).await
        }),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_answers_outside_the_api_are_accepted() {
    // 405 with Allow, for paths outside the API.
    let flows = flows_with_each_kind().await;
    accepted_by(
        &flows,
        "a container's own pages",
        layered(|request, next| async move {
            let mut response = next.run(request).await;
            if response.status() == StatusCode::METHOD_NOT_ALLOWED {
                response.headers_mut().insert("allow", HeaderValue::from_static("GET, POST"));
            }
            response
        }),
    )
    .await;
}
