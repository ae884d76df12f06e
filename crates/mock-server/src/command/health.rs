//! `health`: checks a running mock.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use clap::Args;

use super::message::print_error;
use super::target::{DEFAULT, Target};
use super::unverified_tls::{self, TlsStream};

/// Maximum time for the whole check.
const LIMIT: Duration = Duration::from_secs(5);
/// Maximum size of an answer, in bytes. The mock's has about 500.
const MAX_ANSWER: u64 = 16 * 1024;

/// Check a running mock: exit code 0 if it answers, else 1.
///
/// Calls GET /_mock/health and allows five seconds. The certificate of an https URL is not checked. For containers without a shell, such as
/// HEALTHCHECK CMD ["okta-mock-server", "health"].
#[derive(Args, Debug)]
pub(super) struct Health {
    /// URL of the mock.
    #[arg(value_name = "URL", default_value = DEFAULT, value_parser = Target::parse)]
    target: Target,
}

impl Health {
    /// Checks the mock.
    pub(super) fn run(&self) -> ExitCode {
        let (result, outcome) = mpsc::channel();
        let target = self.target.clone();
        // Looking up a name or reading a slow answer takes as long as others like; this thread does not wait.
        let check = move || drop(result.send(check(&target)));
        let started = std::thread::Builder::new().name("health".into()).spawn(check);
        let outcome = match started {
            Ok(_) => outcome.recv_timeout(LIMIT).unwrap_or_else(|_| {
                Err(format!(
                    "no answer within {} seconds; is it the mock that listens there?",
                    LIMIT.as_secs()
                ))
            }),
            Err(error) => Err(format!("cannot start a thread: {error}")),
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(reason) => {
                print_error(&format!("GET {}/_mock/health: {reason}", self.target.url()));
                ExitCode::FAILURE
            }
        }
    }
}

fn check(target: &Target) -> Result<(), String> {
    let stream = connect(target).map_err(|error| format!("{error}; is the mock running there?"))?;
    match target.is_https() {
        false => ask(stream, target),
        true => ask(begin(stream, target)?, target),
    }
}

fn begin(stream: TcpStream, target: &Target) -> Result<TlsStream, String> {
    unverified_tls::begin(stream, target.bare_host()).map_err(|error| format!("cannot begin TLS: {error}"))
}

fn ask(mut stream: impl Read + Write, target: &Target) -> Result<(), String> {
    let request = format!(
        "GET /_mock/health HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\nConnection: close\r\n\r\n",
        target.authority()
    );
    stream.write_all(request.as_bytes()).map_err(|error| format!("cannot send the request: {error}"))?;
    judge(&read(stream)?)
}

fn connect(target: &Target) -> std::io::Result<TcpStream> {
    let mut error = ErrorKind::NotFound.into();
    for address in (target.bare_host(), target.port()).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, LIMIT) {
            Ok(stream) => return Ok(stream),
            Err(failed) => error = failed,
        }
    }
    Err(error)
}

/// Reads the answer up to the end of the connection, which the request asks the server to close.
fn read(stream: impl Read) -> Result<Vec<u8>, String> {
    let mut answer = Vec::new();
    let mut limited = stream.take(MAX_ANSWER);
    limited.read_to_end(&mut answer).map_err(|error| format!("cannot read the answer: {error}"))?;
    match limited.limit() {
        0 => Err("the answer is too large for the mock's; is it the mock that listens there?".to_owned()),
        _ => Ok(answer),
    }
}

/// Accepts the mock's answer and nothing else.
fn judge(answer: &[u8]) -> Result<(), String> {
    const NOT_THE_MOCK: &str = "is it the mock that listens there?";
    let answer =
        std::str::from_utf8(answer).map_err(|_| format!("the answer is not text; {NOT_THE_MOCK}"))?;
    let (head, body) =
        answer.split_once("\r\n\r\n").ok_or_else(|| format!("the answer is not HTTP; {NOT_THE_MOCK}"))?;
    let line = head.lines().next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
    let line = line.ok_or_else(|| format!("the answer is not HTTP/1.1; {NOT_THE_MOCK}"))?;
    let status = line.split(' ').next().unwrap_or_default();
    if status != "200" {
        // No control characters of a stranger on the terminal.
        let status: String = status.escape_default().take(16).collect();
        return Err(format!("status {status}, not 200; is the mock running there, with its control plane?"));
    }
    match serde_json::from_str::<serde_json::Value>(body) {
        Ok(body) if body == serde_json::json!({"status": "ok"}) => Ok(()),
        _ => Err(format!("the body is not {{\"status\":\"ok\"}}; {NOT_THE_MOCK}")),
    }
}
