//! Memory use under a long mixed load with hostile requests: it must not grow much after the first tenth.
//! With `OKTA_TESTS_ALL` the test sends five times as many requests.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Maximum growth of memory after the first tenth, in KiB.
const GROWTH: u64 = 16 * 1024;
const CLIENTS: u64 = 4;
const GOOGLE: &str = "0oagoogle00000000001";
const ZSCALER: &str = "0oazscalerbyz0000001";

struct Mock(Child);

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a mock that logs everything to a standard error that is never read.
fn start() -> (Mock, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_okta-mock-server"))
        .args(["--listen", "127.0.0.1:0", "--log", "debug"])
        .env_remove("OKTA_MOCK_API_TOKEN")
        .env_remove("OKTA_MOCK_ACCESS_TOKEN")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit_once("http://").expect("a ready line").1.to_owned();
    (Mock(child), address)
}

fn resident(mock: &Mock) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", mock.0.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn memory_does_not_grow_after_the_first_tenth() {
    let requests: u64 = if std::env::var_os("OKTA_TESTS_ALL").is_some() { 300_000 } else { 60_000 };
    let (mut mock, address) = start();
    // By then the request log is full, which is bounded too.
    let first = (requests / 10).max(15_000);
    send(&address, 0, first);
    let before = resident(&mock);
    send(&address, first, requests);
    let after = resident(&mock);
    assert!(
        after <= before + GROWTH,
        "{before} KiB after {first} of {requests} requests, {after} KiB at the end"
    );
    let id = mock.0.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert_eq!(mock.0.wait().unwrap().code(), Some(0), "shutdown does not wait for a log reader");
}

/// Sends the requests in this range of numbers from several clients at once.
fn send(address: &str, from: u64, to: u64) {
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                let mut connection = Connection::open(address);
                for number in (from..to).filter(|number| number % CLIENTS == client) {
                    connection.exchange(address, number);
                }
            });
        }
    });
}

struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends a request and reads its answer. Reconnects if the connection was closed.
    fn exchange(&mut self, address: &str, number: u64) {
        // The mock may refuse a hostile request and close the connection while it is still being sent.
        let _ = self.0.get_mut().write_all(&request(address, number));
        if !self.read_answer() {
            *self = Self::open(address);
        }
    }

    /// Reads an answer. Returns true if the connection can be reused.
    fn read_answer(&mut self) -> bool {
        let (mut length, mut is_open, mut is_chunked) = (0, true, false);
        loop {
            let mut line = String::new();
            if !matches!(self.0.read_line(&mut line), Ok(1..)) {
                return false;
            }
            let line = line.trim_end().to_ascii_lowercase();
            match line.split_once(": ") {
                _ if line.is_empty() => break,
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("connection", "close")) => is_open = false,
                Some(("transfer-encoding", _)) => is_chunked = true,
                _ => {}
            }
        }
        assert!(!is_chunked, "the lists of this load are not streamed");
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).is_ok() && is_open
    }
}

/// Returns a request of a repeating series: two thirds are valid, the others are not.
fn request(address: &str, number: u64) -> Vec<u8> {
    const ADMIN: &str = "Authorization: SSWS any-token\r\n";
    let long = |length: usize| "x".repeat(length);
    let json = |method: &str, path: &str, body: &str| {
        let length = body.len();
        whole(
            method,
            path,
            &format!("{ADMIN}Content-Type: application/json\r\nContent-Length: {length}\r\n"),
            body,
        )
    };
    let form = |extra: &str, body: &str| {
        let length = body.len();
        let headers =
            format!("{extra}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n");
        whole("POST", "/third-party/google/oauth/authorize", &headers, body)
    };
    if number % 2_000 == 1_999 {
        return form(
            "Origin: http://elsewhere.example\r\n",
            &format!("decision=allow&state={}", long(900_000)),
        );
    }
    match number % 24 {
        0..=3 => whole("GET", &format!("/api/v1/apps/{GOOGLE}"), ADMIN, ""),
        4 | 5 => whole("GET", "/api/v1/apps?limit=20", ADMIN, ""),
        6 | 7 => {
            let body =
                format!(r#"{{"label":"Zscaler {number}","settings":{{"notes":{{"admin":"{number}"}}}}}}"#);
            json("PUT", &format!("/api/v1/apps/{ZSCALER}"), &body)
        }
        8 => json(
            "POST",
            &format!("/api/v1/apps/{ZSCALER}/connections/default?activate=true"),
            r#"{"baseUrl":"https://scim.example.com","profile":{"authScheme":"TOKEN","token":"t"}}"#,
        ),
        9 => json(
            "PUT",
            &format!("/api/v1/apps/{ZSCALER}/features/USER_PROVISIONING"),
            r#"{"create":{"lifecycleCreate":{"status":"ENABLED"}},"unknown":1}"#,
        ),
        10 => json(
            "POST",
            &format!("/api/v1/apps/{GOOGLE}/connections/default"),
            r#"{"profile":{"authScheme":"OAUTH2"}}"#,
        ),
        11 => {
            let redirect = format!("http%3A%2F%2F{address}%2Fadmin%2Fapp%2Fcpc%2Fgoogle%2Foauth%2Fcallback");
            let state = format!("state{number}");
            form(
                "",
                &format!(
                    "decision=allow&scope=s&response_type=code&state={state}&client_id=okta-google&redirect_uri={redirect}"
                ),
            )
        }
        12 => whole("GET", &format!("/api/v1/apps/{number}"), ADMIN, ""),
        13 => whole("GET", "/api/v1/apps", "Authorization: Bearer undefined\r\n", ""),
        14 => json("PUT", &format!("/api/v1/apps/{ZSCALER}"), &format!(r#"{{"label":"{}"}}"#, long(20_000))),
        15 => whole("GET", &format!("/api/v1/apps/{}", long(20_000)), ADMIN, ""),
        16 => whole("GET", "/api/v1/apps", &format!("{ADMIN}X: {}\r\n", long(70_000)), ""),
        17 => format!("GET /api/v1/apps HTTP/1.1\r\nHost: {}.test\r\n{ADMIN}\r\n", long(2_000)).into_bytes(),
        18 => b"NONSENSE\r\n\r\n".to_vec(),
        19 => json("PUT", &format!("/api/v1/apps/{ZSCALER}"), &"[".repeat(10_000)),
        20 => whole("GET", "/_mock", "Origin: http://elsewhere.example\r\n", ""),
        21 => whole("GET", &format!("/nowhere/{number}"), "", ""),
        22 => whole("PATCH", "/api/v1/apps", ADMIN, ""),
        _ => json("POST", "/api/v1/apps", r#"{"name":"office365"}"#),
    }
}

fn whole(method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n{body}").into_bytes()
}
