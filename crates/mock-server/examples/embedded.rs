//! A mock org in a test: reproducible ids, a frozen clock, and a reset between two tests. It needs no
//! socket.
//!
//! ```text
//! cargo run --package okta-mock-server --example embedded
//! ```

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use okta_mock_server::{MockOrg, MockServer};
use serde_json::{Value, json};
use tower::ServiceExt as _;

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let begin = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let org = MockServer::builder().seed(1).frozen_clock(begin).api_token("test-token").build()?;
    let app = org.apps().into_iter().find(|app| app.name() == "zscalerbyz").ok_or("no such app")?;
    let path = format!("/api/v1/apps/{}/connections/default", app.id());

    let body =
        json!({"baseUrl": "https://scim.example.com", "profile": {"authScheme": "TOKEN", "token": "t"}});
    let (status, connection) = send(&org, "POST", &format!("{path}?activate=true"), &body).await?;
    assert_eq!((status, &connection["status"]), (StatusCode::OK, &json!("ENABLED")));
    println!("enabled: {connection}");

    org.advance_clock(Duration::from_secs(3600))?;
    let (_, later) =
        send(&org, "PUT", &format!("/api/v1/apps/{}", app.id()), &json!({"label": "New"})).await?;
    assert_eq!(later["lastUpdated"], "2026-01-01T01:00:00.000Z");

    org.reset();
    let (_, connection) = send(&org, "GET", &path, &Value::Null).await?;
    assert_eq!(connection["status"], "DISABLED");
    println!("as it began: {connection}");
    Ok(())
}

async fn send(
    org: &MockOrg,
    method: &str,
    target: &str,
    body: &Value,
) -> Result<(StatusCode, Value), Box<dyn Error>> {
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header("host", "org.example.test")
        .header("authorization", "SSWS test-token")
        .header("content-type", "application/json");
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let answer = org.router().oneshot(request.body(body)?).await?;
    let status = answer.status();
    Ok((status, serde_json::from_slice(&to_bytes(answer.into_body(), 1024 * 1024).await?)?))
}
