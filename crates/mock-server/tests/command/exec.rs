//! `exec`: the command, its variables, streams and signals, and the end of its mock.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::support::{PROGRAM, REMOVED, Running, finish, is_gone, no_shell, program, run, script, text};

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

#[test]
fn a_command_gets_the_url_of_each_org() {
    if no_shell("orgs") {
        return;
    }
    let script = "echo $OKTA_MOCK_URL; echo $OKTA_MOCK_URL_HUB; echo $OKTA_MOCK_URL_TEST_7";
    let output =
        finish(program(&["exec", "--org", "hub", "--org", "test-7=empty", "--", "sh", "-c", script]));
    let urls: Vec<_> = text(&output.stdout).lines().collect();
    assert!(urls.len() == 3 && urls.iter().all(|url| url.starts_with("http://127.0.0.1:")), "{urls:?}");
    assert!(urls[0] != urls[1] && urls[1] != urls[2], "{urls:?}");
    urls.iter().for_each(|url| is_gone(url));
}

#[test]
fn a_command_gets_the_file_of_the_ca() {
    if no_shell("https") {
        return;
    }
    let script = "echo $OKTA_MOCK_URL; echo $OKTA_CLIENT_PROXY_HOST; echo $NODE_EXTRA_CA_CERTS; \
                  head -n 1 $OKTA_MOCK_CA_FILE; okta-mock-server health $OKTA_MOCK_URL && echo healthy";
    let mut program = program(&["exec", "--tls", "--", "sh", "-c", script]);
    let folder = std::path::Path::new(PROGRAM).parent().unwrap().to_str().unwrap();
    program.env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap_or_default()));
    program.env("OKTA_CLIENT_PROXY_HOST", "proxy.example.com");
    let output = finish(program);
    let lines: Vec<_> = text(&output.stdout).lines().collect();
    let [url, proxy, file, certificate, health] = lines[..] else { panic!("{output:?}") };
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    assert_eq!((proxy, certificate, health), ("", "-----BEGIN CERTIFICATE-----", "healthy"));
    let is_left = (0..200).all(|_| {
        std::thread::sleep(Duration::from_millis(10));
        std::path::Path::new(file).exists()
    });
    assert!(!is_left, "{file} is left");
}

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
