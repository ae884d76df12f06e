//! Consent by a command of the user or a person at the terminal, at an org that does not identify itself as
//! the mock.

use std::time::Duration;

use crate::support::Folder;
use crate::support::org::ProductionOrg;
use okta_conformance::{ConsentPrompt, RunReport, Runner, Verdict};

async fn run(command: &str, flow: &str, timeout: Duration) -> RunReport {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let report = Runner::builder()
        .target(&org.url)
        .allow_writes("127.0.0.1")
        .create_apps(true)
        .undo_folder(&undo.0)
        .consent(ConsentPrompt::command(command, timeout))
        .select(flow)
        .build()
        .unwrap()
        .run(&mut |_| {})
        .await
        .unwrap();
    assert_eq!(org.seen().await, before);
    report
}

/// A robot that follows the link; the third party accepts it.
const ROBOT: &str = r#"robot() { curl -sS -L "$1"; }; robot"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_consents_and_the_flow_continues() {
    let report = run(ROBOT, "oauth-connection@google", Duration::from_secs(20)).await;
    let flow = &report.flows[0];
    assert_eq!(
        flow.verdict,
        Verdict::Conforms,
        "{:?}",
        flow.steps.iter().find(|step| step.verdict != Verdict::Conforms)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_a_robot_leaves_running_are_not_waited_for() {
    let robot = r#"robot() { sleep 60 & curl -sS -L "$1"; }; robot"#;
    let report = run(robot, "oauth-connection@google", Duration::from_secs(20)).await;
    assert_eq!(report.flows[0].verdict, Verdict::Conforms);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_for_another_consent_is_not_used() {
    let other = r#"{"continue_oauth_flow_url":{"href":"https://evil.example.com/api/v1/apps/google/0oa1/oauth2/callback?code=c&state=s","method":"POST"}}"#;
    for (command, expected) in [
        (format!("echo '{other}' ; true"), "leads to https://evil.example.com"),
        ("echo nonsense ; true".to_owned(), "not a URL"),
        ("exit 3 ; true".to_owned(), "--consent-command failed"),
        ("sleep 30 ; true".to_owned(), "nobody consented within 1 s"),
    ] {
        let report = run(&command, "oauth-connection@google", Duration::from_secs(1)).await;
        let flow = &report.flows[0];
        let reason = flow.steps.iter().find_map(|step| step.reason.clone()).unwrap();
        assert!(reason.contains(expected), "{command}: {reason}");
        assert!(flow.steps.iter().all(|step| step.verdict != Verdict::Deviates), "the org is not at fault");
        // It is not a pass either: the exit code of the run is not 0.
        assert_eq!(flow.verdict, Verdict::Error, "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valid_code_is_not_reported_if_the_consent_was_granted_by_mistake() {
    let folder = Folder::new();
    let given = folder.0.join("given");
    let robot = format!(r#"robot() {{ curl -sS -L "$1" | tee {}; }}; robot"#, given.display());
    let report = run(&robot, "consent-denied@slack", Duration::from_secs(20)).await;
    let given = std::fs::read_to_string(given).unwrap();
    let (_, query) = given.split_once("callback?").unwrap();
    let values: Vec<&str> =
        query.split(['&', '"']).take(2).map(|pair| pair.split_once('=').unwrap().1).collect();
    assert!(values.iter().all(|value| value.len() > 20), "{values:?}");
    let denied = report.flows[0].steps.iter().find(|step| step.step == "deny").unwrap();
    // The org is not at fault.
    assert_eq!(denied.verdict, Verdict::Error);
    let shown = format!("{:?}", report.flows);
    assert!(values.iter().all(|value| !shown.contains(value)), "{shown}");
}

/// The org chooses the link; only web addresses are passed to the command.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_not_a_web_address_is_not_opened() {
    for link in ["file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "vscode://file/x"] {
        let router = crate::support::lying(move |exchange| {
            if exchange.path.starts_with("/_mock") {
                (exchange.status, exchange.body) = (404, serde_json::json!({}));
            }
            if let Some(href) = exchange.body.pointer_mut("/_links/authorize/href") {
                *href = link.into();
            }
        });
        let (url, undo) = (crate::support::serve(router).await, Folder::new());
        let opened = undo.0.join("opened");
        let command = format!("robot() {{ touch {}; }}; robot", opened.display());
        let report = Runner::builder()
            .target(&url)
            .credential(okta_conformance::Credential::api_token("canary-token-of-the-run"))
            .allow_writes("127.0.0.1")
            .create_apps(true)
            .undo_folder(&undo.0)
            .consent(ConsentPrompt::command(command, Duration::from_secs(10)))
            .select("oauth-connection@google")
            .build()
            .unwrap()
            .run(&mut |_| {})
            .await
            .unwrap();
        let shown = format!("{:?}", report.flows[0].steps);
        assert!(!opened.exists(), "{link}");
        assert!(shown.contains("an https link") && shown.contains(link), "{shown}");
        assert_eq!(report.flows[0].verdict, Verdict::Deviates);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_command_does_not_get_the_credential() {
    let (org, folder) = (ProductionOrg::start().await, Folder::new());
    let kept = folder.0.join("environment");
    let robot = format!(r#"robot() {{ env > {}; curl -sS -L "$1"; }}; robot"#, kept.display());
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_okta-conformance"))
        .args(["run", "oauth-connection@google", "--create-apps", "--allow-writes", "127.0.0.1"])
        .args(["--target", &org.url, "--consent-command", &robot, "--undo-dir"])
        .arg(&folder.0)
        .env("OKTA_API_TOKEN", "canary-token-of-the-run")
        .env("OKTA_CLIENT_TOKEN", "another-token")
        .env("DEPLOY_HEADER", "SSWS canary-token-of-the-run")
        .env("ROBOT_PASSWORD", "its-own")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let environment = std::fs::read_to_string(kept).unwrap();
    assert!(!environment.contains("canary") && !environment.contains("another-token"), "{environment}");
    assert!(environment.contains("ROBOT_PASSWORD=its-own"), "{environment}");
}

/// A program at a terminal that the test controls.
#[cfg(unix)]
struct AtTerminal {
    program: std::process::Child,
    terminal: std::fs::File,
    output: std::sync::mpsc::Receiver<Vec<u8>>,
    unread: String,
}

#[cfg(unix)]
impl AtTerminal {
    fn start(mut program: std::process::Command) -> Self {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs = std::fs::File::options().read(true).write(true).open(path).unwrap();
        let program = program
            .stdin(theirs.try_clone().unwrap())
            .stderr(theirs)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let terminal = std::fs::File::from(ours);
        let mut reader = terminal.try_clone().unwrap();
        let (sender, output) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut octets = [0; 4096];
            while let Ok(count @ 1..) = std::io::Read::read(&mut reader, &mut octets) {
                if sender.send(octets[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { program, terminal, output, unread: String::new() }
    }

    /// Reads up to and including a text.
    fn read_to(&mut self, text: &str) -> String {
        while !self.unread.contains(text) {
            let more = self.output.recv_timeout(Duration::from_secs(30)).unwrap_or_else(|_| {
                panic!("`{text}` is missing: {}", self.unread);
            });
            self.unread.push_str(&String::from_utf8_lossy(&more));
        }
        let end = self.unread.find(text).unwrap() + text.len();
        self.unread.drain(..end).collect()
    }

    fn paste(&mut self, line: &str) {
        std::io::Write::write_all(&mut self.terminal, format!("{line}\n").as_bytes()).unwrap();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_pastes_an_invalid_result_is_asked_again() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_okta-conformance"));
    program
        .args(["run", "oauth-connection@google", "--create-apps", "--allow-writes", "127.0.0.1"])
        .args(["--target", &org.url, "--undo-dir"])
        .arg(&undo.0)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("OKTA_API_TOKEN", "canary-token-of-the-run");
    let mut person = AtTerminal::start(program);
    let prompt = person.read_to("skips the consent:");
    let link = prompt.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_owned();
    person.paste("https://evil.example.com/?code=c&state=s");
    assert!(person.read_to("paste it again:").contains("leads to https://evil.example.com"));
    let shown = std::process::Command::new("curl").args(["-sS", "-L", &link]).output().unwrap();
    person.paste(std::str::from_utf8(&shown.stdout).unwrap());
    let output = tokio::task::spawn_blocking(move || person.program.wait_with_output().unwrap());
    let output = output.await.unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(org.seen().await, before);
}
