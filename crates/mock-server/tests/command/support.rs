//! Processes of the tests: each has an end, and none sees a variable of Okta.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_okta-mock-server");
/// Longest time that a process of these tests may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// The program with an environment that has no variable of Okta.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(PROGRAM);
    program.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OKTA_") {
            program.env_remove(name);
        }
    }
    program
}

/// Runs a process to its end, and kills it if it takes too long.
pub(crate) fn finish(mut command: Command) -> Output {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let (done, ended) = channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    ended.recv_timeout(LIMIT).map(Result::unwrap).unwrap_or_else(|_| {
        send("KILL", id);
        panic!("{command:?} did not end");
    })
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    finish(program(arguments))
}

/// Runs a shell script under `exec`.
pub(crate) fn script(flags: &[&str], text: &str) -> Output {
    run(&[&["exec"], flags, &["--", "sh", "-c", text]].concat())
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

pub(crate) fn send(signal: &str, process: u32) {
    let status = Command::new("kill").args(["-s", signal, &process.to_string()]).status().unwrap();
    assert!(status.success(), "kill -s {signal} {process}");
}

/// Returns true if there is no shell, and says so.
pub(crate) fn no_shell(test: &str) -> bool {
    let missing = Command::new("sh").args(["-c", ":"]).status().is_err();
    if missing {
        eprintln!("NOT RUN: {test}: there is no sh");
    }
    missing
}

/// A running `exec`, whose command is killed on drop.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) lines: Receiver<String>,
}

impl Running {
    /// Starts a script. Its first line of output is returned.
    pub(crate) fn start(text: &str) -> (Self, String) {
        let running = Self::of(program(&["exec", "--", "sh", "-c", text]));
        let line = running.line();
        (running, line)
    }

    /// Starts a process whose output is read line by line.
    pub(crate) fn of(mut program: Command) -> Self {
        let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines }
    }

    /// Returns the next line of output, or an empty one at its end.
    pub(crate) fn line(&self) -> String {
        match self.lines.recv_timeout(LIMIT) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => String::new(),
            Err(RecvTimeoutError::Timeout) => panic!("no line within {LIMIT:?}"),
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        send(signal, self.child.id());
    }

    /// Waits for the end; as a shell reports it, a signal counts 128.
    pub(crate) fn code(&mut self) -> i32 {
        let status = within("the command ends", || self.child.try_wait().unwrap());
        status.code().or(status.signal().map(|signal| 128 + signal)).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until there is a value.
pub(crate) fn within<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Some(value) => return value,
            None if start.elapsed() > LIMIT => panic!("not within {LIMIT:?}: {what}"),
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Waits until nothing listens at a mock's URL.
pub(crate) fn is_gone(url: &str) {
    let address = url.strip_prefix("http://").unwrap().to_owned();
    within("the mock ends", || TcpStream::connect(&address).is_err().then_some(()));
}

/// The variables that would make a client prefer another org or credential.
pub(crate) const REMOVED: [&str; 17] = [
    "OKTA_ACCESS_TOKEN",
    "OKTA_API_CLIENT_ID",
    "OKTA_API_PRIVATE_KEY",
    "OKTA_API_PRIVATE_KEY_ID",
    "OKTA_API_SCOPES",
    "OKTA_CLIENT_PRIVATEKEY",
    "OKTA_CLIENT_PRIVATEKEYID",
    "OKTA_CLIENT_KEYID",
    "OKTA_CLIENT_KID",
    "OKTA_CLIENT_JWK",
    "OKTA_CLIENT_CLIENTASSERTION",
    "OKTA_CLIENT_OAUTH2_ACCESSTOKEN",
    "OKTA_CLIENT_ACCESSTOKEN",
    "OKTA_CLIENT_AUTHENTICATIONSCHEME",
    "OKTA_CLIENT_SCOPES",
    "OKTA_CLIENT_PROXY_USERNAME",
    "OKTA_CLIENT_PROXY_PASSWORD",
];
