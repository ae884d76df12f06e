//! Checks that every entry of the rule book is applied by the flows or by the requests below; an entry that
//! is never applied would be an untested claim. This test has its own process, because entries stay marked
//! until the process ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "rule_coverage/oauth.rs"]
mod oauth;
#[path = "mock_properties/oauth/service_app.rs"]
mod service_app;

use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use okta_mock_server::{Builder, Limits, MockOrg, MockServer, RULE_BOOK};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::ServiceExt as _;

const ORG2ORG: &str = "0oaokta0org2org00001";
const GOOGLE: &str = "0oagoogle00000000001";
const SLACK: &str = "0oaslack000000000001";
const ZSCALER: &str = "0oazscalerbyz0000001";

fn guide_org(with: impl FnOnce(Builder) -> Builder) -> MockOrg {
    with(MockServer::builder()).build().unwrap()
}

/// Sends a request through the router and returns status and body.
async fn send(org: &MockOrg, head: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let (method, target) = head.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(target).header("host", "org.example.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = org.router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

const ADMIN: (&str, &str) = ("authorization", "SSWS token");
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_is_applied() {
    let report = okta_conformance::Runner::builder().build().unwrap().run(&mut |_| {}).await.unwrap();
    assert!(report.summary.counts.steps > 500);
    the_edge().await;
    consent_over_time().await;
    the_wire().await;
    let oauth = tokio::task::spawn_blocking(|| {
        oauth::apply_all();
        oauth::apply_between_orgs();
    });
    oauth.await.unwrap();
    let unseen: Vec<_> = RULE_BOOK.iter().filter(|rule| !rule.was_applied()).map(|rule| rule.name).collect();
    // No test can cause a fault of the mock itself, and no key set is empty.
    assert_eq!(unseen, ["server.fault", "assertion.keys-empty"], "rules that no test applies");
}

/// Requests that flows cannot make: flows speak valid HTTP to an org without limits.
async fn the_edge() {
    let org = guide_org(|mock| mock.trusted_origin("https://app.example.com"));
    let connection = format!("/api/v1/apps/{GOOGLE}/connections/default");
    for (head, headers, body, status) in [
        (format!("GET /{connection}"), vec![ADMIN], "", 200),
        ("GET /oauth2/v1/authorize".into(), vec![], "", 404),
        ("GET /api/v1/apps?filter=".into(), vec![ADMIN], "", 200),
        (format!("GET {connection}"), vec![("authorization", "Bearer undefined")], "", 401),
        ("GET http://dev-1.okta.com/api/v1/apps".into(), vec![ADMIN], "", 403),
        (
            format!("PUT /api/v1/apps/{GOOGLE}"),
            vec![ADMIN, JSON],
            &format!("{{\"label\":\"{}\"}}", "x".repeat(101)),
            400,
        ),
        (
            "POST /third-party/slack/oauth/authorize".into(),
            vec![("origin", "https://elsewhere.example.com")],
            "",
            403,
        ),
        ("GET /api/v1/nothing".into(), vec![ADMIN], "", 404),
        ("PATCH /api/v1/apps".into(), vec![ADMIN], "", 405),
        (format!("GET {connection}"), vec![ADMIN, ("accept", "text/html")], "", 400),
        (format!("POST {connection}"), vec![ADMIN], "{}", 400),
        (format!("POST {connection}"), vec![ADMIN, ("content-type", "text/plain")], "{}", 400),
        (format!("POST {connection}?activate=true&activate=false"), vec![ADMIN, JSON], "{}", 400),
        (format!("GET {connection}"), vec![("authorization", "SSWS two words")], "", 401),
        (format!("GET {connection}"), vec![("authorization", "Bearer two words")], "", 401),
        (format!("POST {connection}"), vec![ADMIN, JSON], r#"{"a":1,"a":2}"#, 400),
        (
            format!("POST {connection}"),
            vec![ADMIN, JSON],
            &format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20)),
            400,
        ),
        (format!("POST {connection}"), vec![ADMIN, JSON, ("content-encoding", "gzip")], "{}", 400),
        ("GET /api/v1/apps?q=goo&filter=user.id+eq+%2200u1%22".into(), vec![ADMIN], "", 200),
        (
            format!("PUT /api/v1/apps/{GOOGLE}"),
            vec![ADMIN, JSON],
            r#"{"label":"G","credentials":{"userNameTemplate":{"type":"X"}}}"#,
            400,
        ),
        ("GET /api/v1/apps?limit=0".into(), vec![ADMIN], "", 400),
        ("GET /api/v1/apps?after=x".into(), vec![ADMIN], "", 400),
        ("GET /api/v1/apps?filter=x".into(), vec![ADMIN], "", 400),
        ("GET /api/v1/apps?expand=x".into(), vec![ADMIN], "", 400),
        (
            format!("PUT /api/v1/apps/{GOOGLE}"),
            vec![ADMIN, JSON],
            r#"{"label":"G","credentials":{"signing":{"kid":"x"}}}"#,
            400,
        ),
        (format!("GET /api/v1/apps/{GOOGLE}/connections/default/jwks"), vec![ADMIN], "", 404),
        ("GET /third-party/slack/oauth/authorize".into(), vec![], "", 400),
        ("POST /_mock/clock/advance".into(), vec![JSON], r#"{"seconds":-1}"#, 400),
        ("POST /_mock/clock/advance".into(), vec![JSON], r#"{"seconds":1,"x":1}"#, 400),
        (format!("GET /api/v1/apps/{}", "x".repeat(300)), vec![ADMIN], "", 404),
        ("GET /api/v1/apps?Limit=1".into(), vec![ADMIN], "", 200),
        ("POST /_mock/faults".into(), vec![JSON], r#"{"operation":"x","answer":{"status":500}}"#, 400),
        ("GET /_mock/requests?status=x".into(), vec![], "", 400),
        ("POST /_mock/checkpoints/none/restore".into(), vec![], "", 404),
        ("PUT /_mock/state".into(), vec![JSON], r#"{"apps":[{"recorded":{"id":"0oa"}}]}"#, 400),
        ("PUT /_mock/state".into(), vec![JSON], "{}", 400),
        ("PUT /_mock/third-party".into(), vec![JSON], r#"{"verification":"refuse"}"#, 200),
        (
            format!("POST /api/v1/apps/{ZSCALER}/connections/default?activate=true"),
            vec![ADMIN, JSON],
            r#"{"baseUrl":"https://z.example.com","profile":{"authScheme":"TOKEN","token":"t"}}"#,
            400,
        ),
        ("POST /_mock/ui".into(), vec![("content-type", "application/x-www-form-urlencoded")], "do=x", 400),
        ("POST /_mock/orgs".into(), vec![JSON], r#"{"name":"a","fork":"b"}"#, 400),
        ("DELETE /_mock/third-party".into(), vec![], "", 204),
        (
            "OPTIONS /api/v1/apps".into(),
            vec![("origin", "https://app.example.com"), ("access-control-request-method", "GET")],
            "",
            204,
        ),
        ("PUT /_mock/rate-limit".into(), vec![JSON], r#"{"requests":1,"seconds":0}"#, 400),
        ("GET /_mock/openapi.json?surface=x".into(), vec![], "", 400),
        ("POST /_mock/resource-owner/grant".into(), vec![JSON], r#"{"authorize":"x"}"#, 400),
        ("GET /_mock".into(), vec![("origin", "https://elsewhere.example.com")], "", 403),
        ("POST /api/v1/apps".into(), vec![ADMIN, JSON], r#"{"name":"no-such-app","label":"N"}"#, 400),
        (
            "POST /api/v1/apps".into(),
            vec![ADMIN, JSON],
            r#"{"name":"zoomus","label":"Z","signOnMode":"BOOKMARK"}"#,
            400,
        ),
        ("POST /api/v1/apps".into(), vec![ADMIN, JSON], r#"{"name":"google","label":"G"}"#, 400),
        (
            "POST /api/v1/apps".into(),
            vec![ADMIN, JSON],
            r#"{"name":"office365","label":"O","signOnMode":"SAML_1_1","settings":{"app":{"domain":"d","msftTenant":"t","wsFedConfigureType":"AUTO"}}}"#,
            400,
        ),
    ] {
        let (actual, answer) = send(&org, &head, &headers, body).await;
        assert_eq!(actual, status, "{head}: {answer}");
    }
    let org2org = r#"{"name":"okta_org2org","label":"O","signOnMode":"OPENID_CONNECT","settings":{"app":{"baseUrl":"https://hub.example.com","idPId":"0oanone"}}}"#;
    let (status, answer) = send(&org, "POST /api/v1/apps", &[ADMIN, JSON], org2org).await;
    assert!(status == 200 && answer.contains(r#""idpId":"0oanone""#), "{answer}");
    let feature = format!("PUT /api/v1/apps/{ORG2ORG}/features/USER_PROVISIONING");
    let set = format!("POST /api/v1/apps/{ORG2ORG}/connections/default?activate=true");
    let token = r#"{"baseUrl":"https://hub.example.com","profile":{"authScheme":"TOKEN","token":"t"}}"#;
    assert_eq!(send(&org, &set, &[ADMIN, JSON], token).await.0, 200);
    let foreign = r#"{"name":"X","status":"DISABLED","importRules":{}}"#;
    let (status, answer) = send(&org, &feature, &[ADMIN, JSON], foreign).await;
    assert!(status == 200 && answer.contains(r#""name":"USER_PROVISIONING","status":"ENABLED""#), "{answer}");
    let feature = format!("PUT /api/v1/apps/{ORG2ORG}/features/INBOUND_PROVISIONING");
    let wrapped = r#"{"capabilities":{"importRules":{"userCreateAndMatch":{"exactMatchCriteria":"EMAIL"}}}}"#;
    let (status, answer) = send(&org, &feature, &[ADMIN, JSON], wrapped).await;
    assert!(status == 200 && answer.contains(r#""exactMatchCriteria":"EMAIL""#), "{answer}");
    let strict = guide_org(Builder::strict);
    let misspelled = r#"{"label":"G","Accessibility":{}}"#;
    let (status, answer) =
        send(&strict, &format!("PUT /api/v1/apps/{GOOGLE}"), &[ADMIN, JSON], misspelled).await;
    assert!(status == 400 && answer.contains("/Accessibility"), "{answer}");
    let org = guide_org(|mock| mock.rate_limit(1).limits(Limits { apps: 6, ..Limits::default() }));
    let bookmark = r#"{"name":"bookmark","label":"B","settings":{"app":{"url":"https://example.com"}}}"#;
    assert_eq!(send(&org, "POST /api/v1/apps", &[ADMIN, JSON], bookmark).await.0, 400);
    assert_eq!(send(&org, "GET /api/v1/apps", &[ADMIN], "").await.0, 429);
    inactive_and_unverifiable().await;
    two_spellings().await;
}

async fn two_spellings() {
    let org = guide_org(|mock| mock);
    let feature = format!("PUT /api/v1/apps/{ORG2ORG}/features/INBOUND_PROVISIONING");
    let both = r#"{"importSettings":{"username":{"userNameFormat":"EMAIL","usernameFormat":"CUSTOM"}}}"#;
    assert_eq!(send(&org, &feature, &[ADMIN, JSON], both).await.0, 400);
}

async fn inactive_and_unverifiable() {
    let org = guide_org(|mock| mock);
    let app = format!("/api/v1/apps/{ORG2ORG}");
    let token = r#"{"baseUrl":"no url","profile":{"authScheme":"TOKEN","token":"t"}}"#;
    let set = format!("POST {app}/connections/default");
    assert_eq!(send(&org, &set, &[ADMIN, JSON], token).await.0, 200);
    let activate = format!("POST {app}/connections/default/lifecycle/activate");
    assert_eq!(send(&org, &activate, &[ADMIN], "").await.0, 400);
    assert_eq!(send(&org, &format!("POST {app}/lifecycle/deactivate"), &[ADMIN], "").await.0, 200);
    assert_eq!(send(&org, &activate, &[ADMIN], "").await.0, 400);
}

/// Expired codes and states.
async fn consent_over_time() {
    let org = guide_org(|mock| mock.frozen_clock(UNIX_EPOCH + Duration::from_secs(1_767_225_600)));
    let set = format!("POST /api/v1/apps/{SLACK}/connections/default");
    let (_, answer) = send(&org, &set, &[ADMIN, JSON], r#"{"profile":{"authScheme":"OAUTH2"}}"#).await;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let link = answer.pointer("/_links/authorize/href").unwrap().as_str().unwrap();
    let link = link.strip_prefix("http://org.example.test").unwrap();
    let (status, _) = send(&org, &format!("GET {link}"), &[], "").await;
    assert_eq!(status, 302);
    let grant = serde_json::json!({"authorize": format!("http://org.example.test{link}")}).to_string();
    let (_, granted) = send(&org, "POST /_mock/resource-owner/grant", &[JSON], &grant).await;
    let granted: serde_json::Value = serde_json::from_str(&granted).unwrap();
    let (code, state) = (granted["code"].as_str().unwrap(), granted["state"].as_str().unwrap());
    let page = format!("GET /admin/app/cpc/slack/oauth/callback?code={code}&state={state}");
    let (status, page) =
        send(&org, &page, &[("accept", "text/html"), ("sec-fetch-mode", "navigate")], "").await;
    assert!(status == 200 && page.contains("Access granted"), "{page}");
    let callback = format!("POST /api/v1/apps/slack/{SLACK}/oauth2/callback?code={code}&state={state}");
    for (seconds, cause) in [(600, "code: The code has expired"), (3000, "state: The state has expired")] {
        org.advance_clock(Duration::from_secs(seconds)).unwrap();
        let (status, answer) = send(&org, &callback, &[ADMIN], "").await;
        assert_eq!(status, 400);
        assert!(answer.contains(cause), "{answer}");
    }
}

/// Cases that need a socket: bytes that are not a request, and a body that does not arrive.
async fn the_wire() {
    let limits = Limits { body_timeout: Duration::from_millis(50), ..Limits::default() };
    let mock = MockServer::builder().api_token("declared").limits(limits).start().await.unwrap();
    let slow = format!(
        "POST /api/v1/apps/{GOOGLE}/connections/default HTTP/1.1\r\nHost: h\r\nAuthorization: SSWSdeclared\r\n\
         Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{{"
    );
    let broken = slow.replace("Content-Length: 10", "Transfer-Encoding: chunked") + "\r\n";
    let handshake = "\u{16}\u{3}\u{1}";
    for (request, code) in [
        ("NO REQUEST\r\n\r\n", "E0000020"),
        (handshake, "not https"),
        (&slow, "E0000003"),
        (&broken, "E0000003"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(mock.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await;
        let length = read.expect("an answer in time").unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(code), "{answer}");
    }
    mock.shutdown().await;
}
