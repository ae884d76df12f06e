//! Targets that are not Okta orgs, that may not be written to, or that stop answering; and one that echoes
//! secrets, none of which may be reported.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Folder, lying, serve, shipped};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse as _, Redirect};
use axum::routing::any;
use okta_conformance::report::{Style, Terminal, json};
use okta_conformance::{Credential, Event, RunError, RunReport, Runner, Scheme, Verdict};

const CANARY: &str = "canary/credential+with.odd~marks==";

fn as_json(body: serde_json::Value) -> impl axum::response::IntoResponse {
    ([("content-type", "application/json")], body.to_string())
}

async fn attempt(url: &str, flow: &str, host: Option<&str>) -> Result<RunReport, RunError> {
    let mut builder = Runner::builder().target(url).select(flow);
    builder = builder.credential(Credential::api_token("canary-credential-token"));
    if let Some(host) = host {
        builder = builder.allow_writes(host);
    }
    builder.build()?.run(&mut |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_not_an_okta_org_is_reported_in_one_line() {
    let html = Router::new().fallback(any(|| async { Html("<h1>Sign in</h1>") }));
    let portal =
        Router::new().fallback(any(|| async { Redirect::temporary("https://login.example/portal") }));
    let other = Router::new().fallback(any(|| async { as_json(serde_json::json!({"hello": 1})) }));
    let gone = Router::new().fallback(any(|| async { StatusCode::NOT_FOUND }));
    for (router, expected) in [(html, "text/html"), (portal, "redirects to"), (other, "200"), (gone, "404")] {
        let message = attempt(&serve(router).await, "token-connection", None).await.unwrap_err().to_string();
        assert!(message.contains("is not an Okta org") && message.contains(expected), "{message}");
        assert!(!message.contains('\n') && !message.contains("canary"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_credential_is_reported_in_one_line() {
    let body = serde_json::json!({"errorCode": "E0000011", "errorSummary": "Invalid token provided"});
    let router =
        Router::new().fallback(any(move || async move { (StatusCode::UNAUTHORIZED, as_json(body)) }));
    let message = attempt(&serve(router).await, "token-connection", None).await.unwrap_err().to_string();
    assert!(message.contains("refuses the credential: 401 (Invalid token provided)"), "{message}");
}

/// The mock without its `/_mock` paths, counting writes.
fn org(writes: Arc<AtomicUsize>) -> Router {
    shipped().layer(from_fn(move |request: Request, next: Next| {
        if request.method() != "GET" {
            writes.fetch_add(1, Ordering::SeqCst);
        }
        async move {
            match request.uri().path().starts_with("/_mock") {
                true => StatusCode::NOT_FOUND.into_response(),
                false => next.run(request).await,
            }
        }
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_to_an_org_without_permission() {
    let writes = Arc::new(AtomicUsize::new(0));
    let url = serve(org(writes.clone())).await;
    let runner = Runner::builder().target(&url).credential(Credential::api_token(CANARY)).build().unwrap();
    let report = runner.run(&mut |_| {}).await.unwrap();
    assert_eq!(writes.load(Ordering::SeqCst), 0);
    assert_ne!(report.summary.verdict, Verdict::Conforms);
    let skipped: Vec<_> = report.flows.iter().filter(|flow| flow.verdict == Verdict::Skipped).collect();
    assert!(!skipped.is_empty());
    for flow in skipped {
        let reason = flow.reason.clone().unwrap();
        assert!(reason.contains("--allow-writes 127.0.0.1") || reason.contains("--app"), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_armed_org_needs_its_apps_named() {
    let writes = Arc::new(AtomicUsize::new(0));
    let url = serve(org(writes.clone())).await;
    let report = attempt(&url, "token-connection@zscalerbyz", Some("127.0.0.1")).await.unwrap();
    assert_eq!(writes.load(Ordering::SeqCst), 0);
    assert!(report.flows[0].reason.clone().unwrap().contains("--app zscalerbyz=0oa"));
    assert_eq!(report.summary.verdict.exit_code(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_if_the_target_stops_answering() {
    let seen = Arc::new(AtomicUsize::new(0));
    let router = shipped().layer(from_fn(move |request: Request, next: Next| {
        let number = seen.fetch_add(1, Ordering::SeqCst);
        async move {
            // The connection breaks, and no answer comes.
            match number > 40 {
                true => panic!("the server dies"),
                false => next.run(request).await,
            }
        }
    }));
    let runner = Runner::builder()
        .target(serve(router).await)
        .credential(Credential::api_token(CANARY))
        .build()
        .unwrap();
    let report = runner.run(&mut |_| {}).await.unwrap();
    assert_eq!(report.summary.verdict, Verdict::Error);
    let last = report.flows.last().unwrap();
    assert_eq!(last.reason.as_deref(), Some("the target stopped answering"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_report_contains_a_secret() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let url = serve(lying(|exchange| {
        let secrets = [CANARY, "fixture-token-zscaler"];
        let quoted = serde_json::to_string(CANARY).unwrap();
        if let Some(members) = exchange.body.as_object_mut() {
            for (number, secret) in secrets.iter().enumerate() {
                members.insert(format!("plain{number}"), (*secret).into());
                members.insert(format!("base64-{number}"), STANDARD.encode(format!("x:{secret}")).into());
                members.insert((*secret).to_owned(), 1.into());
            }
            members.insert("json".to_owned(), quoted.into());
            members.insert("html".to_owned(), CANARY.replace('/', "&#x2F;").into());
            members.insert("percent".to_owned(), "canary%2fcredential%2Bwith.odd~marks%3D%3D".into());
            members.insert("escape".to_owned(), "\u{1b}[2J".into());
        }
        exchange.headers.insert("link", CANARY.parse().unwrap());
        exchange.headers.insert("x-okta-request-id", "fixture-token-zscaler".parse().unwrap());
    }))
    .await;
    let runner = Runner::builder()
        .target(&url)
        .credential(Credential::api_token(CANARY))
        .select("token-connection@zscalerbyz")
        .build()
        .unwrap();
    let mut written = Vec::new();
    let mut terminal = Terminal::new(&mut written, Style::default(), Scheme::ApiToken);
    let mut events = String::new();
    let report = runner
        .run(&mut |event| {
            terminal.event(event);
            events.push_str(&format!("{event:?}"));
        })
        .await
        .unwrap();
    let written = String::from_utf8(written).unwrap();
    assert!(written.contains("$OKTA_API_TOKEN"), "{written}");
    assert!(!written.contains('\u{1b}'));
    let texts = [
        written,
        events,
        json(&report).to_string(),
        report.flows.iter().map(|flow| flow.snapshot_text()).collect(),
    ];
    let middle = STANDARD.encode(CANARY);
    for text in texts {
        for part in ["canary", "odd~marks", "fixture-token-z", &middle[4..20]] {
            assert!(!text.to_lowercase().contains(&part.to_lowercase()), "{part} in {text}");
        }
    }
}

/// An org may return a secret that another flow or run has stored.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_flows_that_are_not_run_are_removed() {
    let url = serve(lying(|exchange| {
        if let Some(members) = exchange.body.as_object_mut() {
            members.insert("stored".to_owned(), "canary-of-another-app".into());
        }
    }))
    .await;
    let folder = Folder::new();
    let inputs = r#"{"okta_org2org": {"connection": {"profile": {"authScheme": "TOKEN", "token": "canary-of-another-app"}}}}"#;
    let report = Runner::builder()
        .target(&url)
        .inputs(folder.write("inputs.json", inputs))
        .select("token-connection@zscalerbyz")
        .build()
        .unwrap()
        .run(&mut |_| {})
        .await
        .unwrap();
    let text = json(&report).to_string();
    assert!(text.contains("[secret:") && !text.contains("canary"), "{text}");
}

/// A step is reported when it is judged, not when its flow is over.
#[tokio::test(flavor = "multi_thread")]
async fn steps_are_reported_while_their_flow_runs() {
    let step_reported = Arc::new(tokio::sync::Notify::new());
    let requests = Arc::new(AtomicUsize::new(0));
    let released = Arc::new(AtomicUsize::new(0));
    let (step_was_reported, request_count, releases) =
        (step_reported.clone(), requests.clone(), released.clone());
    let url = serve(shipped().layer(from_fn(move |request: Request, next: Next| {
        let (step_was_reported, request_count, releases) =
            (step_was_reported.clone(), request_count.clone(), releases.clone());
        async move {
            let is_read = request.method() == "GET" && request.uri().path().ends_with("/default");
            // The second read of the connection is not answered before a step of the flow is reported.
            if is_read && request_count.fetch_add(1, Ordering::SeqCst) == 1 {
                step_was_reported.notified().await;
                releases.fetch_add(1, Ordering::SeqCst);
            }
            next.run(request).await
        }
    })))
    .await;
    let runner = Runner::builder().target(&url).select("token-connection@zscalerbyz").build().unwrap();
    let mut on_event = |event: &Event| {
        if matches!(event, Event::StepFinished(_)) {
            step_reported.notify_one();
        }
    };
    let outcome = tokio::time::timeout(std::time::Duration::from_secs(60), runner.run(&mut on_event)).await;
    let report = outcome.expect("no step was reported before the flow was over").unwrap();
    assert_eq!(report.summary.verdict, Verdict::Conforms);
    // A request that timed out is dropped, and never released.
    assert_eq!(released.load(Ordering::SeqCst), 1, "no step was reported before the flow was over");
}

/// Only the mock accepts any credential, so for an org on this machine a missing one is a warning.
#[tokio::test(flavor = "multi_thread")]
async fn an_org_on_this_machine_needs_a_credential_too() {
    let url = serve(shipped().layer(from_fn(|request: Request, next: Next| async {
        match request.uri().path() {
            "/_mock" => StatusCode::NOT_FOUND.into_response(),
            _ => next.run(request).await,
        }
    })))
    .await;
    for (credential, is_expected) in [(None, true), (Some(Credential::api_token(CANARY)), false)] {
        let builder = Runner::builder().target(&url).select("app-as-found");
        let runner = credential.into_iter().fold(builder, okta_conformance::Builder::credential).build();
        let warnings = runner.unwrap().run(&mut |_| {}).await.unwrap().summary.warnings;
        let is_warned = warnings.iter().any(|text| text.starts_with("no credential was given"));
        assert_eq!(is_warned, is_expected, "{warnings:?}");
    }
}
