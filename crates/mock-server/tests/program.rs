//! The program as a user meets it: its ready line, its flags, its end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_okta-mock-server"));
    program.args(arguments).env_remove("OKTA_MOCK_API_TOKEN").env_remove("OKTA_MOCK_ACCESS_TOKEN");
    program
}

/// A mock that serves, and is killed with its handle.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(mut program: Command) -> Self {
        let mut child = program.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url =
            line.strip_prefix("okta-mock-server ready at ").expect("the ready line is the first").trim();
        Self { child, address: url.strip_prefix("http://").unwrap().to_owned() }
    }

    /// The status and the body of an answer.
    fn get(&self, path: &str, credential: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{credential}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        (head[9..12].parse().unwrap(), body.to_owned())
    }

    fn status(&self, credential: &str) -> u16 {
        self.get("/api/v1/apps", &format!("Authorization: {credential}\r\n")).0
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The one line of a program that does not start.
fn refused(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = program(arguments).output().unwrap();
    let line = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{line}");
    assert!(stdout.is_empty());
    line
}

#[cfg(unix)]
#[test]
fn it_serves_from_its_ready_line_to_its_signal() {
    for signal in ["TERM", "INT"] {
        let mut mock = Serving::start(program(&[]));
        assert_eq!(mock.status("SSWS any-token"), 200);
        let id = mock.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        assert_eq!(mock.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn only_declared_tokens_are_administrators() {
    let file = std::env::temp_dir().join(format!("okta-mock-token-{}", std::process::id()));
    std::fs::write(&file, "token-of-the-file\n").unwrap();
    let mut by_file = program(&["--api-token-file"]);
    by_file.arg(&file);
    let mut by_variable = program(&[]);
    by_variable.env("OKTA_MOCK_API_TOKEN", "token-of-the-variable");
    for (program, token) in [
        (program(&["--api-token", "one", "--api-token", "other"]), "other"),
        (by_file, "token-of-the-file"),
        (by_variable, "token-of-the-variable"),
    ] {
        let mock = Serving::start(program);
        assert_eq!(mock.status(&format!("SSWS {token}")), 200, "{token}");
        assert_eq!(mock.status("SSWS another"), 401, "{token}");
        assert_eq!(mock.status(&format!("Bearer {token}")), 401, "{token}");
    }
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn what_cannot_start_says_why_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = refused(&["--listen", &address]);
    assert!(line.contains(&address) && line.matches('\n').count() == 1, "{line:?}");
    let line = refused(&["--load", "/there/is/no/such.json"]);
    assert!(line.contains("/there/is/no/such.json") && line.matches('\n').count() == 1, "{line:?}");
    assert!(refused(&["--consent", "maybe"]).contains("maybe"));
    assert!(refused(&["--clock", "9999-12-31T23:59:59Z"]).contains("between 1970 and 9999"));
    assert!(refused(&["--clock", "1969-12-31T23:59:59Z"]).contains("between 1970 and 9999"));
    assert!(refused(&["--listen", "8080"]).contains("such as 127.0.0.1:8080"));
    assert!(refused(&["--allowed-host", "http://x.example.com"]).contains("host name alone"));
}

/// A device or a pipe may never end, and must not be waited for.
#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    let pipe = std::env::temp_dir().join(format!("okta-mock-pipe-{}", std::process::id()));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_str().unwrap();
    for arguments in [["--load", "/dev/zero"], ["--load", pipe], ["--load", "/"], ["--api-token-file", pipe]]
    {
        assert!(refused(&arguments).contains("is not a regular file"), "{arguments:?}");
    }
    std::fs::remove_file(pipe).unwrap();
}

#[test]
fn a_name_can_be_listened_on() {
    let mut program = program(&[]);
    let mut child = program.args(["--listen", "localhost:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("okta-mock-server ready at http://"), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A test that starts the mock may never read its standard error.
#[cfg(unix)]
#[test]
fn a_log_that_nobody_reads_blocks_neither_answers_nor_the_end() {
    let mut program = program(&[]);
    program.stderr(Stdio::piped());
    let mut mock = Serving::start(program);
    for _ in 0..2_000 {
        assert_eq!(mock.get(&format!("/api/v1/apps/{}", "x".repeat(300)), "").0, 403);
    }
    let id = mock.child.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert_eq!(mock.child.wait().unwrap().code(), Some(0));
}

/// What was dropped is said once somebody reads.
#[cfg(unix)]
#[test]
fn dropped_lines_are_counted() {
    let mut program = program(&[]);
    program.stderr(Stdio::piped());
    let mut mock = Serving::start(program);
    for _ in 0..8_000 {
        mock.get("/api/v1/apps", "");
    }
    let mut log = mock.child.stderr.take().unwrap();
    let mut read = Vec::new();
    let mut piece = [0; 65536];
    while !String::from_utf8_lossy(&read).contains("log lines were dropped") {
        let count = log.read(&mut piece).unwrap();
        assert!(count > 0, "the log ended without a word");
        read.extend_from_slice(&piece[..count]);
    }
}

#[test]
fn what_the_mock_ignores_is_named_in_the_log_and_refused_on_request() {
    let body = r#"{"label":"Z","Accessibility":{},"settings":{"notes":{"Admin":"x"}}}"#;
    let put = |mock: &Serving| {
        let mut stream = TcpStream::connect(&mock.address).unwrap();
        let head = format!(
            "PUT /api/v1/apps/0oazscalerbyz0000001 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Authorization: SSWS t\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let mut lenient = program(&[]);
    lenient.stderr(Stdio::piped());
    let mut mock = Serving::start(lenient);
    assert!(put(&mock).starts_with("HTTP/1.1 200"));
    let log = BufReader::new(mock.child.stderr.take().unwrap());
    let line = log.lines().map(Result::unwrap).find(|line| line.contains("ignored")).expect("a line");
    assert!(line.contains("/Accessibility") && line.contains("/settings/notes/Admin"), "{line}");
    let strict = Serving::start(program(&["--strict"]));
    let answer = put(&strict);
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("/settings/notes/Admin"), "{answer}");
}

/// A harness may close the pipe once it has read the ready line.
#[cfg(target_os = "linux")]
#[test]
fn a_standard_error_that_cannot_be_written_loses_no_answer() {
    let mut program = program(&[]);
    program.stderr(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let mock = Serving::start(program);
    let (status, body) = mock.get("/api/v1/apps", "");
    assert_eq!(status, 403);
    assert!(body.contains("E0000005"), "{body}");
}
