//! Faults, as clients see them.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use okta_mock_server::MockServer;
use serde_json::{Value, json};
use workspace_tests::wire::{Served, request};

use super::{
    ACTIVATE, ZSCALER, activate, add_fault, connection, connection_status, expect, requests, set_connection,
};

#[test]
fn the_first_two_activations_fail_and_the_third_succeeds() {
    let mock = Served::start(MockServer::builder());
    set_connection(&mock);
    let id = add_fault(&mock, &json!({"operation": ACTIVATE, "times": 2, "answer": {"status": 503}}));
    let statuses: Vec<_> = (0..3).map(|_| activate(&mock).unwrap().status).collect();
    assert_eq!(statuses, [503, 503, 204]);
    let faults: Vec<_> =
        requests(&mock, &format!("?operation={ACTIVATE}")).iter().map(|it| it["fault"].clone()).collect();
    assert_eq!(faults, [json!(id), json!(id), Value::Null]);
    let all = expect(&mock, "GET", "/_mock/faults", None, 200).json();
    assert_eq!(all["faults"][0]["applied"], 2);
    expect(&mock, "DELETE", &format!("/_mock/faults/{id}"), None, 204);
    expect(&mock, "DELETE", &format!("/_mock/faults/{id}"), None, 404);
}

#[test]
fn a_rate_limit_error_has_its_headers_and_no_retry_after() {
    let mock = Served::start(MockServer::builder());
    add_fault(&mock, &json!({"operation": ACTIVATE, "times": 1, "answer": {"error": "E0000047"}}));
    add_fault(
        &mock,
        &json!({"operation": ACTIVATE, "times": 1, "answer": {"status": 429, "retry_after": 2}}),
    );
    let first = activate(&mock).unwrap();
    assert_eq!((first.status, first.error_code().as_str()), (429, "E0000047"));
    assert_eq!(first.header("x-rate-limit-remaining"), Some("0"));
    assert!(first.header("x-rate-limit-reset").is_some() && first.header("retry-after").is_none());
    assert_eq!(activate(&mock).unwrap().header("retry-after"), Some("2"));
}

#[test]
fn a_closed_connection_takes_effect_or_not() {
    for (close, status, logged) in [("before", "DISABLED", Value::Null), ("after", "ENABLED", json!(204))] {
        let mock = Served::start(MockServer::builder());
        set_connection(&mock);
        add_fault(&mock, &json!({"operation": ACTIVATE, "answer": {"close": close}}));
        assert!(activate(&mock).is_none(), "{close}");
        assert_eq!(connection_status(&mock), status, "{close}");
        assert_eq!(requests(&mock, &format!("?operation={ACTIVATE}"))[0]["status"], logged, "{close}");
    }
}

#[test]
fn an_answer_can_be_delayed_truncated_and_replaced() {
    let mock = Served::start(MockServer::builder());
    let read = "getDefaultProvisioningConnectionForApplication";
    add_fault(&mock, &json!({"operation": read, "times": 1, "answer": {"delay_ms": 300}}));
    add_fault(&mock, &json!({"operation": read, "times": 1, "answer": {"truncate": 4}}));
    add_fault(
        &mock,
        &json!({"operation": read, "times": 1, "answer": {"body": "<p>", "content_type": "text/html", "status": 502}}),
    );
    let began = Instant::now();
    assert_eq!(mock.send("GET", &connection(), None).status, 200);
    assert!(began.elapsed() >= Duration::from_millis(300));
    let mut stream = std::net::TcpStream::connect(mock.address()).unwrap();
    stream.write_all(&request("GET", &connection(), &[("Authorization", "SSWS t")], None)).unwrap();
    let mut received = Vec::new();
    // How the connection ends is up to the system.
    let _ = stream.read_to_end(&mut received);
    let received = String::from_utf8(received).unwrap();
    assert!(received.ends_with("\r\n\r\n{\"au"), "{received}");
    let mut wire = mock.connect();
    wire.write(&request("GET", &connection(), &[("Authorization", "SSWS t")], None));
    let replaced = wire.read_answer("GET").unwrap();
    assert_eq!(
        (replaced.status, replaced.header("content-type"), replaced.text()),
        (502, Some("text/html"), "<p>")
    );
    assert_eq!(mock.send("GET", &connection(), None).status, 200);
}

#[test]
fn a_delay_holds_up_no_other_request() {
    let mock = Served::start(MockServer::builder());
    add_fault(&mock, &json!({"operation": "getApplication", "answer": {"delay_ms": 20_000}}));
    let mut delayed = mock.connect();
    let target = format!("/api/v1/apps/{ZSCALER}");
    delayed.write(&request("GET", &target, &[("Authorization", "SSWS t")], None));
    assert_eq!(mock.send("GET", "/api/v1/apps", None).status, 200);
}

#[test]
fn the_number_of_faults_is_bounded() {
    let mock = Served::start(MockServer::builder());
    let fault = json!({"operation": ACTIVATE, "answer": {"status": 503}});
    for _ in 0..1000 {
        assert_eq!(mock.send("POST", "/_mock/faults", Some(&fault.to_string())).status, 201);
    }
    expect(&mock, "POST", "/_mock/faults", Some(&fault), 400);
    expect(&mock, "DELETE", "/_mock/faults", None, 204);
    add_fault(&mock, &fault);
}
