//! The command line as users see it: exit codes, one line per failure, reports.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::support::Folder;
use serde_json::Value;

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_okta-conformance"));
    command.args(args);
    for name in ["OKTA_API_TOKEN", "OKTA_ACCESS_TOKEN", "OKTA_CLIENT_ID", "OKTA_PRIVATE_KEY_FILE", "NO_COLOR"]
    {
        command.env_remove(name);
    }
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs a command that must fail: exit code 2, nothing on standard output, one line of error.
pub(crate) fn error_of(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let line = text(&stderr);
    assert_eq!(status.code(), Some(2), "{line}");
    assert_eq!(text(&stdout), "", "{line}");
    assert!(line.starts_with("okta-conformance: ") && line.matches('\n').count() == 1, "{line:?}");
    line
}

const ONE: &str = "token-connection@zscalerbyz";

#[test]
fn a_conforming_run_reports_its_verdict() {
    let output = command(&["run", ONE]).output().unwrap();
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(text(&output.stderr), "");
    assert!(report.contains("token-connection @ zscalerbyz"), "{report}");
    assert!(
        report
            .lines()
            .last()
            .unwrap()
            .starts_with("✓ conforms: 1 flow run (1 conforms), 7 steps (7 conform)"),
        "{report}"
    );
    assert!(!report.contains('\u{1b}'), "no colors without a terminal");
}

#[test]
fn colors_are_used_on_request() {
    let output = command(&["run", "--color", "always", "--brief", ONE]).output().unwrap();
    assert!(text(&output.stdout).contains("\u{1b}[32m✓"));
}

#[test]
fn the_json_report_has_its_members() {
    let output = command(&["run", "--format", "json", ONE]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["tool"]["name"], "okta-conformance");
    assert_eq!(report["verdict"], "conforms");
    assert_eq!(report["counts"]["flows"], 1);
    assert_eq!(report["counts"]["steps"], report["counts"]["conforms"]);
    let flow = &report["flows"][0];
    assert_eq!((flow["flow"].as_str(), flow["app"].as_str()), (Some("token-connection"), Some("zscalerbyz")));
    for member in
        ["step", "guide", "operation", "verdict", "request", "response", "documented", "contract", "snapshot"]
    {
        assert!(flow["steps"][0].get(member).is_some(), "{member}");
    }
    assert_eq!(flow["steps"][0]["documented"]["verdict"], "conforms");
    assert_eq!(flow["steps"][0]["contract"]["findings"], serde_json::json!([]));
}

#[test]
fn command_line_errors_suggest_the_fix() {
    let nowhere = "/nowhere/at/all";
    for (args, expected) in [
        (vec!["run", "token-conection"], "did you mean `token-connection`?"),
        (vec!["run", "token-connection@zscaler"], "did you mean `token-connection@zscalerbyz`?"),
        (vec!["run", "--tarjet", "x"], "--target"),
        (vec!["run", "--flows", nowhere], nowhere),
        (vec!["run", "--contract", nowhere], nowhere),
        (vec!["run", "--snapshots", nowhere], nowhere),
        (vec!["run", "--credential-file", nowhere], nowhere),
        (vec!["run", "--app", "gogle=0oa1"], "did you mean `google`?"),
        (vec!["run", "--app", "google"], "google=0oa"),
        (vec!["run", "--target", "dev-1.okta.com"], "https://dev-123.okta.com"),
        (vec!["run", "--target", "http://dev-1.okta.com"], "use https"),
        (
            vec!["run", "--target", "https://dev-1.okta.com", "--allow-writes", "okta.com"],
            "--allow-writes dev-1.okta.com",
        ),
        (vec!["run", "--target", "https://dev-1.okta.com"], "OKTA_API_TOKEN"),
        (vec!["run", "--target", "http://127.0.0.1:9"], "does not answer"),
        (vec![], "okta-conformance run"),
    ] {
        let line = error_of(&mut command(&args));
        assert!(line.contains(expected), "{args:?}: {line}");
    }
}

#[test]
fn an_invalid_flow_file_is_reported_with_file_line_and_reason() {
    let folder = Folder::new();
    let path = folder.write("own.arazzo.yaml", "arazzo: 1.0.1\ninfo:\n  title: x\n  versoin: 1\n");
    let line = error_of(&mut command(&["run", "--flows", folder.0.to_str().unwrap()]));
    let expected = format!("{}:4: `info`", path.display());
    assert!(line.contains(&format!("{}:", path.display())), "{line} {expected}");
    assert!(line.contains("`version`"), "{line}");
    let empty = Folder::new();
    let line = error_of(&mut command(&["run", "--flows", empty.0.to_str().unwrap()]));
    assert!(line.contains("no flow files"), "{line}");
}

/// Orgs ignore a misspelled parameter, so the runner warns with a suggestion, and the contract judges it.
#[test]
fn an_undeclared_parameter_is_reported_and_judged() {
    let folder = Folder::new();
    let flow = |name: &str, further: &str| {
        format!(
            "arazzo: 1.0.1\ninfo: {{title: Own, version: 1.0.0}}\nsourceDescriptions:\n  \
             - {{name: okta, url: ../contract/openapi.json, type: openapi}}\nworkflows:\n  - workflowId: own\n    \
             steps:\n      - stepId: find\n        operationId: listApplications\n        parameters:\n          \
             - {{name: {name}, in: query, value: name eq \"google\"}}\n{further}"
        )
    };
    let path = folder.write("own.arazzo.yaml", &flow("fliter", ""));
    for (args, code) in [(["list", "--flows"], 0), (["run", "--flows"], 1)] {
        let output = command(&args).arg(&folder.0).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let output_text = [output.stdout, output.stderr].concat();
        let output_text = String::from_utf8(output_text).unwrap();
        assert!(output_text.contains(&format!("{}:11: the step `find`", path.display())), "{output_text}");
        assert!(output_text.contains("no query parameter `fliter`; did you mean `filter`?"), "{output_text}");
        assert_eq!(output_text.contains("contract.request.query"), code == 1, "{output_text}");
    }
    folder.write("own.arazzo.yaml", &flow("fliter", "        x-undeclared: [fliter]\n"));
    let output = command(&["run", "--fail-on", "contract", "--flows"]).arg(&folder.0).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn credentials_are_checked_and_never_repeated() {
    let folder = Folder::new();
    let two = folder.write("two", "canary-one canary-two canary-three");
    let line = error_of(command(&["run", "--target", "http://127.0.0.1:9", "--credential-file"]).arg(&two));
    assert!(line.contains("expected one line") && !line.contains("canary"), "{line}");
    let mut both = command(&["run", "--target", "http://127.0.0.1:9"]);
    both.env("OKTA_API_TOKEN", "canary-token-1").env("OKTA_ACCESS_TOKEN", "canary-token-2");
    let line = error_of(&mut both);
    assert!(line.contains("unset") && !line.contains("canary"), "{line}");
    let line = error_of(command(&["run", "--target", "http://127.0.0.1:9"]).env("OKTA_API_TOKEN", "abc"));
    assert!(line.contains("OKTA_API_TOKEN contains no valid credential"), "{line}");
    // Words that answers contain anyway cannot be removed without changing what is judged.
    for word in ["token", "0000", "http://127", "authScheme"] {
        let line = error_of(command(&["run", "--target", "http://127.0.0.1:9"]).env("OKTA_API_TOKEN", word));
        assert!(line.contains("the credential is a word that occurs in answers anyway"), "{line}");
    }
}

/// The org refuses a wrong credential; words of the documents' prose do not occur in answers.
#[test]
fn a_credential_may_be_any_word_that_answers_do_not_contain() {
    for word in ["wrong", "hello", "secret-token-1"] {
        let args = ["run", "--target", "http://127.0.0.1:9", "--retries", "0"];
        let line = error_of(command(&args).env("OKTA_API_TOKEN", word));
        assert!(line.contains("http://127.0.0.1:9 does not answer"), "{line}");
    }
}

#[test]
fn inputs_that_could_not_be_removed_from_answers_are_rejected() {
    let folder = Folder::new();
    let inputs = folder.write(
        "inputs.json",
        r#"{"zscalerbyz": {"connection": {"baseUrl": "https://s.example.com", "profile": {"authScheme": "TOKEN", "token": "status"}}}}"#,
    );
    let line = error_of(command(&["run", "--inputs"]).arg(&inputs));
    assert!(line.contains("inputs.json is a word that occurs in answers anyway"), "{line}");
}

#[test]
fn a_run_that_does_not_start_leaves_no_report() {
    let folder = Folder::new();
    let (fresh, earlier) = (folder.0.join("fresh.json"), folder.write("earlier.html", "an earlier report"));
    let json = format!("json={}", fresh.display());
    let html = format!("html={}", earlier.display());
    let args = ["run", "--target", "http://127.0.0.1:9", "--report", &json, "--report", &html];
    assert!(error_of(&mut command(&args)).contains("does not answer"));
    assert!(!fresh.exists());
    assert_eq!(std::fs::read_to_string(&earlier).unwrap(), "an earlier report");
    let same = format!("junit={}", fresh.display());
    let line = error_of(&mut command(&["run", ONE, "--report", &json, "--report", &same]));
    assert!(line.contains("two reports use the file") && !fresh.exists(), "{line}");
}

#[test]
fn files_with_unknown_names_are_rejected() {
    let folder = Folder::new();
    let known = |entry: &str| {
        let file = folder.write("known.json", &format!("{{\"deviations\": [\n{entry}\n]}}"));
        let line = error_of(command(&["run", ONE, "--known-deviations"]).arg(&file));
        assert!(line.contains("known.json:"), "{line}");
        line
    };
    let flow = r#"{"pointer": "body#/status", "reason": "r", "flow": "token-conection"}"#;
    assert!(known(flow).contains("known.json:2: there is no flow `token-conection`; did you mean"));
    let app = r#"{"pointer": "body#/status", "reason": "r", "app": "gogle"}"#;
    assert!(known(app).contains("did you mean `google`?"));
    assert!(known(r#"{"pointer": "body#status", "reason": "r"}"#).contains("`body#status` is not a place"));
    assert!(known("7").contains("expected an object with `pointer` and `reason`"));
    let inputs = |text: &[u8]| {
        let file = folder.0.join("inputs.json");
        std::fs::write(&file, text).unwrap();
        error_of(command(&["run", ONE, "--inputs"]).arg(&file))
    };
    let wrong = inputs(b"{\n\"zscalerbyz\": {\"connection\": 5}}");
    assert!(wrong.contains("inputs.json:2: `connection` of `zscalerbyz` is invalid"), "{wrong}");
    let id = inputs(br#"{"zscalerbyz": {"appId": "0oa1"}}"#);
    assert!(id.contains("--app zscalerbyz=0oa"), "{id}");
    assert!(inputs(b"{\n\n\xff}").contains("inputs.json:3: invalid UTF-8"));
    let twice = inputs(b"{\n\"google\": {},\n\"slack\": {},\n\"google\": {}}");
    assert!(twice.contains("inputs.json:4: `google` appears twice in one object"), "{twice}");
}

#[test]
fn a_contract_needs_no_operation_ids() {
    let folder = Folder::new();
    let mut document: Value =
        serde_json::from_str(include_str!("../../../../fixtures/contract/openapi.json")).unwrap();
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut().filter_map(Value::as_object_mut) {
            operation.shift_remove("operationId");
        }
    }
    let contract = folder.write("unnamed.json", &document.to_string());
    let output = command(&["run", ONE, "--format", "json", "--contract"]).arg(contract).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let steps = report["flows"][0]["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["contract"]["verdict"] == "conforms"), "{steps:#?}");
}

#[test]
fn a_report_does_not_overwrite_a_file_that_the_run_reads() {
    let folder = Folder::new();
    let inputs = folder.write("inputs.json", r#"{"google": {}}"#);
    let report = format!("json={}", inputs.display());
    let line = error_of(command(&["run", ONE, "--report", &report, "--inputs"]).arg(&inputs));
    assert!(line.contains("would overwrite a file that the run reads"), "{line}");
    assert_eq!(std::fs::read_to_string(&inputs).unwrap(), r#"{"google": {}}"#);
}

#[test]
fn an_unusable_proxy_is_an_error() {
    for (name, value) in [("HTTPS_PROXY", "http://"), ("https_proxy", "ftp://x"), ("ALL_PROXY", "://x")] {
        let mut run = command(&["run", "--target", "https://dev-1.okta.example"]);
        let line = error_of(run.env("OKTA_API_TOKEN", "a-token-of-mine").env(name, value));
        assert!(line.contains(&format!("{name} is not the URL of an HTTP proxy")), "{line}");
    }
}

#[test]
fn a_contract_with_unusable_schemas_is_rejected() {
    let folder = Folder::new();
    for (schema, expected) in [
        (r##"{"$ref": "#/components/schemas/Nowhere"}"##, "Nowhere"),
        (r#"{"type": "objekt"}"#, "application~1json/schema"),
        (r#"{"type": "string", "pattern": "(["}"#, "application~1json/schema"),
    ] {
        let document = format!(
            r#"{{"openapi": "3.1.0", "info": {{"title": "T", "version": "1"}}, "paths": {{"/api/v1/apps": {{"post": {{
               "operationId": "createApplication", "responses": {{"200": {{"description": "d", "content": {{
               "application/json": {{"schema": {schema}}}}}}}}}}}}}}}}}"#
        );
        let path = folder.write("contract.json", &document);
        let line = error_of(command(&["run", "create-app-integration", "--contract"]).arg(&path));
        assert!(line.contains("contract.json:1: ") && line.contains(expected), "{line}");
    }
}

#[test]
fn the_list_shows_flows_steps_and_sections() {
    let output = command(&["list"]).output().unwrap();
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    for expected in [
        "token-connection  @ zscalerbyz, okta_org2org",
        "read-before",
        "GET /api/v1/apps/{appId}/connections/default",
    ] {
        assert!(shown.contains(expected), "{shown}");
    }
    let output = command(&["list", "--format", "json"]).output().unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(list["flows"].as_array().unwrap().iter().any(|flow| flow["flow"] == "token-connection"));
}

#[test]
fn help_and_version_succeed() {
    for args in [vec!["--help"], vec!["run", "--help"], vec!["--version"]] {
        let output = command(&args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(!output.stdout.is_empty());
    }
}

/// A deciding judgement without any check would accept everything.
#[test]
fn a_deciding_judgement_keeps_at_least_one_check() {
    let skips = ["status", "headers", "body", "request"].map(|part| format!("--skip-check=snapshot.{part}"));
    let line = error_of(command(&["run", "token-connection", "--fail-on", "snapshot"]).args(&skips));
    assert!(line.contains("every check of the snapshot judgement is skipped"), "{line}");
    let output = command(&["run", "token-connection@zscalerbyz"]).args(&skips).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// Waits until a pipe that nobody reads takes no more.
#[cfg(unix)]
fn wait_until_full(pipe: &std::process::ChildStdout) {
    let mut held = 0;
    for _ in 0..200 {
        std::thread::sleep(Duration::from_millis(150));
        let now = rustix::io::ioctl_fionread(pipe).unwrap();
        if now > 32 * 1024 && now == held {
            return;
        }
        held = now;
    }
    panic!("the pipe holds {held} bytes and is not full");
}

/// A reader that stops reading blocks neither the run nor its end.
#[cfg(unix)]
#[test]
fn an_unread_report_does_not_block_a_signal() {
    let runs = [
        &["user-provisioning-token", "user-provisioning-oauth", "app-operations", "--format=json"][..],
        &["--verbose", "--color=never"],
    ]
    .map(|args| {
        let mut run = command(&["run"]);
        (args, run.args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
    });
    runs.iter().for_each(|(_, run)| wait_until_full(run.stdout.as_ref().unwrap()));
    for (args, mut run) in runs {
        let process = run.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
        let ended = (0..200).find_map(|_| {
            std::thread::sleep(Duration::from_millis(100));
            run.try_wait().unwrap()
        });
        let _ = run.kill();
        assert_eq!(ended.expect("the run ends").code(), Some(2), "{args:?}");
    }
}
