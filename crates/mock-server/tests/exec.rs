//! The subcommands `exec`, `env` and `health`, as processes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_okta-mock-server");
/// Longest time that a process of these tests may take.
const LIMIT: Duration = Duration::from_secs(20);

/// The program with an environment that has no variable of Okta.
fn program(arguments: &[&str]) -> Command {
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
fn finish(mut command: Command) -> Output {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let (done, ended) = channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    ended.recv_timeout(LIMIT).map(Result::unwrap).unwrap_or_else(|_| {
        send("KILL", id);
        panic!("{command:?} did not end");
    })
}

fn run(arguments: &[&str]) -> Output {
    finish(program(arguments))
}

/// Runs a shell script under `exec`.
fn script(flags: &[&str], text: &str) -> Output {
    run(&[&["exec"], flags, &["--", "sh", "-c", text]].concat())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn send(signal: &str, process: u32) {
    let status = Command::new("kill").args(["-s", signal, &process.to_string()]).status().unwrap();
    assert!(status.success(), "kill -s {signal} {process}");
}

/// Returns true if there is no shell, and says so.
fn no_shell(test: &str) -> bool {
    let missing = Command::new("sh").args(["-c", ":"]).status().is_err();
    if missing {
        eprintln!("NOT RUN: {test}: there is no sh");
    }
    missing
}

/// A running `exec`, whose command is killed on drop.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// Starts a script. Its first line of output is returned.
    fn start(text: &str) -> (Self, String) {
        let running = Self::of(program(&["exec", "--", "sh", "-c", text]));
        let line = running.line();
        (running, line)
    }

    /// Starts a process whose output is read line by line.
    fn of(mut program: Command) -> Self {
        let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines }
    }

    /// Returns the next line of output, or an empty one at its end.
    fn line(&self) -> String {
        match self.lines.recv_timeout(LIMIT) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => String::new(),
            Err(RecvTimeoutError::Timeout) => panic!("no line within {LIMIT:?}"),
        }
    }

    fn signal(&self, signal: &str) {
        send(signal, self.child.id());
    }

    /// Waits for the end; as a shell reports it, a signal counts 128.
    fn code(&mut self) -> i32 {
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
fn within<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
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
fn is_gone(url: &str) {
    let address = url.strip_prefix("http://").unwrap().to_owned();
    within("the mock ends", || TcpStream::connect(&address).is_err().then_some(()));
}

#[test]
fn a_command_gets_a_mock_and_the_variables_of_every_client() {
    if no_shell("variables") {
        return;
    }
    let mut program = program(&["exec", "--", "sh", "-c", "env"]);
    program.env("OKTA_API_TOKEN", "of-a-real-org").env("OKTA_ORG_NAME", "real").env("UNRELATED", "kept");
    for name in REMOVED {
        program.env(name, "leads-away");
    }
    let output = finish(program);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    let value = |name: &str| {
        let mut lines = text(&output.stdout).lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(ToOwned::to_owned)
    };
    let url = value("OKTA_MOCK_URL").unwrap();
    let (host, port) = url.strip_prefix("http://").unwrap().split_once(':').unwrap();
    let token = value("OKTA_CLIENT_TOKEN").unwrap();
    assert!(token.starts_with("mock-") && token.len() > 30);
    for (name, expected) in [
        ("OKTA_CLIENT_ORGURL", &*url),
        ("OKTA_CLIENT_OKTADOMAIN", &url),
        ("OKTA_HTTP_PROXY", &url),
        ("OKTA_CLIENT_PROXY_HOST", host),
        ("OKTA_CLIENT_PROXY_PORT", port),
        ("OKTA_ORG_NAME", "127"),
        ("OKTA_BASE_URL", &format!("0.0.1:{port}")),
        ("OKTA_API_TOKEN", &token),
        ("OKTA_CLIENT_AUTHORIZATIONMODE", "SSWS"),
        ("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true"),
        ("OKTA_TESTING_DISABLEHTTPSCHECK", "true"),
        ("OKTA_TESTING_DISABLE_HTTPS_CHECK", "true"),
        ("UNRELATED", "kept"),
    ] {
        assert_eq!(value(name).as_deref(), Some(expected), "{name}");
    }
    for name in REMOVED {
        assert_eq!(value(name), None, "{name}");
    }
    is_gone(&url);
}

/// The variables that would make a client prefer another org or credential.
const REMOVED: [&str; 17] = [
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

#[test]
fn the_help_of_exec_names_every_variable() {
    let help = run(&["exec", "--help"]);
    let (set, removed) = text(&help.stdout).split_once("These are removed").unwrap();
    for name in REMOVED {
        assert!(
            removed.contains(&format!("\n  {name}\n")) && !set.contains(&format!("\n  {name}\n")),
            "{name}"
        );
    }
    assert!(set.contains("\n  OKTA_CLIENT_ORGURL\n"));
}

/// Calls a mock and returns the status.
fn status(address: &str, credential: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "GET /api/v1/apps HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: {credential}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer[9..12].to_owned()
}

#[test]
fn the_mock_accepts_the_token_that_the_command_gets() {
    if no_shell("tokens") {
        return;
    }
    let file = std::env::temp_dir().join(format!("okta-mock-exec-token-{}", std::process::id()));
    std::fs::write(&file, "token-of-the-file\n").unwrap();
    let tokens: [(&[&str], _, _, _); 5] = [
        (&[], "", "", None),
        (&[], "OKTA_MOCK_API_TOKEN", "token-of-the-variable", Some("token-of-the-variable")),
        (&[], "OKTA_MOCK_ACCESS_TOKEN", "an-access-token", None),
        (&["--api-token-file", file.to_str().unwrap()], "", "", Some("token-of-the-file")),
        (&["--api-token", "of-the-flag", "--listen", "0.0.0.0:0"], "", "", Some("of-the-flag")),
    ];
    for (flags, name, value, expected) in tokens {
        let show = "echo $OKTA_MOCK_URL $OKTA_CLIENT_TOKEN; read end";
        let mut program = program(&[&["exec"], flags, &["--", "sh", "-c", show]].concat());
        if !name.is_empty() {
            program.env(name, value);
        }
        program.stdin(Stdio::piped());
        let mut running = Running::of(program);
        let line = running.line();
        let (url, token) = line.split_once(' ').unwrap();
        let address = url.strip_prefix("http://").unwrap();
        assert!(address.starts_with("127.0.0.1:"), "{address}");
        assert_eq!(status(address, &format!("SSWS {token}")), "200", "{flags:?} {name}");
        let other = if expected.is_some() || !name.is_empty() { "401" } else { "200" };
        assert_eq!(status(address, "SSWS another-token"), other, "{flags:?} {name}");
        if let Some(expected) = expected {
            assert_eq!(token, expected);
        }
        drop(running.child.stdin.take());
        running.code();
    }
    std::fs::remove_file(&file).unwrap();
}

/// Process lists are public, so a declared token must not be in the arguments of the mock's process.
#[cfg(target_os = "linux")]
#[test]
fn the_process_of_the_mock_has_no_token_in_its_arguments() {
    if no_shell("arguments") {
        return;
    }
    let show = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; echo";
    let output = script(&["--api-token", "token-in-a-flag"], show);
    let list = text(&output.stdout);
    assert!(list.contains("okta-mock-server beside --serve"), "{list}");
    // Neither the command nor the mock has it: this process became the command.
    assert!(!list.contains("token-in-a-flag"), "{list}");
}

#[test]
fn the_exit_code_is_that_of_the_command() {
    if no_shell("exit codes") {
        return;
    }
    for code in [0, 1, 7, 255] {
        assert_eq!(script(&[], &format!("exit {code}")).status.code(), Some(code));
    }
    let killed = script(&[], "kill -s TERM $$").status;
    assert_eq!(killed.signal(), Some(15));
    // A shell reports that as 128 and the signal.
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$0\" exec -- sh -c 'kill -s TERM $$'; exit $?", PROGRAM]);
    assert_eq!(finish(shell).status.code(), Some(143));
}

#[test]
fn a_command_that_cannot_run_gets_the_codes_of_a_shell() {
    let folder = std::env::temp_dir().join(format!("okta-mock-exec-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("not-executable");
    std::fs::write(&file, "#!/bin/sh\n").unwrap();
    for (command, code, words) in [
        ("there-is-no-such-command", 127, "no folder of PATH has it"),
        ("/there/is/no/such", 127, "check the path"),
        (file.to_str().unwrap(), 126, "that you may execute it"),
        (folder.to_str().unwrap(), 126, "that you may execute it"),
    ] {
        let output = run(&["exec", "--", command]);
        let line = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{line}");
        assert!(
            line.contains(command) && line.contains(words) && line.matches('\n').count() == 1,
            "{line:?}"
        );
        assert!(output.stdout.is_empty());
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn without_a_mock_the_command_does_not_run() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flags in [
        &["--listen", &*address][..],
        &["--load", "/there/is/no/such.json"],
        &["--api-token-file", "/there/is/no/such"],
        &["--api-token", "with blank"],
        &["--load", "/dev/zero"],
    ] {
        let with = script(flags, "echo the command ran");
        let without = run(flags);
        assert_eq!(with.status.code(), Some(2), "{flags:?}");
        assert_eq!(without.status.code(), Some(2), "{flags:?}");
        assert!(with.stdout.is_empty(), "{flags:?}");
        assert_eq!(text(&with.stderr), text(&without.stderr));
        assert_eq!(text(&with.stderr).matches('\n').count(), 1);
    }
    let wrong = run(&["exec", "--consent", "maybe", "--", "echo", "the command ran"]);
    assert_eq!((wrong.status.code(), &*wrong.stdout), (Some(2), &b""[..]));
    let missing = run(&["exec"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("<CMD>"), "{}", text(&missing.stderr));
}

#[test]
fn the_streams_are_those_of_the_command() {
    if no_shell("streams") {
        return;
    }
    let refused = "echo out; echo err >&2; exec \"$0\" health $OKTA_MOCK_URL";
    for flags in [&[][..], &["--log", "debug"]] {
        let arguments = [&["exec"], flags, &["--", "sh", "-c", refused, PROGRAM]].concat();
        let output = run(&arguments);
        assert!(output.status.success());
        assert_eq!(text(&output.stdout), "out\n");
        match flags {
            [] => assert_eq!(text(&output.stderr), "err\n"),
            _ => assert!(text(&output.stderr).contains("/_mock/health"), "{}", text(&output.stderr)),
        }
    }
    let mut child =
        program(&["exec", "--", "cat"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"of the command").unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"of the command");
}

#[test]
fn signals_reach_the_command_once_and_it_may_still_use_the_mock() {
    if no_shell("signals") {
        return;
    }
    for signal in ["TERM", "INT", "HUP", "QUIT"] {
        // The command counts its signals, then calls the mock, then ends by itself.
        let text = format!(
            "n=0; trap 'n=$((n+1))' {signal}; echo $OKTA_MOCK_URL; while [ $n = 0 ]; do sleep 0.05; done; \
             sleep 0.3; '{PROGRAM}' health $OKTA_MOCK_URL && echo served $n; exit 7"
        );
        let (mut running, url) = Running::start(&text);
        running.signal(signal);
        assert_eq!(running.line(), "served 1", "{signal}");
        assert_eq!(running.code(), 7, "{signal}");
        is_gone(&url);
    }
    let (mut running, url) = Running::start("echo $OKTA_MOCK_URL; exec sleep 60");
    running.signal("TERM");
    assert_eq!(running.code(), 143);
    is_gone(&url);
}

/// A Ctrl-C of a terminal goes to the whole process group.
#[test]
fn a_signal_for_the_process_group_ends_the_mock_only_after_the_command() {
    use std::os::unix::process::CommandExt as _;
    if no_shell("process group") {
        return;
    }
    let text = format!(
        "n=0; trap 'n=$((n+1))' INT; echo $OKTA_MOCK_URL; while [ $n = 0 ]; do sleep 0.05; done; sleep 0.3; \
         '{PROGRAM}' health $OKTA_MOCK_URL && echo served $n; exit 7"
    );
    let mut program = program(&["exec", "--", "sh", "-c", &text]);
    program.process_group(0);
    let mut running = Running::of(program);
    let url = running.line();
    let group = format!("-{}", running.child.id());
    assert!(Command::new("kill").args(["-s", "INT", "--", &group]).status().unwrap().success());
    assert_eq!(running.line(), "served 1");
    assert_eq!(running.code(), 7);
    is_gone(&url);
}

#[test]
fn nothing_keeps_running_after_a_kill() {
    if no_shell("kill") {
        return;
    }
    let (mut running, url) = Running::start("echo $OKTA_MOCK_URL; while :; do sleep 0.05; done");
    running.signal("KILL");
    assert_eq!(running.code(), 137);
    is_gone(&url);
    // The command is gone too: the pipe that only it writes to has ended.
    assert_eq!(running.line(), "");
}

/// Some programs wait for all their children before they end. The mock must not be one of them.
#[cfg(target_os = "linux")]
#[test]
fn the_mock_is_not_a_child_of_the_command() {
    if no_shell("children") {
        return;
    }
    let output = script(&[], "cat /proc/$$/task/$$/children; echo end");
    let children = text(&output.stdout).trim_end().strip_suffix("end").unwrap().trim();
    // `cat` itself is the only child.
    assert_eq!(children.split_whitespace().count(), 1, "{children}");
}

#[test]
fn a_reader_of_all_streams_waits_no_longer_than_the_command() {
    if no_shell("inherited streams") {
        return;
    }
    // The command closes its streams and goes on; with them, both pipes have to end.
    let mut child = program(&["exec", "--", "sh", "-c", "exec >&- 2>&-; sleep 3"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut output, mut errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (send, ended) = channel();
    std::thread::spawn(move || {
        let mut all = String::new();
        let read = output.read_to_string(&mut all).and_then(|_| errors.read_to_string(&mut all));
        send.send(read.is_ok())
    });
    let in_time = ended.recv_timeout(Duration::from_secs(2));
    child.wait().unwrap();
    assert_eq!(in_time, Ok(true));
}

/// Evaluates the lines of `env` in a shell and returns the shell's environment.
fn evaluated(arguments: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let mut shell = Command::new("sh");
    shell.args(["-euc", "lines=$(\"$@\"); eval \"$lines\"; env", "sh", PROGRAM, "env"]).args(arguments);
    shell.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    shell.envs(REMOVED.map(|name| (name, "leads-away")));
    shell.envs(variables.iter().copied());
    let output = finish(shell);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout).lines().filter(|line| line.starts_with("OKTA_"));
    lines.map(ToOwned::to_owned).collect()
}

#[test]
fn a_shell_can_evaluate_the_lines_of_each_client() {
    if no_shell("env") {
        return;
    }
    let url = "http://127.0.0.1:8080";
    let expected: [(&str, &[&str], &[&str]); 7] = [
        (
            "python",
            &["OKTA_CLIENT_ORGURL=http://127.0.0.1:8080", "OKTA_TESTING_TESTINGDISABLEHTTPSCHECK=true"],
            &["OKTA_CLIENT_PRIVATEKEY="],
        ),
        ("node", &["OKTA_CLIENT_ORGURL=http://127.0.0.1:8080"], &["OKTA_CLIENT_KEYID=", "OKTA_TESTING_"]),
        (
            "go",
            &["OKTA_CLIENT_PROXY_HOST=127.0.0.1", "OKTA_CLIENT_PROXY_PORT=8080"],
            &["OKTA_CLIENT_JWK=", "OKTA_CLIENT_PROXY_USERNAME="],
        ),
        ("java", &["OKTA_TESTING_DISABLEHTTPSCHECK=true"], &["OKTA_CLIENT_OAUTH2_ACCESSTOKEN="]),
        ("dotnet", &["OKTA_CLIENT_OKTADOMAIN=http://127.0.0.1:8080"], &["OKTA_CLIENT_ACCESSTOKEN="]),
        (
            "terraform",
            &["OKTA_HTTP_PROXY=http://127.0.0.1:8080", "OKTA_ACCESS_TOKEN=any-token", "OKTA_ORG_NAME=127"],
            &["OKTA_API_TOKEN=", "OKTA_API_PRIVATE_KEY="],
        ),
        (
            "curl",
            &["OKTA_MOCK_URL=http://127.0.0.1:8080", "OKTA_CLIENT_TOKEN=any-token"],
            &["OKTA_HTTP_PROXY="],
        ),
    ];
    for (client, present, absent) in expected {
        for arguments in [&[client][..], &[client, "--url", url], &[client, "--url", &format!("{url}/")]] {
            let lines = evaluated(arguments, &[("OKTA_API_TOKEN", "of-a-real-org")]);
            for line in present {
                assert!(lines.iter().any(|came| came == line), "{client}: {line} {lines:?}");
            }
            for prefix in absent {
                assert!(!lines.iter().any(|came| came.starts_with(prefix)), "{client}: {prefix} {lines:?}");
            }
        }
    }
}

#[test]
fn env_refers_to_a_declared_token_and_never_prints_it() {
    if no_shell("env with a token") {
        return;
    }
    let declared = "se'cret$(x)";
    let mut program = program(&["env", "curl"]);
    let output = finish({
        program.env("OKTA_MOCK_API_TOKEN", declared);
        program
    });
    assert!(!text(&output.stdout).contains("cret"), "{}", text(&output.stdout));
    let lines = evaluated(&["curl"], &[("OKTA_MOCK_API_TOKEN", declared)]);
    assert!(lines.contains(&format!("OKTA_CLIENT_TOKEN={declared}")), "{lines:?}");
    let lines = evaluated(&["terraform"], &[("OKTA_MOCK_ACCESS_TOKEN", declared)]);
    assert!(lines.contains(&format!("OKTA_ACCESS_TOKEN={declared}")), "{lines:?}");
}

#[test]
fn no_url_can_run_a_command() {
    if no_shell("hostile URLs") {
        return;
    }
    let trace = std::env::temp_dir().join(format!("okta-mock-env-{}", std::process::id()));
    let touch = format!("touch${{IFS}}{}", trace.display());
    for url in [
        "http://a';id;'b".to_owned(),
        "http://a'$(id)'b".to_owned(),
        "http://a`id`b.test".to_owned(),
        "http://$(id).test".to_owned(),
        "http://a'b.test".to_owned(),
        format!("http://x.test:8080/';{touch};'"),
        format!("http://x.test/$({touch})"),
        format!("http://x.test?';{touch};'"),
        "http://x.test\n;id".to_owned(),
    ] {
        let output = run(&["env", "terraform", "--url", &url]);
        if !output.status.success() {
            assert_eq!(output.status.code(), Some(2), "{url}");
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{url}");
            continue;
        }
        let lines = evaluated(&["terraform", "--url", &url], &[]);
        let proxy = lines.iter().find_map(|line| line.strip_prefix("OKTA_HTTP_PROXY=")).unwrap();
        // Host names are case-insensitive, and the port is always given.
        let host = url.replace('\n', "").to_lowercase();
        assert_eq!(proxy, format!("{host}:80"), "{url}");
    }
    assert!(!trace.exists());
}

#[test]
fn an_invalid_url_is_refused() {
    for url in [
        "127.0.0.1:8080",
        "ftp://127.0.0.1",
        "http://",
        "http://user:password@127.0.0.1",
        "http://127.0.0.1/api",
        "http://127.0.0.1?x",
        "http://127.0.0.1:99999",
        "",
    ] {
        for arguments in [&["env", "python", "--url", url][..], &["health", url]] {
            let output = run(arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            let line = text(&output.stderr);
            assert!(line.contains("such as http://127.0.0.1:8080") || url.is_empty(), "{line}");
            assert!(output.stdout.is_empty() && line.matches('\n').count() == 1, "{line}");
        }
    }
    assert_eq!(run(&["env", "perl"]).status.code(), Some(2));
    assert_eq!(run(&["health", "https://127.0.0.1:8080"]).status.code(), Some(2));
}

/// Checks an address and returns exit code and message.
fn health(address: &str) -> (Option<i32>, String) {
    let output = run(&["health", &format!("http://{address}")]);
    assert!(output.stdout.is_empty());
    (output.status.code(), text(&output.stderr).to_owned())
}

#[test]
fn health_tells_a_mock_from_nothing() {
    let mut mock = program(&["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(mock.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("okta-mock-server ready at http://").unwrap().to_owned();
    assert_eq!(health(&address), (Some(0), String::new()));
    mock.kill().unwrap();
    mock.wait().unwrap();
    let (code, message) = health(&address);
    assert_eq!(code, Some(1));
    assert!(
        message.contains("is the mock running there?") && message.matches('\n').count() == 1,
        "{message}"
    );
}

/// Serves each connection of a listener with a function, and returns its address.
fn listener(serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap())));
    address
}

#[test]
fn health_does_not_wait_for_a_server_that_hangs_or_drips() {
    let silent = listener(|stream| {
        std::thread::sleep(LIMIT);
        drop(stream);
    });
    let slow = listener(|mut stream| {
        while stream.write_all(b"H").is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    let full = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [silent, slow, full.local_addr().unwrap().to_string()] {
        let start = Instant::now();
        let (code, message) = health(&address);
        assert_eq!(code, Some(1), "{message}");
        assert!(message.contains("within 5 seconds"), "{message}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn health_refuses_other_answers() {
    for (answer, words) in [
        (&b""[..], "not HTTP"),
        (b"hello\r\n", "not HTTP"),
        (b"\xff\xfe\x00", "not text"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n{\"status\":\"ok\"}", "404"),
        (b"HTTP/1.1 \x1b[3 x\r\n\r\n", "status"),
        (b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"bad\"}", "body"),
        (b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\",\"x\":1}", "body"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", "body"),
        (b"HTTP/1.1 2000 OK\r\n\r\n{\"status\":\"ok\"}", "status 2000"),
        (b"HTTP/1.0 200 OK\r\n\r\n{\"status\":\"ok\"}", "not HTTP/1.1"),
    ] {
        let address = listener(move |mut stream| {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer);
        });
        let (code, message) = health(&address);
        assert_eq!(code, Some(1), "{}", String::from_utf8_lossy(answer));
        assert!(message.contains(words) && !message.contains('\x1b'), "{words}: {message}");
        assert_eq!(message.matches('\n').count(), 1, "{message}");
    }
    let endless = listener(|mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    let (code, message) = health(&endless);
    assert_eq!(code, Some(1));
    assert!(message.contains("too large"), "{message}");
}
