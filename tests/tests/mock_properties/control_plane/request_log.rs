//! The request log: JSON, HAR, curl lines and waits.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use okta_mock_server::{Limits, MockServer};
use serde_json::{Value, json};
use workspace_tests::wire::{Served, request};

use super::{CANARY, ZSCALER, connection, expect, requests};

#[test]
fn the_log_shows_what_a_client_sent() {
    let mock = Served::start(MockServer::builder());
    let body = json!({"profile": {"authScheme": "TOKEN", "token": "t"}, "unknown": 1});
    mock.send("POST", &format!("{}?activate=true&other=1", connection()), Some(&body.to_string()));
    mock.send("GET", "/api/v1/apps/0oanone", None);
    let all = requests(&mock, "");
    assert_eq!(all.len(), 2);
    let first = &all[0];
    assert_eq!(first["operation"], "updateDefaultProvisioningConnectionForApplication");
    assert_eq!(
        (first["app"].as_str(), first["query"].as_str()),
        (Some(ZSCALER), Some("activate=true&other=1"))
    );
    assert_eq!(
        (first["status"].as_u64(), first["rule"].as_str()),
        (Some(400), Some("connection.member-blank"))
    );
    assert_eq!(first["response"]["errorCode"], "E0000001");
    let second = &all[1];
    assert_eq!((second["id"].as_u64(), second["rule"].as_str()), (Some(2), Some("app.unknown")));
    assert_eq!(requests(&mock, "?status=404&method=get").len(), 1);
    assert_eq!(requests(&mock, "?after=1").len(), 1);
    assert_eq!(requests(&mock, "?operation=getApplication&limit=0").len(), 0);
    expect(&mock, "DELETE", "/_mock/requests", None, 204);
    assert_eq!(requests(&mock, "").len(), 0);
}

#[test]
fn ignored_parts_of_a_request_are_named() {
    let mock = Served::start(MockServer::builder());
    let body = json!({"baseUrl": "https://a.example.com", "profile": {"authScheme": "TOKEN", "token": "t", "foo": 1}});
    mock.send("POST", &format!("{}?Activate=true", connection()), Some(&body.to_string()));
    assert_eq!(requests(&mock, "")[0]["ignored"], json!(["?Activate", "/profile/foo"]));
}

#[test]
fn a_secret_is_in_no_log_har_or_curl_line() {
    let mock = Served::start(MockServer::builder());
    let header = format!("SSWS {CANARY}");
    let referer = format!("https://a.example.com/?token={CANARY}");
    let headers = [
        ("Authorization", header.as_str()),
        ("Cookie", CANARY),
        ("DPoP", CANARY),
        ("X-Api-Token", CANARY),
        ("Referer", &referer),
    ];
    for body in [
        json!({"profile": {"authScheme": "TOKEN", "token": CANARY}}).to_string(),
        json!({"settings": {"app": {"adminPassword": CANARY}}, "client_secret": [CANARY]}).to_string(),
        json!({"credentials": {"password": {"value": CANARY}, "signing": {"kid": "k"}}}).to_string(),
        format!("{{\"profile\": {{\"token\": \"{CANARY}\""),
    ] {
        let mut wire = mock.connect();
        let target = format!("{}?access_token={CANARY}", connection());
        wire.write(&request("POST", &target, &headers, Some(body.as_bytes())));
        assert_eq!(wire.read_answer("POST").map(|answer| answer.status), Some(400));
    }
    for target in ["/_mock/requests", "/_mock/requests?format=curl", "/_mock/requests.har"] {
        let shown = expect(&mock, "GET", target, None, 200);
        assert!(!shown.text().contains(CANARY) && shown.text().contains("[hidden]"), "{}", shown.text());
    }
}

#[test]
fn har_has_the_headers_that_were_sent() {
    let mock = Served::start(MockServer::builder());
    // From now on, answers carry the time of the org.
    expect(&mock, "POST", "/_mock/clock/advance", Some(&json!({"seconds": 3600})), 200);
    let sent = [mock.send("GET", "/api/v1/apps?limit=2", None), mock.send("PATCH", "/api/v1/apps", None)];
    let har = expect(&mock, "GET", "/_mock/requests.har", None, 200).json();
    for (entry, answer) in sent.iter().enumerate() {
        let logged = har["log"]["entries"][entry]["response"]["headers"].as_array().unwrap();
        let logged = logged.iter().map(|header| (header["name"].as_str(), header["value"].as_str()));
        let logged: BTreeSet<_> = logged.map(|(name, value)| (name.unwrap(), value.unwrap())).collect();
        let sent = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        // Added by the server when it frames the answer.
        let sent: BTreeSet<_> = sent
            .filter(|(name, _)| !["connection", "content-length", "transfer-encoding"].contains(name))
            .collect();
        assert_eq!(logged, sent);
    }
}

#[test]
fn a_curl_line_gets_the_same_answer() {
    let mock = Served::start(MockServer::builder());
    let body =
        json!({"baseUrl": "https://it's.example.com", "profile": {"authScheme": "TOKEN", "token": "t"}});
    let first = mock.send("POST", &connection(), Some(&body.to_string()));
    let line = expect(&mock, "GET", "/_mock/requests?format=curl", None, 200).text().to_owned();
    // The address in the Host header of this client has no port.
    let line = line.replace("'http://127.0.0.1/", &format!("'http://{}/", mock.address()));
    let output = std::process::Command::new("sh").args(["-c", &line]).env("OKTA_CLIENT_TOKEN", "t").output();
    let Ok(output) = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()) else {
        eprintln!("NOT RUN: there is no sh");
        return;
    };
    if output.is_empty() {
        eprintln!("NOT RUN: there is no curl");
        return;
    }
    let answer: Value = serde_json::from_str(output.split("\r\n\r\n").last().unwrap()).unwrap();
    assert_eq!(answer["status"], first.json()["status"], "{line}\n{output}");
    assert!(output.starts_with("HTTP/1.1 200"), "{line}\n{output}");
}

/// A client chooses its method and body. Whoever pastes the line must not run or read anything by it.
#[test]
fn a_curl_line_runs_no_command_and_reads_no_file() {
    let mock = Served::start(MockServer::builder());
    let mut wire = mock.connect();
    wire.write(&request("A`id`$HOME", "/api/v1/apps/it's", &[("Authorization", "SSWS t")], None));
    assert_eq!(wire.read_answer("A`id`$HOME").map(|answer| answer.status), Some(405));
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let mut wire = mock.connect();
    wire.write(&request("POST", "/third-party/slack/oauth/authorize", &form, Some(b"@/etc/passwd")));
    assert!(wire.read_answer("POST").is_some());
    let shown = expect(&mock, "GET", "/_mock/requests?format=curl", None, 200);
    let lines = shown.text();
    assert!(lines.contains(r"-X 'A`id`$HOME' 'http://127.0.0.1/api/v1/apps/it'\''s'"), "{lines}");
    assert!(lines.contains("--data-raw '@/etc/passwd'"), "{lines}");
}

#[test]
fn a_log_of_no_requests_keeps_none() {
    let mock = Served::start(MockServer::builder().limits(Limits { log_entries: 0, ..Limits::default() }));
    mock.send("GET", "/api/v1/apps", None);
    let log = expect(&mock, "GET", "/_mock/requests", None, 200).json();
    assert_eq!(log, json!({"requests": [], "dropped": 0}));
}

#[test]
fn a_wait_answers_as_soon_as_the_request_came() {
    let mock = Served::start(MockServer::builder());
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let target = "/_mock/requests/wait?operation=getApplication&count=2&timeout=30";
            (expect(&mock, "GET", target, None, 200), Instant::now())
        });
        std::thread::sleep(Duration::from_millis(100));
        let target = format!("/api/v1/apps/{ZSCALER}");
        mock.send("GET", &target, None);
        mock.send("GET", &target, None);
        let (answer, answered) = waiting.join().unwrap();
        assert_eq!(answer.json()["requests"].as_array().unwrap().len(), 2);
        answered
    });
    assert!(waiting.elapsed() < Duration::from_secs(20), "the wait did not end at its time-out");
}

#[test]
fn a_wait_that_times_out_names_the_nearest_requests() {
    let mock = Served::start(MockServer::builder());
    mock.send("GET", "/api/v1/apps", None);
    mock.send("GET", &format!("/api/v1/apps/{ZSCALER}"), None);
    let target = format!("/_mock/requests/wait?operation=getApplication&app={ZSCALER}&status=404&timeout=0");
    let answer = expect(&mock, "GET", &target, None, 408).json();
    assert_eq!(answer["matched"], 0);
    let nearest = &answer["nearest"][0];
    assert_eq!(nearest["request"]["id"], 2);
    assert_eq!(nearest["differences"], json!([{"member": "status", "expected": "404", "actual": "200"}]));
}
