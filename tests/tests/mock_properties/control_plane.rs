//! The control plane: every call over a real socket, each answer checked against its contract.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use okta_mock_server::{Limits, MockServer};
use serde_json::{Value, json};
use workspace_tests::wire::{Served, request};
use workspace_tests::{Answer, ContractCheck};

const ZSCALER: &str = "0oazscalerbyz0000001";
const ACTIVATE: &str = "activateDefaultProvisioningConnectionForApplication";
const CANARY: &str = "canary-that-nobody-may-see";

fn connection() -> String {
    format!("/api/v1/apps/{ZSCALER}/connections/default")
}

/// Calls the control plane, and checks the answer against `control.openapi.json`.
fn control(mock: &Served, method: &str, target: &str, body: Option<&Value>) -> Answer {
    let answer = mock.send(method, target, body.map(Value::to_string).as_deref());
    ContractCheck::shared().assert(method, target, &answer);
    answer
}

fn expect(mock: &Served, method: &str, target: &str, body: Option<&Value>, status: u16) -> Answer {
    let answer = control(mock, method, target, body);
    assert_eq!(answer.status, status, "{method} {target}: {}", answer.text());
    answer
}

fn requests(mock: &Served, query: &str) -> Vec<Value> {
    let answer = expect(mock, "GET", &format!("/_mock/requests{query}"), None, 200);
    answer.json()["requests"].as_array().unwrap().clone()
}

fn add_fault(mock: &Served, fault: &Value) -> u64 {
    expect(mock, "POST", "/_mock/faults", Some(fault), 201).json()["id"].as_u64().unwrap()
}

fn activate(mock: &Served) -> Option<Answer> {
    let target = format!("{}/lifecycle/activate", connection());
    let mut wire = mock.connect();
    wire.write(&request("POST", &target, &[("Authorization", "SSWS t")], None));
    wire.read_answer("POST")
}

fn set_connection(mock: &Served) {
    let body =
        json!({"baseUrl": "https://a.example.com", "profile": {"authScheme": "TOKEN", "token": CANARY}});
    assert_eq!(mock.send("POST", &connection(), Some(&body.to_string())).status, 200);
}

fn connection_status(mock: &Served) -> String {
    mock.send("GET", &connection(), None).json()["status"].as_str().unwrap().to_owned()
}

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
fn a_reset_restores_apps_clock_limit_and_ids() {
    let create = json!({"name": "zoomus", "label": "Z", "settings": {"app": {"subDomain": "z"}}}).to_string();
    let mock = Served::start(MockServer::builder().seed(7));
    let first = mock.send("POST", "/api/v1/apps", Some(&create)).json()["id"].clone();
    set_connection(&mock);
    expect(&mock, "PUT", "/_mock/clock", Some(&json!({"now": "2031-01-01T00:00:00Z", "frozen": true})), 200);
    expect(&mock, "PUT", "/_mock/rate-limit", Some(&json!({"requests": 1})), 200);
    add_fault(&mock, &json!({"operation": "createApplication", "answer": {"status": 500}}));
    expect(&mock, "POST", "/_mock/reset", None, 204);
    assert_eq!(expect(&mock, "GET", "/_mock/clock", None, 200).json()["frozen"], false);
    assert_eq!(requests(&mock, "").len(), 0);
    let again = mock.send("POST", "/api/v1/apps", Some(&create));
    assert_eq!((again.status, &again.json()["id"]), (200, &first), "ids come again");
    assert_eq!(mock.send("GET", "/api/v1/apps", None).json().as_array().unwrap().len(), 7);
}

#[test]
fn a_checkpoint_is_restored_as_often_as_wanted() {
    let mock = Served::start(MockServer::builder());
    set_connection(&mock);
    expect(&mock, "PUT", "/_mock/checkpoints/set%20up", None, 204);
    for _ in 0..2 {
        activate(&mock).unwrap();
        assert_eq!(connection_status(&mock), "ENABLED");
        expect(&mock, "POST", "/_mock/checkpoints/set%20up/restore", None, 204);
        assert_eq!(connection_status(&mock), "DISABLED");
    }
    let names = expect(&mock, "GET", "/_mock/checkpoints", None, 200).json();
    assert_eq!(names, json!({"checkpoints": ["set up"]}));
    expect(&mock, "DELETE", "/_mock/checkpoints/set%20up", None, 204);
    expect(&mock, "POST", "/_mock/checkpoints/set%20up/restore", None, 404);
    for number in 0..100 {
        expect(&mock, "PUT", &format!("/_mock/checkpoints/{number}"), None, 204);
    }
    expect(&mock, "PUT", "/_mock/checkpoints/one-more", None, 400);
    expect(&mock, "PUT", "/_mock/checkpoints/5", None, 204);
}

#[test]
fn the_clock_is_set_frozen_and_released() {
    let mock = Served::start(MockServer::builder());
    let frozen = json!({"now": "2030-02-03T04:05:06.000Z", "frozen": true});
    assert_eq!(expect(&mock, "PUT", "/_mock/clock", Some(&frozen), 200).json(), frozen);
    assert_eq!(
        mock.send("GET", "/api/v1/apps", None).header("date"),
        Some("Sun, 03 Feb 2030 04:05:06 GMT"),
        "Date follows the clock"
    );
    expect(&mock, "POST", "/_mock/clock/advance", Some(&json!({"seconds": 60})), 200);
    let released = expect(&mock, "PUT", "/_mock/clock", Some(&json!({"frozen": false})), 200).json();
    assert_eq!((&released["frozen"], &released["now"]), (&json!(false), &json!("2030-02-03T04:06:06.000Z")));
}

#[test]
fn a_rate_limit_is_enforced_and_removed_at_run_time() {
    let mock = Served::start(MockServer::builder());
    expect(&mock, "PUT", "/_mock/rate-limit", Some(&json!({"requests": 2, "seconds": 600})), 200);
    // Calls of the control plane are counted, but never refused.
    let statuses: Vec<_> = (0..4).map(|_| mock.send("GET", "/api/v1/apps", None).status).collect();
    assert!(statuses.contains(&429) && statuses[0] == 200, "{statuses:?}");
    expect(&mock, "DELETE", "/_mock/rate-limit", None, 204);
    assert_eq!(mock.send("GET", "/api/v1/apps", None).status, 200);
}

#[test]
fn a_bad_call_is_refused_by_name_and_changes_nothing() {
    let mock = Served::start(MockServer::builder());
    for (method, target, body, cause) in [
        (
            "POST",
            "/_mock/faults",
            json!({"operation": "activateDefaultProvisioning", "answer": {"status": 503}}),
            "did you mean activateDefault",
        ),
        (
            "POST",
            "/_mock/faults",
            json!({"operation": "readClock", "answer": {"status": 503}}),
            "there is no operation",
        ),
        ("POST", "/_mock/faults", json!({"operation": ACTIVATE, "answer": {}}), "give one of"),
        (
            "POST",
            "/_mock/faults",
            json!({"operation": ACTIVATE, "answer": {"status": 503, "truncate": 1}}),
            "give one of",
        ),
        ("POST", "/_mock/faults", json!({"operation": ACTIVATE, "answer": {"status": 99}}), "200 to 599"),
        ("POST", "/_mock/faults", json!({"operation": ACTIVATE, "answer": {"error": "E1"}}), "E0000047"),
        ("POST", "/_mock/faults", json!({"operation": ACTIVATE, "answer": {"delay_ms": 60_001}}), "60000"),
        (
            "POST",
            "/_mock/faults",
            json!({"operation": ACTIVATE, "answer": {"status": 503, "retry_after": -1}}),
            "invalid value",
        ),
        (
            "POST",
            "/_mock/faults",
            json!({"operation": ACTIVATE, "time": 2, "answer": {"status": 503}}),
            "`times`",
        ),
        ("PUT", "/_mock/rate-limit", json!({"requests": 1, "seconds": 0}), "1 to 3600"),
        ("PUT", "/_mock/rate-limit", json!({"requests": -1}), "invalid value"),
        ("PUT", "/_mock/clock", json!({}), "now, frozen or both"),
        ("PUT", "/_mock/clock", json!({"now": "yesterday"}), "timestamp"),
        ("PUT", "/_mock/clock", json!({"now": "1969-12-31T23:59:59Z"}), "1970"),
    ] {
        let refused = expect(&mock, method, target, Some(&body), 400);
        assert!(refused.text().contains(cause), "{method} {target} {body}: {}", refused.text());
    }
    for target in [
        "/_mock/requests?status=x",
        "/_mock/requests?state=1",
        "/_mock/requests?format=xml",
        "/_mock/requests?operation=getApp",
        "/_mock/requests/wait?timeout=61",
        "/_mock/openapi.json?surface=all",
    ] {
        expect(&mock, "GET", target, None, 400);
    }
    assert_eq!(expect(&mock, "GET", "/_mock/faults", None, 200).json(), json!({"faults": []}));
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

#[test]
fn the_mock_says_who_it_is() {
    let mock = Served::start(MockServer::builder());
    assert_eq!(expect(&mock, "GET", "/_mock", None, 200).json()["name"], "okta-mock-server");
    assert_eq!(expect(&mock, "GET", "/_mock/health", None, 200).json(), json!({"status": "ok"}));
    let contract = expect(&mock, "GET", "/_mock/openapi.json?surface=control", None, 200).json();
    assert!(contract["paths"]["/_mock/faults"].is_object());
}

#[test]
fn a_third_party_app_refuses_on_purpose() {
    let mock = Served::start(MockServer::builder());
    let body =
        json!({"baseUrl": "https://scim.example.com", "profile": {"authScheme": "TOKEN", "token": "t"}});
    let activated = format!("{}?activate=true", connection());
    let set = |body: Value| expect(&mock, "PUT", "/_mock/third-party", Some(&body), 200).json();
    assert_eq!(
        set(json!({"verification": "refuse", "app": ZSCALER}))["apps"][ZSCALER]["verification"],
        "refuse"
    );
    let refused = mock.send("POST", &activated, Some(&body.to_string()));
    assert_eq!((refused.status, refused.error_code().as_str()), (400, "E0000001"));
    assert!(
        refused.text().contains("Verification failed: Invalid URL. Not authorized."),
        "{}",
        refused.text()
    );
    assert_eq!(mock.send("POST", &connection(), Some(&body.to_string())).status, 200, "nothing is verified");
    assert_eq!(mock.send("POST", &format!("{}/lifecycle/activate", connection()), None).status, 400);
    assert_eq!(requests(&mock, "?status=400")[0]["rule"], "control.third-party");
    set(json!({"verification": "accept", "app": ZSCALER}));
    assert_eq!(mock.send("POST", &activated, Some(&body.to_string())).status, 200);

    set(json!({"code": "refuse", "consent": "deny"}));
    let google = "/api/v1/apps/0oagoogle00000000001";
    let consent = json!({"profile": {"authScheme": "OAUTH2"}}).to_string();
    let link = mock.send("POST", &format!("{google}/connections/default"), Some(&consent)).json();
    let link = link["_links"]["authorize"]["href"].as_str().unwrap().replace("http://127.0.0.1", "");
    let denied = mock.send("GET", &link, None);
    assert!(denied.header("location").unwrap().contains("error=access_denied"), "{denied:?}");
    set(json!({"consent": "grant"}));
    let granted = mock.send("GET", &link, None);
    let query = granted.header("location").unwrap().split_once('?').unwrap().1.to_owned();
    let callback = format!("/api/v1/apps/google/0oagoogle00000000001/oauth2/callback?{query}");
    assert_eq!(mock.send("POST", &callback, None).status, 400);
    expect(&mock, "DELETE", "/_mock/third-party", None, 204);
    assert_eq!(expect(&mock, "GET", "/_mock/third-party", None, 200).json()["apps"], json!({}));
    assert_eq!(mock.send("POST", &callback, None).status, 204, "the code is not spent by a refusal");
    for (wrong, status) in [
        (json!({"verification": "maybe"}), 400),
        (json!({"verify": "refuse"}), 400),
        (json!({"app": "0oanothere0000000001", "code": "refuse"}), 404),
    ] {
        expect(&mock, "PUT", "/_mock/third-party", Some(&wrong), status);
    }
}

#[test]
fn the_mock_tells_what_it_is() {
    let mock = Served::start(MockServer::builder().seed(7));
    expect(&mock, "PUT", "/_mock/clock", Some(&json!({"frozen": true})), 200);
    let about = expect(&mock, "GET", "/_mock", None, 200).json();
    assert_eq!((&about["seed"], &about["frozen"]), (&json!(7), &json!(true)));
    let paths = expect(&mock, "GET", "/_mock/openapi.json?surface=control", None, 200).json();
    let paths: BTreeSet<_> = paths["paths"].as_object().unwrap().keys().cloned().collect();
    for capability in about["capabilities"].as_array().unwrap() {
        let start = format!("/_mock/{}", capability.as_str().unwrap());
        assert!(paths.iter().any(|path| path.starts_with(&start)), "{capability}");
    }
}
