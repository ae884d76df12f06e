//! The HTTP edge over real sockets: slow, broken and many clients.

use std::thread::sleep;
use std::time::{Duration, Instant};

use okta_mock_server::{Limits, Load, MockServer};
use proptest::prelude::*;
use proptest::sample::select;
use workspace_tests::property;
use workspace_tests::wire::{Served, Wire, request};

const FEATURE: &str = "/api/v1/apps/0oaokta0org2org00001/features/USER_PROVISIONING";
/// The timeouts of a hasty mock are 400 ms; a busy machine needs more time.
const MAX_WAIT: Duration = Duration::from_secs(8);

fn assert_serves(mock: &Served) {
    assert_eq!(mock.send("GET", "/api/v1/apps", None).status, 200);
}

#[test]
fn an_endless_head_times_out() {
    let mock = Served::hasty(Load::Guide);
    for head in ["", "G", "GET /api/v1/apps HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/1.1\r\nX: "] {
        let mut wire = mock.connect();
        wire.write(head.as_bytes());
        for _ in 0..30 {
            // Sending slowly does not extend the timeout.
            wire.write(if head.is_empty() { b"" } else { b"a" });
            sleep(Duration::from_millis(30));
        }
        let answers = wire.read_checked("GET", "/unreadable");
        assert!(answers.iter().all(workspace_tests::Answer::is_refusal), "{answers:?}");
        assert!(wire.age() < MAX_WAIT, "{head:?} took {:?}", wire.age());
    }
    assert_serves(&mock);
}

#[test]
fn an_idle_connection_is_closed() {
    let mock = Served::hasty(Load::Guide);
    for method in ["GET", "PUT"] {
        let mut wire = mock.connect();
        // The connection stays open while the client keeps sending requests.
        for _ in 0..4 {
            wire.write(&request(method, FEATURE, &[("Connection", "keep-alive")], None));
            assert!(wire.read_answer(method).is_some(), "closed too early");
            sleep(Duration::from_millis(200));
        }
        assert!(wire.read_to_end(method).is_empty());
        assert!(wire.age() < MAX_WAIT, "took {:?}", wire.age());
    }
}

#[test]
fn a_missing_body_times_out() {
    let mock = Served::hasty(Load::Guide);
    let before = mock.state();
    for (headers, start) in [
        (("Content-Length", "20"), &b"{\"update\":"[..]),
        (("Content-Length", "1048576"), b"{"),
        (("Transfer-Encoding", "chunked"), b"5\r\n{\"upd"),
        (("Transfer-Encoding", "chunked"), b""),
    ] {
        let mut wire = mock.connect();
        wire.write(&request("PUT", FEATURE, &[headers, ("Connection", "keep-alive")], Some(start)));
        let answers = wire.read_checked("PUT", FEATURE);
        assert_eq!(answers.len(), 1, "{headers:?}: {answers:?}");
        assert_eq!((answers[0].status, answers[0].error_code().as_str()), (400, "E0000003"));
        assert!(wire.age() < MAX_WAIT, "{headers:?} took {:?}", wire.age());
    }
    assert_eq!(mock.state(), before);
}

#[test]
fn a_slow_body_times_out() {
    let mock = Served::hasty(Load::Guide);
    let mut wire = mock.connect();
    wire.write(&request("PUT", FEATURE, &[("Content-Length", "5000")], Some(b"{")));
    for _ in 0..40 {
        wire.write(b" ");
        sleep(Duration::from_millis(30));
    }
    let answers = wire.read_checked("PUT", FEATURE);
    assert!(answers.iter().all(|answer| answer.status == 400), "{answers:?}");
    assert!(wire.age() < MAX_WAIT);
    assert_serves(&mock);
}

proptest! {
    #![proptest_config(property(48))]

    /// Chunked bodies, valid or broken.
    #[test]
    fn chunked_bodies(chunks in prop::collection::vec("[ -~]{1,30}", 0..4), broken in select(BROKEN.to_vec()), ends in any::<bool>()) {
        static MOCK: std::sync::LazyLock<(Served, String)> = std::sync::LazyLock::new(|| {
            let mock = Served::hasty(Load::Guide);
            let state = mock.state();
            (mock, state)
        });
        let mut body: String = chunks.iter().map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len())).collect();
        body += broken;
        let mut wire = MOCK.0.connect();
        wire.write(&request("PUT", FEATURE, &[("Transfer-Encoding", "chunked")], Some(body.as_bytes())));
        if ends {
            wire.end();
        }
        let answers = wire.read_checked("PUT", FEATURE);
        prop_assert!(answers.iter().all(|answer| answer.status == 400), "{:?}", answers);
        prop_assert!(ends || !answers.is_empty(), "no answer to {:?}", body);
        prop_assert_eq!(MOCK.0.state(), MOCK.1.as_str());
    }
}

const BROKEN: [&str; 12] = [
    "0\r\n\r\n",
    "zz\r\n",
    "-1\r\n",
    "ffffffffffffffffff\r\n",
    "5\r\nab",
    "5\r\nabcdefgh\r\n",
    "\r\n",
    "0\r\nX: y\r\n\r\n",
    "1;ext=\"",
    "5 \r\n12345\r\n0\r\n\r\n",
    "0\r\n",
    "fffffff0\r\nx",
];

#[test]
fn pipelined_requests_are_answered_in_order() {
    let mock = Served::hasty(Load::Guide);
    let mut wire = mock.connect();
    let one = |target: &str, last: bool| {
        request("GET", target, &[("Connection", if last { "close" } else { "keep-alive" })], None)
    };
    let bytes = [one("/api/v1/apps", false), one("/api/v1/apps/none", false), one(FEATURE, true)].concat();
    wire.write(&bytes);
    let answers = wire.read_to_end("GET");
    let statuses: Vec<_> = answers.iter().map(|answer| (answer.status, answer.error_code())).collect();
    let wanted =
        [(200, ""), (404, "E0000007"), (400, "E0000001")].map(|(status, code)| (status, code.to_owned()));
    assert_eq!(statuses, wanted);
}

#[test]
fn connections_beyond_the_limit_wait_and_are_served() {
    let limits = Limits {
        connections: 4,
        head_timeout: Duration::from_millis(300),
        write_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    let mock = Served::start(MockServer::builder().limits(limits));
    let idle: Vec<Wire> = (0..40).map(|_| mock.connect()).collect();
    let started = Instant::now();
    assert_serves(&mock);
    assert!(started.elapsed() < MAX_WAIT * 2, "served after {:?}", started.elapsed());
    drop(idle);
    let mock = &mock;
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(move || assert_serves(mock));
        }
    });
}

/// A client that sends requests and never reads must not occupy its connection forever.
#[test]
fn clients_that_never_read_do_not_block_others() {
    let limits = Limits {
        connections: 4,
        head_timeout: Duration::from_millis(300),
        write_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    let mock = Served::start(MockServer::builder().limits(limits));
    let many = request("GET", "/_mock/openapi.json", &[("Connection", "keep-alive")], None).repeat(200);
    let clients: Vec<Wire> = (0..4)
        .map(|_| {
            let mut wire = mock.connect();
            wire.write(&many);
            wire
        })
        .collect();
    sleep(Duration::from_millis(300));
    assert_serves(&mock);
    drop(clients);
}

#[test]
fn shutdown_does_not_wait_for_idle_clients() {
    let mock = Served::hasty(Load::Guide);
    let mut idle: Vec<Wire> = (0..5).map(|_| mock.connect()).collect();
    for wire in &mut idle {
        wire.write(&request("GET", "/api/v1/apps", &[("Connection", "keep-alive")], None));
        assert_eq!(wire.read_answer("GET").expect("an answer").status, 200);
    }
    let started = Instant::now();
    drop(mock);
    assert!(started.elapsed() < MAX_WAIT, "stopped after {:?}", started.elapsed());
}

/// Many clients send the body in a packet of its own.
#[test]
fn a_body_after_its_refusal_does_not_close_the_connection() {
    let mock = Served::start(MockServer::builder());
    let body = br#"{"create":{"lifecycleCreate":{"status":"ENABLED"}}}"#;
    let length = body.len().to_string();
    for (method, target, headers, status) in [
        ("POST", "/nope", vec![], 404),
        ("PATCH", FEATURE, vec![], 405),
        ("PUT", FEATURE, vec![("Authorization", "Basic eA==")], 403),
        ("POST", "/api/v1/apps/0oaokta0org2org00001/lifecycle/activate", vec![], 200),
        ("POST", "/_mock", vec![], 405),
    ] {
        let mut wire = mock.connect();
        for _ in 0..3 {
            let headers =
                [&[("Content-Length", &*length), ("Connection", "keep-alive")], &headers[..]].concat();
            wire.write(&request(method, target, &headers, Some(b"")));
            sleep(Duration::from_millis(20));
            wire.write(body);
            let answer = wire.read_answer(method).expect("an answer");
            assert_eq!((answer.status, answer.header("connection")), (status, None), "{method} {target}");
        }
    }
}

#[test]
fn the_answer_says_when_the_connection_closes() {
    let mock = Served::hasty(Load::Guide);
    let json = ("Content-Type", "application/json");
    for (headers, body) in [
        (vec![json, ("Content-Length", "50")], &b"{"[..]),
        (vec![json, ("Content-Length", "50"), ("Authorization", "Basic eA==")], b"{"),
        (
            vec![json, ("Content-Length", "50"), ("Expect", "100-continue"), ("Authorization", "Basic eA==")],
            b"",
        ),
        (vec![json, ("Content-Length", "2000000"), ("Expect", "100-continue")], b""),
        (vec![json, ("Transfer-Encoding", "chunked")], b"zz\r\n"),
    ] {
        let mut wire = mock.connect();
        let headers = [&[("Connection", "keep-alive")], &headers[..]].concat();
        wire.write(&request("PUT", FEATURE, &headers, Some(body)));
        let answers = wire.read_to_end("PUT");
        assert_eq!(answers.len(), 1, "{headers:?}");
        assert_eq!(answers[0].header("connection"), Some("close"), "{headers:?}");
        assert!(wire.age() < MAX_WAIT);
    }
}

#[test]
fn each_head_has_its_own_timeout() {
    let mock = Served::hasty(Load::Guide);
    let mut wire = mock.connect();
    let whole = request("GET", "/api/v1/apps", &[("Connection", "keep-alive")], None);
    wire.write(&whole);
    assert!(wire.read_answer("GET").is_some());
    sleep(Duration::from_millis(300));
    wire.write(&whole[..20]);
    sleep(Duration::from_millis(300));
    wire.write(&whole[20..]);
    assert_eq!(wire.read_answer("GET").expect("an answer").status, 200);
}

#[test]
fn a_client_refused_while_sending_gets_the_answer() {
    let mock = Served::start(MockServer::builder());
    let before = mock.state();
    let body = vec![b' '; 6 * 1024 * 1024];
    for (method, target, headers, expected) in [
        ("PUT", FEATURE, vec![("Content-Type", "application/json")], (400, "E0000003")),
        ("POST", "/api/v1/nothing", vec![], (404, "E0000008")),
        ("PUT", FEATURE, vec![("Authorization", "Basic eA==")], (403, "E0000005")),
    ] {
        let mut wire = mock.connect();
        // Many clients give up if they cannot send the whole body, and never read the answer.
        let sent = wire.try_write(&request(method, target, &headers, Some(&body)));
        sent.unwrap_or_else(|error| panic!("{target}: {error}"));
        let answer = wire.read_answer(method).unwrap_or_else(|| panic!("{target}: no answer"));
        assert_eq!((answer.status, answer.error_code().as_str()), expected, "{target}");
    }
    assert_eq!(mock.state(), before);
}
