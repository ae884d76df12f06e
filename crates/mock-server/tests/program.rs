//! The program from the outside: ready line, flags and shutdown.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_okta-mock-server"));
    program.args(arguments).env_remove("OKTA_MOCK_API_TOKEN").env_remove("OKTA_MOCK_ACCESS_TOKEN");
    program
}

/// A running mock that is killed on drop.
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
            line.strip_prefix("okta-mock-server ready at ").expect("the first line is the ready line").trim();
        Self { child, address: url.strip_prefix("http://").unwrap().to_owned() }
    }

    /// Sends a GET and returns status and body.
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

/// Runs a program that does not start, and returns its error line.
fn refused(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = program(arguments).output().unwrap();
    let line = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{line}");
    assert!(stdout.is_empty());
    line
}

#[cfg(unix)]
#[test]
fn the_mock_serves_from_its_ready_line_until_a_signal() {
    for signal in ["TERM", "INT"] {
        let mut mock = Serving::start(program(&[]));
        assert_eq!(mock.status("SSWS any-token"), 200);
        let id = mock.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        assert_eq!(mock.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn each_org_has_a_line_after_the_ready_line() {
    let mut program = program(&["--org", "hub", "--org", "spoke=empty", "--listen", "0.0.0.0:0"]);
    let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut url = |prefix: &str| lines.next().unwrap().strip_prefix(prefix).unwrap().to_owned();
    let apps = |url: &str, host: &str| {
        let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        let head = format!("GET /api/v1/apps HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        stream.write_all(format!("{head}Authorization: SSWS t\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.matches("\"orn\"").count()
    };
    let main = url("okta-mock-server ready at ");
    let hub = url("okta-mock-server org hub ready at ");
    let spoke = url("okta-mock-server org spoke ready at ");
    assert!([&main, &hub, &spoke].iter().all(|url| url.starts_with("http://127.0.0.1:")), "{main} {hub}");
    assert_eq!(
        [apps(&main, "x"), apps(&hub, "x"), apps(&spoke, "x"), apps(&main, "spoke.test")],
        [6, 6, 0, 0]
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn only_declared_tokens_are_accepted() {
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
fn start_errors_are_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = refused(&["--listen", &address]);
    assert!(line.contains(&address) && line.matches('\n').count() == 1, "{line:?}");
    let line = refused(&["--load", "/there/is/no/such.json"]);
    assert!(line.contains("/there/is/no/such.json") && line.matches('\n').count() == 1, "{line:?}");
    assert!(refused(&["--consent", "maybe"]).contains("maybe"));
    assert!(refused(&["--clock", "9999-12-31T23:59:59Z"]).contains("to 9999-12-30T22:00:00Z"));
    assert!(refused(&["--clock", "1969-12-31T23:59:59Z"]).contains("from 1970-01-01T00:00:00Z"));
    assert!(refused(&["--org", "a.b"]).contains("--org: org a.b: name: must be 1 to 63 letters"));
    assert!(refused(&["--org", "a", "--org", "a=empty"]).contains("there is an org a already"));
    assert!(refused(&["--org", "a=/there/is/no/such.json"]).contains("--org a takes guide, empty or a file"));
    assert!(refused(&["--cors", "example.com"]).contains("--cors: example.com is no origin; give scheme"));
    assert!(refused(&["--listen", "8080"]).contains("such as 127.0.0.1:8080"));
    assert!(refused(&["--allowed-host", "http://x.example.com"]).contains("host name alone"));
}

/// Devices and pipes may never end, so they must not be read.
#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    let pipe = std::env::temp_dir().join(format!("okta-mock-pipe-{}", std::process::id()));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_str().unwrap();
    let kernel_log = std::path::Path::new("/proc/kmsg");
    if kernel_log.exists() {
        // A regular file that blocks until the next line, or that only root can read.
        assert!(refused(&["--load", "/proc/kmsg"]).contains("cannot read /proc/kmsg"));
    }
    for arguments in [["--load", "/dev/zero"], ["--load", pipe], ["--load", "/"], ["--api-token-file", pipe]]
    {
        assert!(refused(&arguments).contains("is not a regular file"), "{arguments:?}");
    }
    std::fs::remove_file(pipe).unwrap();
}

#[test]
fn the_mock_can_listen_on_a_host_name() {
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
fn an_unread_log_blocks_neither_answers_nor_shutdown() {
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

/// A full standard output. The reading end has to be kept open.
#[cfg(unix)]
fn full_output() -> (std::os::unix::net::UnixStream, Stdio) {
    let (reader, mut writer) = std::os::unix::net::UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    while writer.write(&[b'x'; 4096]).is_ok() {}
    writer.set_nonblocking(false).unwrap();
    (reader, Stdio::from(std::os::fd::OwnedFd::from(writer)))
}

/// A harness may wait for the port and never read the ready line.
#[cfg(unix)]
#[test]
fn an_unread_ready_line_blocks_neither_answers_nor_shutdown() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let (_reader, output) = full_output();
    let child = program(&["--listen", &address]).stdout(output).spawn().unwrap();
    let mut mock = Serving { child, address };
    while TcpStream::connect(&mock.address).is_err() {
        assert_eq!(mock.child.try_wait().unwrap(), None, "the mock has ended");
        std::thread::yield_now();
    }
    assert_eq!(mock.status("SSWS any-token"), 200);
    let id = mock.child.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert_eq!(mock.child.wait().unwrap().code(), Some(0));
}

/// Dropped lines are reported once standard error is read.
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
        assert!(count > 0, "the log ended without reporting dropped lines");
        read.extend_from_slice(&piece[..count]);
    }
}

const ZSCALER: &str = "/api/v1/apps/0oazscalerbyz0000001";

impl Serving {
    fn send(&self, method: &str, target: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: SSWS t\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// Requests, with the parts of each that the mock ignores.
fn ignored_requests() -> Vec<(&'static str, String, &'static str, Vec<&'static str>)> {
    let apps = || "/api/v1/apps".to_owned();
    vec![
        (
            "PUT",
            ZSCALER.to_owned(),
            r#"{"label":"Z","Accessibility":{},"settings":{"notes":{"Admin":"x"}}}"#,
            vec!["/Accessibility", "/settings/notes/Admin"],
        ),
        (
            "PUT",
            ZSCALER.to_owned(),
            r#"{"label":"Z","name":"slack","status":"INACTIVE","id":"0oa1","orn":"o","created":"2020-01-01T00:00:00.000Z","features":["X"],"_links":{"logo":1}}"#,
            vec!["/name", "/status", "/id", "/orn", "/created", "/features", "/_links/logo"],
        ),
        (
            "POST",
            apps(),
            r#"{"name":"zscalerbyz","label":"Z","id":"0oa1","status":"INACTIVE","created":"x","lastUpdated":"x","features":["X"],"_links":{},"_embedded":{},"orn":"o","universalLogout":{},"expressConfiguration":{},"settings":{"emOptInStatus":"NONE","signOn":{"configuredAttributeStatements":[]}},"credentials":{"signing":{"kid":"k"}}}"#,
            vec![
                "/id",
                "/status",
                "/created",
                "/lastUpdated",
                "/features",
                "/_links",
                "/_embedded",
                "/orn",
                "/universalLogout",
                "/expressConfiguration",
                "/settings/emOptInStatus",
                "/settings/signOn/configuredAttributeStatements",
                "/credentials/signing/kid",
            ],
        ),
        (
            "POST",
            apps(),
            r#"{"name":"office365","label":"O","settings":{"app":{"domain":"d","msftTenant":"t","occSettings":"x"}}}"#,
            vec!["/settings/app/occSettings"],
        ),
        ("GET", apps() + "?foo=bar&search=&limit=1", "", vec!["?foo", "?search"]),
        ("POST", apps() + "?Activate=true", r#"{"name":"zscalerbyz","label":"Z"}"#, vec!["?Activate"]),
        ("POST", format!("{ZSCALER}/lifecycle/activate"), r#"{"a":1}"#, vec!["/a"]),
        ("POST", format!("{ZSCALER}/lifecycle/activate?x"), "[]", vec!["?x", "body"]),
    ]
}

#[test]
fn ignored_parts_are_logged_and_refused_in_strict_mode() {
    let mut lenient = program(&[]);
    lenient.stderr(Stdio::piped());
    let mut mock = Serving::start(lenient);
    let strict = Serving::start(program(&["--strict"]));
    let mut log = BufReader::new(mock.child.stderr.take().unwrap()).lines().map(Result::unwrap);
    for (method, target, body, pointers) in ignored_requests() {
        let answer = mock.send(method, &target, body);
        assert!(answer.starts_with("HTTP/1.1 200"), "{method} {target}: {answer}");
        let line = log.find(|line| line.contains("ignored")).expect("a line");
        assert!(line.contains(&format!("{pointers:?}")), "{pointers:?}: {line}");
        let answer = strict.send(method, &target, body);
        assert!(answer.starts_with("HTTP/1.1 400"), "{method} {target}: {answer}");
        for pointer in pointers.iter().filter(|pointer| !target.contains('?') || pointer.starts_with('?')) {
            assert!(answer.contains(&format!("\"{pointer}: The mock ignores this")), "{pointer}: {answer}");
        }
    }
}

/// A client that writes back an app or feature as read has not requested a change of read-only members.
#[test]
fn an_unchanged_resource_can_be_written_back_in_strict_mode() {
    let mock = Serving::start(program(&["--strict"]));
    let put_as_read = |path: &str| {
        let (status, body) = mock.get(path, "Authorization: SSWS t\r\n");
        assert_eq!(status, 200, "{path}: {body}");
        let answer = mock.send("PUT", path, &body);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    };
    let apps = mock.get("/api/v1/apps", "Authorization: SSWS t\r\n").1;
    let ids: Vec<_> = apps.split("{\"id\":\"").skip(1).map(|rest| rest[..20].to_owned()).collect();
    assert_eq!(ids.len(), 6);
    ids.iter().for_each(|id| put_as_read(&format!("/api/v1/apps/{id}")));
    let token = r#"{"baseUrl":"https://a.test","profile":{"authScheme":"TOKEN","token":"t"}}"#;
    let connection = "/api/v1/apps/0oaokta0org2org00001/connections/default?activate=true";
    assert!(mock.send("POST", connection, token).starts_with("HTTP/1.1 200"));
    put_as_read("/api/v1/apps/0oaokta0org2org00001");
    put_as_read("/api/v1/apps/0oaokta0org2org00001/features/USER_PROVISIONING");
    put_as_read("/api/v1/apps/0oaokta0org2org00001/features/INBOUND_PROVISIONING");
    let nulls =
        r#"{"name":"zscalerbyz","label":"Z","id":null,"_embedded":null,"settings":{"inlineHookId":null}}"#;
    assert!(mock.send("POST", "/api/v1/apps", nulls).starts_with("HTTP/1.1 200"));
    let stale = r#"{"label":"Z","lastUpdated":"2020-01-01T00:00:00.000Z"}"#;
    assert!(mock.send("PUT", ZSCALER, stale).starts_with("HTTP/1.1 200"));
    assert!(mock.send("POST", &format!("{ZSCALER}/lifecycle/activate"), "{}").starts_with("HTTP/1.1 200"));
}

#[test]
fn all_causes_are_named_at_once() {
    let mock = Serving::start(program(&[]));
    let callback = "/api/v1/apps/google/0oagoogle00000000001/oauth2/callback";
    for (method, target, body, causes) in [
        ("POST", callback, "", vec!["code: The field cannot", "state: The field cannot"]),
        (
            "GET",
            "/admin/app/cpc/google/oauth/callback",
            "",
            vec!["state: The field cannot", "code: The field cannot"],
        ),
        (
            "GET",
            "/api/v1/apps?limit=abc&filter=bogus&expand=y&after=x",
            "",
            vec!["Invalid cursor", "limit: ", "filter: ", "Expand query"],
        ),
        (
            "GET",
            "/api/v1/apps?expand=a&expand=b&limit=1&limit=2",
            "",
            vec!["limit: The par", "expand: The par"],
        ),
        (
            "POST",
            "/_mock/clock/age-consent",
            r#"{"authorize":"x","seconds":-1,"y":1}"#,
            vec!["authorize: ", "seconds: ", "/y: "],
        ),
        ("POST", "/_mock/clock/advance", r#"{"seconds":60,"x":1}"#, vec!["/x: Unknown member"]),
        ("POST", "/_mock/resource-owner/grant", r#"{"authorize":"x","z":1}"#, vec!["authorize: ", "/z: "]),
    ] {
        let answer = mock.send(method, target, body);
        let mut rest = answer.split_once("errorCauses").unwrap_or_else(|| panic!("{target}: {answer}")).1;
        for cause in causes {
            let position = rest.find(cause).unwrap_or_else(|| panic!("{target}: {cause}: {answer}"));
            rest = &rest[position..];
        }
    }
}

#[test]
fn errors_truncate_text_of_the_request() {
    let mock = Serving::start(program(&["--strict"]));
    let long = "a".repeat(60_000);
    for (method, target, credential) in [
        ("GET", format!("/api/v1/apps/{long}"), "SSWS t"),
        ("GET", format!("/api/v1/apps/{ORG2ORG}/features/{long}"), "SSWS t"),
        ("GET", format!("/api/v1/apps?{long}"), "SSWS t"),
        ("GET", format!("/api/v1/apps/{long}"), "Bearer null"),
        ("GET", format!("/third-party/{long}/oauth/authorize"), "SSWS t"),
    ] {
        let mut stream = TcpStream::connect(&mock.address).unwrap();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {credential}\r\n\
             Accept: text/html, application/json\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert!(!answer.contains(&long[..256]), "{} bytes", answer.len());
    }
}

const ORG2ORG: &str = "0oaokta0org2org00001";

/// A harness may close the pipe after reading the ready line.
#[cfg(target_os = "linux")]
#[test]
fn answers_do_not_depend_on_a_writable_standard_error() {
    let mut program = program(&[]);
    program.stderr(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let mock = Serving::start(program);
    let (status, body) = mock.get("/api/v1/apps", "");
    assert_eq!(status, 403);
    assert!(body.contains("E0000005"), "{body}");
}

#[cfg(unix)]
#[test]
fn https_names_the_file_of_its_ca_and_removes_it_at_the_end() {
    let mut program = program(&["--tls", "--org", "acme", "--listen", "127.0.0.1:0", "--log", "off"]);
    let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut rest = |prefix: &str| lines.next().unwrap().strip_prefix(prefix).unwrap().to_owned();
    let url = rest("okta-mock-server ready at https://");
    let file = rest("okta-mock-server CA certificate in ");
    assert!(rest("okta-mock-server org acme ready at ").starts_with("https://127.0.0.1:"));
    let pem = std::fs::read_to_string(&file).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----") && !pem.contains("PRIVATE"), "{pem}");

    let health =
        |url: String| Command::new(env!("CARGO_BIN_EXE_okta-mock-server")).args(["health", &url]).output();
    assert_eq!(health(format!("https://{url}")).unwrap().status.code(), Some(0));
    assert_eq!(health(format!("http://{url}")).unwrap().status.code(), Some(1));
    assert!(Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!std::path::Path::new(&file).exists(), "{file} is left");
}

#[test]
fn a_chosen_file_gets_the_certificate_of_the_ca() {
    let file = std::env::temp_dir().join(format!("okta-mock-ca-{}.pem", std::process::id()));
    let name = file.to_str().unwrap();
    let mut child = program(&["--tls", "--tls-ca-file", name, "--listen", "127.0.0.1:0"]);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.nth(1).unwrap(), format!("okta-mock-server CA certificate in {name}"));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(&file).unwrap();

    for (arguments, expected) in [
        (
            &["--tls", "--tls-ca-file", "/no/such/folder/ca.pem"][..],
            "cannot write the CA certificate to /no/such/folder/ca.pem",
        ),
        (&["--tls-name", "x"], "--tls"),
        (&["--tls-cert", "x"], "--tls-key"),
        (&["--tls-cert", "/no/such.pem", "--tls-key", "/no/such.pem"], "cannot read /no/such.pem"),
        (
            &["--tls-cert", "Cargo.toml", "--tls-key", "Cargo.toml"],
            "--tls: cannot serve https: the PEM text of the certificate",
        ),
    ] {
        let line = refused(arguments);
        assert!(line.contains(expected), "{line}");
    }
}
