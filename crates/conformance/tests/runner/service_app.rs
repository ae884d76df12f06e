//! Runs whose credential is a service app: it signs in, also with DPoP, and no report contains its token.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use okta_conformance::report::json;
use okta_conformance::{Credential, RunError, RunReport, Runner, ServiceApp, Verdict};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::command::{command, error_of};
use crate::support::{Folder, serve, shipped};

/// A key in a file, and its public half.
struct Key {
    folder: Folder,
    jwk: Value,
}

impl Key {
    fn new() -> Self {
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(kind, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &SystemRandom::new()).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwk = json!({"kty": "EC", "crv": "P-256", "kid": "main", "x": text(x), "y": text(y)});
        let folder = Folder::new();
        let text = STANDARD.encode(document.as_ref());
        folder.write("key.pem", &format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"));
        Self { folder, jwk }
    }

    fn file(&self) -> PathBuf {
        self.folder.0.join("key.pem")
    }
}

/// Registers a client that may do everything that the flows need, and returns its id.
async fn registered(mock: &Router, url: &str, key: &Key, is_bound: bool) -> String {
    let post = async |path: &str, body: Value| -> Value {
        let request = Request::builder().method("POST").uri(path).header("host", url.replace("http://", ""));
        let request = request.header("authorization", "SSWS made-up-token");
        let request =
            request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap();
        let answer = mock.clone().oneshot(request).await.unwrap();
        assert!(answer.status().is_success(), "{path} {answer:?}");
        serde_json::from_slice(&to_bytes(answer.into_body(), usize::MAX).await.unwrap()).unwrap()
    };
    let client = json!({"client_name": "Runner", "application_type": "service", "response_types": ["token"],
        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
        "dpop_bound_access_tokens": is_bound, "jwks": {"keys": [key.jwk]}});
    let id = post("/oauth2/v1/clients", client).await["client_id"].as_str().unwrap().to_owned();
    for scope in ["okta.apps.manage", "okta.apps.read"] {
        post(&format!("/api/v1/apps/{id}/grants"), json!({"scopeId": scope, "issuer": url})).await;
    }
    post(&format!("/oauth2/v1/clients/{id}/roles"), json!({"type": "SUPER_ADMIN"})).await;
    id
}

async fn run_as(url: &str, id: &str, scopes: &str, key: &Key, flow: &str) -> Result<RunReport, RunError> {
    let app = ServiceApp::new(id, scopes, &key.file())?.key_id("main");
    let builder = Runner::builder().target(url).credential(Credential::service_app(app)).select(flow);
    builder.build()?.run(&mut |_| {}).await
}

/// The number of calls by the scheme of their Authorization header.
#[derive(Default)]
struct Schemes {
    bearer: AtomicUsize,
    dpop: AtomicUsize,
    other: AtomicUsize,
}

fn counting(schemes: &Arc<Schemes>) -> Router {
    let schemes = schemes.clone();
    shipped().layer(from_fn(move |request: Request, next: Next| {
        let value = request.headers().get("authorization").map(|value| value.to_str().unwrap_or_default());
        let scheme = value.and_then(|value| value.split(' ').next());
        let counter = match scheme {
            Some("Bearer") => &schemes.bearer,
            Some("DPoP") => &schemes.dpop,
            _ => &schemes.other,
        };
        counter.fetch_add(1, Ordering::SeqCst);
        next.run(request)
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_app_signs_in_and_its_calls_are_judged() {
    let key = Key::new();
    for is_bound in [false, true] {
        let schemes = Arc::new(Schemes::default());
        let mock = counting(&schemes);
        let url = serve(mock.clone()).await;
        let id = registered(&mock, &url, &key, is_bound).await;
        let before = schemes.other.load(Ordering::SeqCst);
        let scopes = "okta.apps.manage okta.apps.read";
        let report = run_as(&url, &id, scopes, &key, "features-without-import").await.unwrap();
        assert_eq!(report.summary.verdict, Verdict::Conforms);
        let [bearer, dpop] =
            [&schemes.bearer, &schemes.dpop].map(|counter| counter.load(Ordering::SeqCst) > 0);
        assert_eq!((bearer, dpop), (!is_bound, is_bound));
        // The question whether it is the mock, and the token requests: with DPoP one without a proof, one without
        // a nonce, and one with both.
        let token_requests = if is_bound { 3 } else { 1 };
        assert_eq!(schemes.other.load(Ordering::SeqCst) - before, 1 + token_requests);
        let text = json(&report).to_string();
        assert!(!text.contains("eyJ"), "a report contains a token");
    }
}

/// Only the token request is sent with POST.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_app_reads_an_org_that_it_may_not_write_to() {
    let key = Key::new();
    let mock = shipped();
    let changes = Arc::new(AtomicUsize::new(0));
    let counted = changes.clone();
    let url = serve(mock.clone().layer(from_fn(move |request: Request, next: Next| {
        let is_change = request.method() != "GET" && request.uri().path() != "/oauth2/v1/token";
        counted.fetch_add(usize::from(is_change), Ordering::SeqCst);
        async move {
            match request.uri().path().starts_with("/_mock") {
                true => StatusCode::NOT_FOUND.into_response(),
                false => next.run(request).await,
            }
        }
    })))
    .await;
    let id = registered(&mock, &url, &key, true).await;
    let flow = key.folder.write(
        "own.arazzo.yaml",
        "arazzo: 1.0.1\ninfo: {title: Own, version: 1.0.0}\nsourceDescriptions:\n  \
         - {name: okta, url: ../contract/openapi.json, type: openapi}\nworkflows:\n  - workflowId: own\n    \
         steps:\n      - stepId: list\n        operationId: listApplications\n        \
         successCriteria:\n          - condition: $statusCode == 200\n",
    );
    let app = ServiceApp::new(&id, "okta.apps.read", &key.file()).unwrap();
    let builder = Runner::builder().target(&url).credential(Credential::service_app(app)).flows(flow);
    let report = builder.build().unwrap().run(&mut |_| {}).await.unwrap();
    assert_eq!((report.summary.verdict, changes.load(Ordering::SeqCst)), (Verdict::Conforms, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_service_app_is_reported_in_one_line() {
    let (key, other) = (Key::new(), Key::new());
    let mock = shipped();
    let url = serve(mock.clone()).await;
    let id = registered(&mock, &url, &key, true).await;
    for (id, scopes, key, expected) in [
        ("0oaunknown", "okta.apps.read", &key, "400 Invalid value for 'client_id' parameter."),
        (&*id, "okta.apps.read", &other, "401 The client_assertion signature is invalid."),
        (&*id, "okta.users.read", &key, "400 You are not allowed any of the requested scopes."),
    ] {
        let message = run_as(&url, id, scopes, key, "unknown-app").await.unwrap_err().to_string();
        assert!(
            message.contains("gave no token to the service app") && message.contains(expected),
            "{message}"
        );
        assert!(!message.contains('\n') && !message.contains("eyJ"), "{message}");
    }
}

#[test]
fn the_environment_names_a_service_app_completely() {
    let key = Key::new();
    let broken =
        key.folder.write("broken.pem", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n");
    let (file, broken) = (key.file().display().to_string(), broken.display().to_string());
    let id = ("OKTA_CLIENT_ID", "0oaclient");
    for (variables, expected) in [
        (vec![id], "OKTA_PRIVATE_KEY_FILE is not; set both"),
        (vec![("OKTA_PRIVATE_KEY_FILE", &*file)], "OKTA_CLIENT_ID is not; set both"),
        (vec![id, ("OKTA_PRIVATE_KEY_FILE", "/nowhere")], "cannot read /nowhere"),
        (vec![id, ("OKTA_PRIVATE_KEY_FILE", &*broken)], "expected a private key in PEM form"),
        (vec![id, ("OKTA_API_TOKEN", "some-token")], "both OKTA_API_TOKEN and OKTA_CLIENT_ID are set"),
    ] {
        let mut run = command(&["run", "--target", "http://127.0.0.1:9"]);
        let line = error_of(run.envs(variables.iter().copied()));
        assert!(line.contains(expected), "{variables:?}: {line}");
    }
}

/// The preview lists every request, so also the first one.
#[test]
fn the_preview_lists_the_token_request() {
    let key = Key::new();
    let mut run = command(&["run", "--target", "http://127.0.0.1:9", "--plan", "unknown-app"]);
    let run = run.env("OKTA_CLIENT_ID", "0oaclient").env("OKTA_PRIVATE_KEY_FILE", key.file());
    let text = String::from_utf8(run.output().unwrap().stdout).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("/oauth2/v1/token")).collect();
    assert_eq!(lines.len(), 1, "{text}");
}
