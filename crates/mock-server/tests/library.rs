//! The control of an org from Rust.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, UNIX_EPOCH};

use okta_mock_server::{Fault, MockServer, RequestFilter, ThirdPartyBehavior};
use serde_json::{Value, json};

const GOOGLE: &str = "0oagoogle00000000001";
const ENABLED: &str =
    r#"{"connection": {"status": "ENABLED", "profile": {"authScheme": "OAUTH2"}, "consented": true}}"#;

/// Sends a request with a token, and returns status and body.
fn send(url: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = "Host: localhost\r\nAuthorization: SSWS a-token\r\nConnection: close";
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\n{head}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn a_test_starts_in_the_state_that_it_needs() {
    let mock = MockServer::builder().start_blocking().unwrap();
    mock.org().set_app_state(GOOGLE, ENABLED).unwrap();
    let (status, features) = send(mock.url(), "GET", &format!("/api/v1/apps/{GOOGLE}/features"), "");
    assert_eq!((status, features.as_array().unwrap().len()), (200, 2));

    let impossible = ENABLED.replace("true", "false");
    let refused = mock.org().set_app_state(GOOGLE, &impossible).unwrap_err();
    assert_eq!(refused.rule, "connection.activate.consent-missing");
    let unknown = mock.org().set_app_state(GOOGLE, r#"{"state": 1}"#).unwrap_err();
    assert_eq!(unknown.to_string(), "/state: Unknown member (control.unknown-member)");

    let state = mock.org().state();
    assert!(mock.org().keep_checkpoint("enabled"));
    mock.org().replace_state(r#"{"apps": []}"#).unwrap();
    assert!(mock.org().apps().is_empty());
    assert_eq!(mock.org().replace_state("{").unwrap_err().line, 1);
    assert!(mock.org().restore_checkpoint("enabled") && !mock.org().restore_checkpoint("other"));
    assert_eq!(mock.org().state(), state);
    mock.org().reset();
    assert_ne!(mock.org().state(), state);
}

#[test]
fn an_operation_fails_once() {
    let mock = MockServer::builder().start_blocking().unwrap();
    mock.org().add_fault(Fault::status("getApplication", 500).app(GOOGLE).times(1)).unwrap();
    let path = format!("/api/v1/apps/{GOOGLE}");
    let statuses = [(); 2].map(|()| send(mock.url(), "GET", &path, "").0);
    assert_eq!(statuses, [500, 200]);
    let refused = mock.org().add_fault(Fault::status("getApplications", 500)).unwrap_err();
    assert!(refused.to_string().contains("did you mean getApplication?"), "{refused}");
    for impossible in [
        Fault::status("getApplication", 99),
        Fault::delay("getApplication", Duration::from_secs(61)),
        Fault::body("getApplication", 200, "text\n", ""),
        Fault::body("getApplication", 200, "text/plain", &"x".repeat(64 * 1024 + 1)),
    ] {
        let refused = mock.org().add_fault(impossible.clone()).unwrap_err();
        assert_eq!(refused.rule, "control.fault", "{impossible:?}");
    }
    mock.org().add_fault(Fault::rate_limited("getApplication").times(1)).unwrap();
    assert_eq!(send(mock.url(), "GET", &path, "").0, 429);
    mock.org().add_fault(Fault::body("getApplication", 502, "text/html", "<html>")).unwrap();
    assert_eq!(send(mock.url(), "GET", &path, "").0, 502);
    mock.org().clear_faults();
    assert_eq!(send(mock.url(), "GET", &path, "").0, 200);
}

#[test]
fn a_test_sees_what_its_code_sent() {
    let mock = MockServer::builder().start_blocking().unwrap();
    let body = json!({"name": "zscalerbyz", "label": "Z", "settings": {"app": {"token": "secret"}}});
    send(mock.url(), "POST", "/api/v1/apps?activate=false", &body.to_string());
    let created = RequestFilter::all().operation("createApplication").method("post");
    let requests = mock.wait_for_requests(&created, 1, Duration::from_secs(5)).unwrap();
    let request = &requests[0];
    assert_eq!(
        (request.id, request.path.as_str(), request.query.as_deref()),
        (1, "/api/v1/apps", Some("activate=false"))
    );
    assert_eq!(
        (request.status, &request.body["label"], &request.response["status"]),
        (Some(200), &json!("Z"), &json!("INACTIVE"))
    );
    assert!(!format!("{request:?}").contains("secret"), "{request:?}");
    mock.org().assert_requests(&created, 1);
    mock.org().clear_requests();
    mock.org().assert_requests(&RequestFilter::all(), 0);
}

#[test]
fn a_failed_assertion_shows_the_nearest_requests_and_their_rule() {
    let mock = MockServer::builder().start_blocking().unwrap();
    send(mock.url(), "POST", "/api/v1/apps", "{}");
    let filter = RequestFilter::all().operation("createApplication").status(200);
    let missing = mock.wait_for_requests(&filter, 1, Duration::ZERO).unwrap_err();
    let text = missing.to_string();
    assert!(text.contains("0 of 1 expected requests arrived"), "{text}");
    assert!(text.contains("1. POST /api/v1/apps → 400, refused by app.create.name-unknown"), "{text}");
    assert!(text.contains("status is \"400\", expected \"200\""), "{text}");
    let panic = std::panic::catch_unwind(|| mock.org().assert_requests(&filter, 1)).unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("app.create.name-unknown"));
}

#[test]
fn the_clock_and_the_third_party_are_set_from_rust() {
    let mock = MockServer::builder().start_blocking().unwrap();
    let time = UNIX_EPOCH + Duration::from_secs(1_900_000_000);
    mock.org().freeze_clock(time).unwrap();
    send(mock.url(), "GET", "/api/v1/apps", "");
    assert_eq!(mock.org().requests(&RequestFilter::all())[0].time, time);
    assert!(mock.org().freeze_clock(UNIX_EPOCH + Duration::from_secs(u64::MAX / 4)).is_err());
    mock.org()
        .set_app_state(GOOGLE, r#"{"connection": {"profile": {"authScheme": "OAUTH2"}, "consented": true}}"#)
        .unwrap();
    let activate = format!("/api/v1/apps/{GOOGLE}/connections/default/lifecycle/activate");
    mock.org().refuse_credentials(true);
    assert_eq!(send(mock.url(), "POST", &activate, "").0, 400);
    mock.org().refuse_credentials(false);
    let refusing = ThirdPartyBehavior { refuses_credential: true, ..ThirdPartyBehavior::default() };
    mock.org().set_third_party(Some(GOOGLE), refusing).unwrap();
    assert_eq!(mock.org().third_party(Some(GOOGLE)).unwrap(), refusing);
    assert_eq!(mock.org().third_party(None).unwrap(), ThirdPartyBehavior::default());
    assert_eq!(send(mock.url(), "POST", &activate, "").0, 400);
    mock.org().set_third_party(Some(GOOGLE), ThirdPartyBehavior::default()).unwrap();
    assert_eq!(send(mock.url(), "POST", &activate, "").0, 204);
    assert_eq!(mock.org().set_third_party(Some("0oa"), refusing).unwrap_err().rule, "app.unknown");
}

#[test]
fn the_rate_limit_is_set_from_rust() {
    let mock = MockServer::builder().start_blocking().unwrap();
    mock.org().set_rate_limit(1, 60).unwrap();
    let statuses = [(); 2].map(|()| send(mock.url(), "GET", "/api/v1/apps", "").0);
    mock.org().remove_rate_limit();
    assert_eq!((statuses, send(mock.url(), "GET", "/api/v1/apps", "").0), ([200, 429], 200));
    assert_eq!(mock.org().set_rate_limit(1, 0).unwrap_err().rule, "control.rate-limit");
}

/// A test binary may have hundreds of mocks. Each is an org of its own, and none outlives its test.
#[test]
fn hundreds_of_mocks_run_in_one_process() {
    let mocks: Vec<_> = (0..200).map(|_| MockServer::builder().start_blocking().unwrap()).collect();
    for (index, mock) in mocks.iter().enumerate() {
        let body = json!({"name": "zscalerbyz", "label": format!("Z{index}")}).to_string();
        assert_eq!(send(mock.url(), "POST", "/api/v1/apps", &body).0, 200);
        assert_eq!(mock.org().apps().len(), 7);
    }
    let address = mocks[0].url().trim_start_matches("http://").to_owned();
    drop(mocks);
    // Dropping does not wait for the thread.
    let ended = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        TcpStream::connect(&address).is_err()
    });
    assert!(ended, "the mock goes on");
}

#[tokio::test]
async fn a_blocking_mock_can_be_dropped_in_an_asynchronous_test() {
    let mock = tokio::task::spawn_blocking(|| MockServer::builder().start_blocking().unwrap()).await.unwrap();
    drop(mock);
}
