//! The guarantees for admins: only permitted changes are made, and all changes are restored, however the run
//! ends.

mod compared;
mod created;
mod ended;
mod limits;
mod restored;
mod unanswered;

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::support::Folder;
use crate::support::org::{Fault, GOOGLE, ProductionOrg, ZSCALER};
use okta_conformance::{Builder, Credential, RunReport, Runner, Stop, Verdict};

const CANARY: &str = "canary-of-the-admin";

const FLOWS: [&str; 2] = ["token-connection-lifecycle@zscalerbyz", "user-provisioning-token@zscalerbyz"];

fn armed(org: &ProductionOrg, undo: &Folder) -> Builder {
    Runner::builder()
        .target(&org.url)
        .credential(Credential::api_token(CANARY))
        .allow_writes("127.0.0.1")
        .undo_folder(&undo.0)
}

async fn run(builder: Builder) -> RunReport {
    builder.build().unwrap().run(&mut |_| {}).await.unwrap()
}

/// Asserts that the org is restored. A connection that was set to another address stays disabled, so that no
/// data goes there; it is set again like a person would.
async fn assert_restored(org: &ProductionOrg, before: &Value, when: &str) {
    let (seen, mut expected) = (org.seen().await, before.clone());
    for (now, app) in seen.as_array().unwrap().iter().zip(expected.as_array_mut().unwrap()) {
        if now["baseUrl"] != app["baseUrl"] {
            assert_eq!(now["id"], ZSCALER, "{when}");
            app["baseUrl"] = now["baseUrl"].clone();
            app["connection"] = "DISABLED".into();
            app["features"] = serde_json::json!([]);
        }
    }
    assert_eq!(seen, expected, "{when}");
    if seen != *before {
        org.set_zscaler().await;
        assert_eq!(org.seen().await, *before, "{when}");
    }
}

fn undo_files(folder: &Folder) -> Vec<PathBuf> {
    std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_armed_run_changes_only_the_named_app_and_restores_it() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let builder = armed(&org, &undo).app("zscalerbyz", ZSCALER).allow_credential_change(true);
    let report = run(FLOWS.iter().fold(builder, |builder, flow| builder.select(*flow))).await;
    assert_restored(&org, &before, "").await;
    let writes = org.writes();
    assert!(!writes.is_empty() && writes.iter().all(|line| line.contains(ZSCALER)), "{writes:?}");
    assert_eq!(report.summary.verdict, Verdict::Conforms);
    // The same with flows that set the connection repeatedly: none starts with an enabled one.
    let builder = armed(&org, &Folder::new()).app("zscalerbyz", ZSCALER).allow_credential_change(true);
    let whole = run(builder.only_app("zscalerbyz")).await;
    let wrong: Vec<_> =
        whole.flows.iter().filter(|flow| flow.verdict == Verdict::Deviates).map(|flow| flow.name()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    // The stored token is gone: the report says so, with the call, and the exit code shows it.
    let restored = report.restored.as_ref().unwrap();
    assert_eq!(restored.left.len(), 1);
    assert!(restored.left[0].what.contains("credential"), "{:?}", restored.left);
    let by_hand = &restored.left[0].calls[0];
    assert_eq!((by_hand.method.as_str(), by_hand.path.ends_with("/connections/default")), ("POST", true));
    assert_eq!(by_hand.body.as_ref().unwrap().value()["baseUrl"], "https://scim.example.com");
    // After setting the token again, everything it enabled must be enabled again.
    let rest: Vec<_> =
        restored.left[0].calls[1..].iter().map(|call| format!("{} {}", call.method, call.path)).collect();
    let path = format!("/api/v1/apps/{ZSCALER}");
    let activate = format!("POST {path}/connections/default/lifecycle/activate");
    assert_eq!(rest, [activate, format!("PUT {path}/features/USER_PROVISIONING")]);
    assert!(restored.reverted.is_empty(), "an app with another credential is not restored");
    assert_eq!(report.exit_code(), 3);
    // The file has nothing left to restore.
    assert!(undo_files(&undo).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_not_replaced_without_the_flag() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let report = run(armed(&org, &undo).app("zscalerbyz", ZSCALER)).await;
    assert_eq!(org.seen().await, before);
    for line in org.writes() {
        assert!(line.contains(ZSCALER) && !line.ends_with("/connections/default"), "{line}");
    }
    assert!(report.restored.as_ref().is_none_or(|restored| restored.left.is_empty()));
    assert!(undo_files(&undo).is_empty());
    let skipped = report.flow("token-connection@zscalerbyz").unwrap();
    assert!(skipped.reason.as_ref().unwrap().contains("--allow-credential-change"));
    for other in ["token-connection@okta_org2org", "app-as-found@okta_org2org"] {
        let skipped = report.flow(other).unwrap();
        assert!(
            skipped.reason.as_ref().unwrap().contains("--app okta_org2org=0oa… or --create-apps"),
            "{other}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inactive_app_is_skipped() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    org.send("POST", &format!("/api/v1/apps/{ZSCALER}/lifecycle/deactivate"), None).await;
    let builder = armed(&org, &undo).app("zscalerbyz", ZSCALER).allow_credential_change(true);
    let report = run(builder.select("token-connection@zscalerbyz").select("app-as-found@zscalerbyz")).await;
    let skipped = report.flow("token-connection@zscalerbyz").unwrap();
    assert!(skipped.reason.as_ref().unwrap().contains("is INACTIVE"), "{:?}", skipped.reason);
    assert_eq!(report.flow("app-as-found@zscalerbyz").unwrap().verdict, Verdict::Conforms);
    assert!(undo_files(&undo).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_of_another_kind_is_rejected_before_any_write() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    for (id, expected) in [(GOOGLE, "is `google`, not `zscalerbyz`"), ("0oaNONE", "404")] {
        let runner = armed(&org, &undo).app("zscalerbyz", id).build().unwrap();
        let message = runner.run(&mut |_| {}).await.unwrap_err().to_string();
        assert!(message.contains(expected) && message.contains("nothing was changed"), "{message}");
    }
    assert!(org.writes().is_empty());
    assert!(undo_files(&undo).is_empty());
}

/// The command as a separate process, so that it can be killed.
fn command(org: &ProductionOrg, undo: &Folder, args: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_okta-conformance"));
    command.args(args).env_clear().env("OKTA_API_TOKEN", CANARY).env("XDG_STATE_HOME", &undo.0);
    if args[0] == "run" {
        let zscaler = format!("zscalerbyz={ZSCALER}");
        command.args(["--target", &org.url, "--allow-writes", "127.0.0.1", "--app", &zscaler]);
        command.args(["--allow-credential-change", "--create-apps"]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Sends a signal to the process at its `at`-th write; returns true if that write was reached.
async fn ended_at(
    org: &ProductionOrg,
    undo: &Folder,
    at: usize,
    fault: Fault,
    signal: &'static str,
) -> (bool, String, Option<i32>) {
    let reached = Arc::new(AtomicBool::new(false));
    let process = command(
        org,
        undo,
        &["run", "user-provisioning-token@zscalerbyz", "app-operations", "token-connection@okta_org2org"],
    )
    .spawn()
    .unwrap();
    let id = process.id().unwrap().to_string();
    let (seen, flag) = (AtomicUsize::new(0), reached.clone());
    org.faults(Some(Arc::new(move |_, method, _| {
        if method == "GET" || seen.fetch_add(1, Ordering::SeqCst) + 1 != at {
            return Fault::None;
        }
        flag.store(true, Ordering::SeqCst);
        let sent = std::process::Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        fault
    })));
    let output =
        tokio::time::timeout(Duration::from_secs(30), process.wait_with_output()).await.unwrap().unwrap();
    org.faults(None);
    let output_text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (reached.load(Ordering::SeqCst), output_text, output.status.code())
}

/// The undo files that a command has left in its state folder.
fn left_in(undo: &Folder) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(undo.0.join("okta-conformance")).unwrap();
    let is_undo_file = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("undo-") && name.ends_with(".json")
    };
    entries.map(|entry| entry.unwrap().path()).filter(is_undo_file).collect()
}

/// `restore` from a file that the test has written or changed.
fn restore_edited(org: &ProductionOrg, undo: &Folder, file: &std::path::Path) -> tokio::process::Command {
    command(org, undo, &["restore", file.to_str().unwrap(), "--allow-writes", "127.0.0.1"])
}

/// Moves the create requests an hour into the past: apps that are not listed by now were never created.
fn later(file: &std::path::Path) {
    let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    for app in kept["created"].as_array_mut().unwrap() {
        app["asked"] = (app["asked"].as_u64().unwrap() - 3600).into();
    }
    std::fs::write(file, kept.to_string()).unwrap();
}
