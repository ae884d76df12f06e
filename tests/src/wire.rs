//! A client that sends raw bytes over real sockets. Every wait has a timeout.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use okta_mock_server::{Builder, Limits, Load, MockServer};
use tokio::runtime::Runtime;

use crate::{Answer, ContractCheck, canary};

/// The timeout of a read; after it the mock counts as hanging.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running mock and its runtime.
#[derive(Debug)]
pub struct Served {
    runtime: Option<Runtime>,
    mock: Option<MockServer>,
    address: SocketAddr,
}

impl Served {
    /// Starts a mock with short timeouts.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn hasty(load: Load) -> Self {
        let limits = Limits {
            head_timeout: Duration::from_millis(400),
            body_timeout: Duration::from_millis(400),
            shutdown_timeout: Duration::from_secs(5),
            ..Limits::default()
        };
        Self::start(MockServer::builder().load(load).limits(limits))
    }

    /// Starts the mock of a builder.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(builder: Builder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let mock = runtime.block_on(builder.start()).expect("a mock");
        let address = mock.address();
        Self { runtime: Some(runtime), mock: Some(mock), address }
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens a connection.
    ///
    /// # Panics
    /// If nothing listens there.
    #[must_use]
    pub fn connect(&self) -> Wire {
        Wire::open(self.address)
    }

    /// Sends one request with an administrator's token over a connection of its own.
    ///
    /// # Panics
    /// If an org would not give this answer.
    #[track_caller]
    pub fn send(&self, method: &str, target: &str, body: Option<&str>) -> Answer {
        let mut wire = self.connect();
        wire.write(&request(method, target, &[], body.map(str::as_bytes)));
        let answer = wire.read_answer(method).expect("an answer");
        ContractCheck::shared().assert(method, target, &answer);
        answer
    }

    /// The whole visible state of the org.
    #[must_use]
    pub fn state(&self) -> String {
        let apps = self.send("GET", "/api/v1/apps?limit=200", None);
        let mut state = apps.text().to_owned();
        for app in apps.json().as_array().expect("a list") {
            let id = app["id"].as_str().expect("an id");
            for part in ["connections/default", "features"] {
                let answer = self.send("GET", &format!("/api/v1/apps/{id}/{part}"), None);
                // An error has an id of its own each time.
                state += if answer.is_refusal() { "refused" } else { answer.text() };
            }
        }
        state
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let (Some(mock), Some(runtime)) = (self.mock.take(), self.runtime.take()) {
            runtime.block_on(mock.shutdown());
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

/// The bytes of a request with an administrator's token. The connection closes after it.
#[must_use]
pub fn request(method: &str, target: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\n");
    let mut line = |name: &str, value: &str| head += &format!("{name}: {value}\r\n");
    let own = |name: &str| headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    if !own("host") {
        line("Host", "127.0.0.1");
    }
    if !own("authorization") {
        line("Authorization", &format!("SSWS {}", canary::API_TOKEN));
    }
    if !own("connection") {
        line("Connection", "close");
    }
    if let Some(body) = body {
        if !own("content-type") {
            line("Content-Type", "application/json");
        }
        if !own("content-length") && !own("transfer-encoding") {
            line("Content-Length", &body.len().to_string());
        }
    }
    headers.iter().filter(|(_, value)| !value.is_empty()).for_each(|(name, value)| line(name, value));
    [head.as_bytes(), b"\r\n", body.unwrap_or_default()].concat()
}

/// A connection.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
    opened: Instant,
}

impl Wire {
    /// Opens a connection.
    ///
    /// # Panics
    /// If nothing listens there.
    #[must_use]
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        Self { stream, unread: Vec::new(), opened: Instant::now() }
    }

    /// Writes bytes. A server that closes the connection meanwhile has already answered.
    pub fn write(&mut self, bytes: &[u8]) {
        let _ = self.try_write(bytes);
    }

    /// Writes bytes. Many clients give up if this fails, and never read the answer.
    ///
    /// # Errors
    /// If the server does not accept all of them.
    pub fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Shuts down the sending side.
    pub fn end(&self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// The time since it was opened.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// Reads more; false at the end.
    ///
    /// # Panics
    /// If nothing arrives within the timeout.
    fn read_more(&mut self) -> bool {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(count) => {
                self.unread.extend(&bytes[..count]);
                count > 0
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("the mock hangs: neither an answer nor an end within {PATIENCE:?}")
            }
            Err(_) => false,
        }
    }

    /// Reads up to the end of the connection.
    ///
    /// # Panics
    /// If it does not end within the timeout.
    pub fn skip_to_end(&mut self) {
        while self.read_more() {}
    }

    fn read_until(&mut self, complete: impl Fn(&[u8]) -> bool) -> bool {
        while !complete(&self.unread) {
            if !self.read_more() {
                return complete(&self.unread);
            }
        }
        true
    }

    /// Reads the next answer; `None` if the connection was closed before.
    ///
    /// # Panics
    /// If the answer is incomplete, or nothing arrives within the timeout.
    pub fn read_answer(&mut self, method: &str) -> Option<Answer> {
        let head_end = |bytes: &[u8]| bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if !self.read_until(|bytes| head_end(bytes).is_some()) {
            assert!(self.unread.is_empty(), "half an answer: {:?}", String::from_utf8_lossy(&self.unread));
            return None;
        }
        let end = head_end(&self.unread).expect("a head") + 4;
        let head = String::from_utf8(self.unread.drain(..end).collect()).expect("a head in UTF-8");
        let (status, headers) = read_head(&head);
        let mut answer = Answer { status, headers, body: Vec::new() };
        if status == 100 {
            return self.read_answer(method);
        }
        if method == "HEAD" {
            self.skip_refusal_body(&answer);
        } else if status != 204 {
            answer.body = self.read_body(&answer);
        }
        Some(answer)
    }

    /// Skips the body of a refusal: invalid requests are refused with a body, whatever their method, and the
    /// connection is closed.
    fn skip_refusal_body(&mut self, answer: &Answer) {
        if answer.status == 400 && answer.header("connection") == Some("close") {
            while self.read_more() {}
            self.unread.clear();
        }
    }

    fn read_body(&mut self, answer: &Answer) -> Vec<u8> {
        assert!(answer.header("transfer-encoding").is_none(), "answers are not chunked: {answer:?}");
        let length = answer.header("content-length").map(|text| text.parse::<usize>().expect("a length"));
        let length = length.expect("an answer with a body has a length");
        assert!(self.read_until(|bytes| bytes.len() >= length), "half a body of {length} bytes");
        self.unread.drain(..length).collect()
    }

    /// Reads and checks all answers until the connection is closed. Each is checked as the answer to this method
    /// and target.
    #[track_caller]
    pub fn read_checked(&mut self, method: &str, target: &str) -> Vec<Answer> {
        let answers = self.read_to_end(method);
        answers.iter().for_each(|answer| ContractCheck::shared().assert(method, target, answer));
        answers
    }

    /// Reads all answers until the connection is closed.
    ///
    /// # Panics
    /// As [`Wire::read_answer`].
    pub fn read_to_end(&mut self, method: &str) -> Vec<Answer> {
        std::iter::from_fn(|| self.read_answer(method)).collect()
    }
}

fn read_head(head: &str) -> (u16, Vec<(String, String)>) {
    let mut lines = head.trim_end().split("\r\n");
    let status_line = lines.next().expect("a status line");
    let protocol = status_line.get(..9);
    assert!(matches!(protocol, Some("HTTP/1.1 " | "HTTP/1.0 ")), "no answer: {status_line:?}");
    let status = status_line[9..12].parse().expect("a status");
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}"));
        (name.to_lowercase(), value.trim().to_owned())
    };
    (status, lines.map(header).collect())
}
