//! What an admin relies on: nothing is changed that was not armed, and everything
//! that was changed is as it was, however the run ended.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use okta_conformance::{Builder, Credential, RunReport, Runner, Stop, Verdict};
use support::Folder;
use support::org::{Fault, GOOGLE, ProductionOrg, ZSCALER};

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

/// The org has to be as it was; but a connection that was set to another address stays disabled, so that
/// nobody's data goes there. It is set again as the calls by hand would.
async fn is_put_back(org: &ProductionOrg, before: &Value, when: &str) {
    let (seen, mut wanted) = (org.seen().await, before.clone());
    for (now, app) in seen.as_array().unwrap().iter().zip(wanted.as_array_mut().unwrap()) {
        if now["baseUrl"] != app["baseUrl"] {
            assert_eq!(now["id"], ZSCALER, "{when}");
            app["baseUrl"] = now["baseUrl"].clone();
            app["connection"] = "DISABLED".into();
            app["features"] = serde_json::json!([]);
        }
    }
    assert_eq!(seen, wanted, "{when}");
    if seen != *before {
        org.set_zscaler().await;
        assert_eq!(org.seen().await, *before, "{when}");
    }
}

fn undo_files(folder: &Folder) -> Vec<PathBuf> {
    std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_armed_run_touches_the_named_app_alone_and_puts_it_back() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let builder = armed(&org, &undo).app("zscalerbyz", ZSCALER).allow_credential_change(true);
    let report = run(FLOWS.iter().fold(builder, |builder, flow| builder.select(*flow))).await;
    is_put_back(&org, &before, "").await;
    let writes = org.writes();
    assert!(!writes.is_empty() && writes.iter().all(|line| line.contains(ZSCALER)), "{writes:?}");
    assert_eq!(report.summary.verdict, Verdict::Conforms);
    // Also with flows that set the connection anew and anew: none begins with an enabled one.
    let builder = armed(&org, &Folder::new()).app("zscalerbyz", ZSCALER).allow_credential_change(true);
    let whole = run(builder.only_app("zscalerbyz")).await;
    let wrong: Vec<_> =
        whole.flows.iter().filter(|flow| flow.verdict == Verdict::Deviates).map(|flow| flow.name()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    // The token that was stored is gone: that is said, with the call, and by the exit code.
    let restored = report.restored.as_ref().unwrap();
    assert_eq!(restored.left.len(), 1);
    assert!(restored.left[0].what.contains("credential"), "{:?}", restored.left);
    let by_hand = &restored.left[0].calls[0];
    assert_eq!((by_hand.method.as_str(), by_hand.path.ends_with("/connections/default")), ("POST", true));
    assert_eq!(by_hand.body.as_ref().unwrap().value()["baseUrl"], "https://scim.example.com");
    // The new token leaves it as it was only with all that was enabled by it.
    let rest: Vec<_> =
        restored.left[0].calls[1..].iter().map(|call| format!("{} {}", call.method, call.path)).collect();
    let path = format!("/api/v1/apps/{ZSCALER}");
    let activate = format!("POST {path}/connections/default/lifecycle/activate");
    assert_eq!(rest, [activate, format!("PUT {path}/features/USER_PROVISIONING")]);
    assert!(restored.put_back.is_empty(), "what has another credential is not as it was");
    assert_eq!(report.exit_code(), 3);
    // Nothing is left that the file could do.
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
async fn created_apps_are_deleted_and_no_other_is_written_to() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let report = run(armed(&org, &undo).create_apps(true)).await;
    assert_eq!(org.seen().await, before);
    let guide_app = |line: &String| line.contains("00000001");
    assert!(!org.writes().iter().any(guide_app));
    let deviating: Vec<String> = report
        .flows
        .iter()
        .filter(|flow| flow.verdict == Verdict::Deviates)
        .map(|flow| flow.name())
        .collect();
    assert!(deviating.is_empty(), "{deviating:?}");
    assert!(undo_files(&undo).is_empty());
    // Nobody is there to consent: said, not judged.
    let consent = report.flow("oauth-connection@google").unwrap();
    assert!(consent.reason.as_ref().unwrap().contains("--consent-command"), "{:?}", consent.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_on_one_org_keep_the_same_answers() {
    let org = ProductionOrg::start().await;
    let mut kept = Vec::new();
    for _ in 0..2 {
        let undo = Folder::new();
        let builder = armed(&org, &undo).create_apps(true).select("app-created-inactive");
        let report = run(builder.select("token-connection@zscalerbyz")).await;
        kept.push(report.flows.iter().map(|flow| flow.normalised.clone()).collect::<Vec<_>>());
    }
    assert_eq!(kept[0], kept[1]);
    assert!(!Value::from(kept[0].clone()).to_string().contains("okta-conformance"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_out_of_use_is_no_fault_of_its_org() {
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
async fn an_app_whose_creation_was_answered_by_a_gateway_is_found_and_removed() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    org.faults(Some(Arc::new(|_, method, path| match (method, path) {
        ("POST", "/api/v1/apps") => Fault::BadGateway,
        _ => Fault::None,
    })));
    let report = run(armed(&org, &undo).create_apps(true).select("token-connection@zscalerbyz")).await;
    assert_eq!(org.seen().await, before);
    assert_eq!(report.restored.unwrap().removed.len(), 1);
    assert!(undo_files(&undo).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_not_deleted_on_the_word_of_one_answer() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    org.faults(Some(Arc::new(|_, method, path| match (method, path) {
        ("POST", "/api/v1/apps") => Fault::OtherId(GOOGLE),
        _ => Fault::None,
    })));
    let builder = armed(&org, &undo).create_apps(true);
    let builder =
        ["create-app-integration@google", "create-app-integration@bookmark", "token-connection@zscalerbyz"]
            .into_iter()
            .fold(builder, Builder::select);
    let report = run(builder).await;
    // What was created is found by its mark and gone; what was named falsely was not written to.
    is_put_back(&org, &before, "").await;
    assert!(org.writes().iter().all(|line| !line.contains(GOOGLE)), "{:?}", org.writes());
    assert_eq!(report.restored.as_ref().unwrap().removed.len(), 3, "{:?}", report.restored);
    assert_ne!(report.summary.verdict, Verdict::Conforms);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_without_the_mark_of_the_run_is_left_to_a_person() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    org.faults(Some(Arc::new(|_, method, path| match (method, path) {
        ("POST", "/api/v1/apps") => Fault::LostUnmarked,
        _ => Fault::None,
    })));
    let report = run(armed(&org, &undo).create_apps(true).select("create-app-integration@bookmark")).await;
    assert_eq!(org.seen().await.as_array().unwrap().len(), before.as_array().unwrap().len() + 1);
    let left = &report.restored.as_ref().unwrap().left;
    assert_eq!((left.len(), report.exit_code()), (1, 3));
    assert_eq!(left[0].calls.len(), 2, "the calls that a person decides about");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_of_another_kind_is_refused_before_anything_is_sent() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    for (id, wanted) in [(GOOGLE, "is `google`, not `zscalerbyz`"), ("0oaNONE", "404")] {
        let runner = armed(&org, &undo).app("zscalerbyz", id).build().unwrap();
        let message = runner.run(&mut |_| {}).await.unwrap_err().to_string();
        assert!(message.contains(wanted) && message.contains("nothing was changed"), "{message}");
    }
    assert!(org.writes().is_empty());
    assert!(undo_files(&undo).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_puts_back_what_it_changed() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    for stop_at in 1..9 {
        let stop = Stop::default();
        let (switch, count) = (stop.clone(), AtomicUsize::new(0));
        org.faults(Some(Arc::new(move |_, method, _| {
            if method != "GET" && count.fetch_add(1, Ordering::SeqCst) + 1 == stop_at {
                switch.because("a test");
            }
            Fault::None
        })));
        let builder = armed(&org, &undo).app("zscalerbyz", ZSCALER).allow_credential_change(true).stop(stop);
        let report =
            run(builder.select("user-provisioning-token@zscalerbyz").select("token-connection-lifecycle"))
                .await;
        is_put_back(&org, &before, &format!("stopped at write {stop_at}")).await;
        assert_eq!(report.summary.stopped.as_deref(), Some("a test"));
        undo_files(&undo).iter().for_each(|path| std::fs::remove_file(path).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_comes_back_finds_everything_put_back() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    for (at, fault) in [(14, Fault::LostBefore), (14, Fault::LostAfter), (20, Fault::LostAfter)] {
        let lost = Arc::new(AtomicUsize::new(0));
        let count = lost.clone();
        let begun = org.log().len();
        // Half dead: from then on six requests in a row get no answer.
        org.faults(Some(Arc::new(move |number, _, _| {
            match number > begun + at && count.fetch_add(1, Ordering::SeqCst) < 6 {
                true => fault,
                false => Fault::None,
            }
        })));
        let builder = armed(&org, &undo).app("zscalerbyz", ZSCALER).allow_credential_change(true);
        let report = run(FLOWS.iter().fold(builder, |builder, flow| builder.select(*flow))).await;
        is_put_back(&org, &before, &format!("lost at {at}")).await;
        assert_ne!(report.summary.verdict, Verdict::Deviates, "a lost answer is no deviation");
        undo_files(&undo).iter().for_each(|path| std::fs::remove_file(path).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_429_is_waited_out_and_shown() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    org.faults(Some(Arc::new(|number, _, _| if number % 5 == 0 { Fault::Limited(0) } else { Fault::None })));
    let flow = "token-connection-lifecycle@zscalerbyz";
    let report = run(armed(&org, &undo).create_apps(true).select(flow)).await;
    assert_eq!(org.seen().await, before);
    assert_eq!(report.summary.verdict, Verdict::Conforms);
    let steps = report.flows.iter().flat_map(|flow| &flow.steps);
    let repeated: Vec<&str> = steps.flat_map(|step| &step.repeated).map(String::as_str).collect();
    assert!(!repeated.is_empty() && repeated.iter().all(|reason| reason.starts_with("429")), "{repeated:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_org_is_waited_for_where_a_created_app_is_read_back() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let creations = AtomicUsize::new(0);
    // The request after each creation is the look at what was created.
    org.faults(Some(Arc::new(move |_, method, path| {
        let is_creation = (method, path) == ("POST", "/api/v1/apps");
        let pending = creations.fetch_add(usize::from(is_creation), Ordering::SeqCst);
        match !is_creation && pending > 0 {
            true => {
                creations.fetch_sub(1, Ordering::SeqCst);
                Fault::Limited(0)
            }
            false => Fault::None,
        }
    })));
    let report = run(armed(&org, &undo).create_apps(true).select("app-created-inactive")).await;
    assert_eq!(report.summary.verdict, Verdict::Conforms, "{:?}", report.flows[0].reason);
    assert_eq!(org.seen().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_limit_is_stopped_and_the_org_still_put_back() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let stop = Stop::default();
    let (switch, writes) = (stop.clone(), AtomicUsize::new(0));
    // From the third write on the org is busy, for longer than anybody waits; then it is stopped.
    org.faults(Some(Arc::new(move |_, method, _| {
        let number = writes.fetch_add(usize::from(method != "GET"), Ordering::SeqCst);
        if number < 3 || switch.reason().is_some() {
            return Fault::None;
        }
        let switch = switch.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            switch.because("a test");
        });
        Fault::Limited(2)
    })));
    let builder = armed(&org, &undo).app("zscalerbyz", ZSCALER).allow_credential_change(true).stop(stop);
    let report = run(FLOWS.iter().fold(builder, |builder, flow| builder.select(*flow))).await;
    is_put_back(&org, &before, "").await;
    assert_eq!(report.summary.stopped.as_deref(), Some("a test"));
}

/// The command as a process of its own, so that it can be killed.
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

/// Ends the process by a signal at its `at`-th write; whether it came so far.
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
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (reached.load(Ordering::SeqCst), said, output.status.code())
}

/// As if the run had asked for its apps an hour ago: what no list has by now was never made.
fn later(file: &std::path::Path) {
    let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    for app in kept["created"].as_array_mut().unwrap() {
        app["asked"] = (app["asked"].as_u64().unwrap() - 3600).into();
    }
    std::fs::write(file, kept.to_string()).unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_is_put_back_by_its_undo_file() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let (mut kills, mut unknowns) = (0, 0);
    for at in 1.. {
        for fault in [Fault::LostBefore, Fault::LostAfter] {
            let (reached, said, _) = ended_at(&org, &undo, at, fault, "-KILL").await;
            if !reached {
                assert!(kills > 20 && unknowns > 0, "{kills} kills, {unknowns} of creations");
                return;
            }
            kills += 1;
            let folder = undo.0.join("okta-conformance");
            let files: Vec<PathBuf> =
                std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            let [file] = files.as_slice() else { panic!("{files:?}: {said}") };
            let kept = std::fs::read_to_string(file).unwrap();
            assert!(!kept.contains(CANARY) && !kept.contains("fixture-token"), "{kept}");
            let output = command(&org, &undo, &["restore", file.to_str().unwrap()]).output().await.unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            is_put_back(&org, &before, &format!("killed at write {at}: {said}")).await;
            // Only the credential, if it was replaced by then, is left to a person; and an app of which
            // nobody knows yet whether the org made it.
            let replaced = kept.contains("\"credential_replaced\": true");
            let unknown = said.contains("may have been created");
            assert!(!unknown || fault == Fault::LostBefore, "{said}");
            assert_eq!(output.status.code(), Some(if replaced || unknown { 3 } else { 0 }), "{said}");
            assert_eq!(
                said.matches("NOT PUT BACK").count(),
                usize::from(replaced) + usize::from(unknown),
                "{said}"
            );
            if unknown {
                unknowns += 1;
                later(file);
                let output =
                    command(&org, &undo, &["restore", file.to_str().unwrap()]).output().await.unwrap();
                assert_eq!(output.status.code(), Some(if replaced { 3 } else { 0 }), "{output:?}");
            }
            assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        }
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn signals_end_a_run_in_order() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    for (at, signal) in [(1, "-INT"), (3, "-TERM"), (9, "-INT")] {
        let (reached, said, code) = ended_at(&org, &undo, at, Fault::None, signal).await;
        assert!(reached, "{said}");
        is_put_back(&org, &before, &format!("{signal} at write {at}: {said}")).await;
        assert!(said.contains("ended early: interrupted by"), "{said}");
        // Only the credential, if it was replaced by then, is left to a person.
        assert_eq!(code, Some(if said.contains("NOT PUT BACK") { 3 } else { 2 }), "{said}");
        assert!(!said.contains(CANARY), "{said}");
        let _ = std::fs::remove_dir_all(undo.0.join("okta-conformance"));
    }
}

/// Whoever ends the run at once leaves the org changed, and the exit code says so.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once_and_says_what_is_left() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let process = command(&org, &undo, &["run", "features-as-found@zscalerbyz"]).spawn().unwrap();
    let id = process.id().unwrap().to_string();
    let writes = AtomicUsize::new(0);
    org.faults(Some(Arc::new(move |_, method, _| {
        if method != "GET" && writes.fetch_add(1, Ordering::SeqCst) == 1 {
            for _ in 0..2 {
                let sent = std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
                assert!(sent.success());
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
        }
        Fault::None
    })));
    let output =
        tokio::time::timeout(Duration::from_secs(30), process.wait_with_output()).await.unwrap().unwrap();
    org.faults(None);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let file = std::fs::read_dir(undo.0.join("okta-conformance")).unwrap().next().unwrap().unwrap().path();
    let output = command(&org, &undo, &["restore", file.to_str().unwrap()]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    is_put_back(&org, &before, "").await;
}

/// An org that stops answering before anything was written is as it was.
#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_was_written_nothing_is_left() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    org.faults(Some(Arc::new(|number, _, _| if number > 8 { Fault::LostBefore } else { Fault::None })));
    let report =
        run(armed(&org, &undo).app("zscalerbyz", ZSCALER).select("features-as-found@zscalerbyz")).await;
    assert!(org.writes().is_empty(), "{:?}", org.writes());
    assert_eq!(report.restore_code(), 0);
    assert!(undo_files(&undo).is_empty());
}

/// Two targets are compared only if both are there.
#[tokio::test(flavor = "multi_thread")]
async fn a_diff_with_a_target_that_is_not_there_sends_nothing_to_the_other() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    for other in ["http://127.0.0.1:9", "nonsense"] {
        let args = ["diff", &org.url, other, "--allow-writes", "127.0.0.1", "--create-apps"];
        let output = command(&org, &undo, &args).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    assert!(org.log().is_empty(), "{:?}", org.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_undo_file_comes_first_and_one_of_another_org_is_refused() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let (reached, ..) = ended_at(&org, &undo, 2, Fault::LostAfter, "-KILL").await;
    assert!(reached);
    let output = command(&org, &undo, &["run", "user-provisioning-token@zscalerbyz"]).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("an earlier run did not put these apps back") && said.lines().count() == 1,
        "{said}"
    );
    assert_eq!(output.status.code(), Some(2));
    let file = std::fs::read_dir(undo.0.join("okta-conformance")).unwrap().next().unwrap().unwrap().path();
    let file = file.to_str().unwrap().to_owned();
    let other = ProductionOrg::start().await;
    let output = command(&other, &undo, &["restore", &file, "--target", &other.url]).output().await.unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("is the undo file of"), "{output:?}");
    // The same address, but an app that was created at another time.
    let text = std::fs::read_to_string(&file).unwrap();
    let forged = text.replace("\"created\": \"2", "\"created\": \"1");
    std::fs::write(&file, forged).unwrap();
    let begun = org.writes().len();
    let output = command(&org, &undo, &["restore", &file]).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("undo file of another org") && output.status.code() == Some(2), "{said}");
    assert_eq!(org.writes().len(), begun, "{said}");
}

/// The org may have made it, and show it later.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_of_which_nothing_is_known_is_told_and_looked_for_again() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    org.faults(Some(Arc::new(|_, method, path| match (method, path) {
        ("POST", "/api/v1/apps") => Fault::LostBefore,
        _ => Fault::None,
    })));
    // Its flow only reads, but the app for it is made.
    let report = run(armed(&org, &undo).create_apps(true).select("app-as-found@slack")).await;
    let left = &report.restored.as_ref().unwrap().left;
    assert!(left.len() == 1 && left[0].what.contains("may have been created"), "{left:?}");
    assert_eq!((left[0].calls[0].method.as_str(), report.exit_code()), ("GET", 3));
    org.faults(None);
    let files = undo_files(&undo);
    let [file] = files.as_slice() else { panic!("{files:?}") };
    later(file);
    let output = command(&org, &undo, &["restore", file.to_str().unwrap()]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(undo_files(&undo).is_empty());
    assert_eq!(org.seen().await, before);
}

/// An undo file of this org, with these apps as they are and a created app.
async fn undo_file(org: &ProductionOrg, undo: &Folder, apps: &[(&str, &str)], created: &Value) -> PathBuf {
    let mut found = Vec::new();
    for (name, id) in apps {
        let app = org.send("GET", &format!("/api/v1/apps/{id}"), None).await.1;
        let connection = org.send("GET", &format!("/api/v1/apps/{id}/connections/default"), None).await.1;
        found.push(serde_json::json!({
            "app": name, "id": id, "created": app["created"], "status": app["status"],
            "connection": {"status": connection["status"], "profile": connection["profile"],
                "baseUrl": connection["baseUrl"]},
            "features": null}));
    }
    let file = serde_json::json!({"format": 1, "tool": "okta-conformance", "version": "0.1.0",
        "target": org.url, "run": "00000000", "started": 0, "apps": found, "created": created});
    let path = undo.0.join("undo.json");
    std::fs::write(&path, file.to_string()).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_put_back_where_another_app_is_gone() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let file =
        undo_file(&org, &undo, &[("google", GOOGLE), ("zscalerbyz", ZSCALER)], &Value::Array(vec![])).await;
    org.send("POST", &format!("/api/v1/apps/{ZSCALER}/connections/default/lifecycle/deactivate"), None).await;
    org.send("POST", &format!("/api/v1/apps/{GOOGLE}/lifecycle/deactivate"), None).await;
    org.send("DELETE", &format!("/api/v1/apps/{GOOGLE}"), None).await;
    let output = command(&org, &undo, &["restore", file.to_str().unwrap()]).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains(&format!("NOT PUT BACK: google {GOOGLE}")) && said.contains("404"), "{said}");
    assert!(said.contains(&format!("put back and read back: zscalerbyz {ZSCALER}")), "{said}");
    assert_eq!(output.status.code(), Some(3));
    assert!(!file.exists(), "nothing is left that it could do");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_does_not_say_it_is_of_the_run_is_not_deleted() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    for label in ["", "Provisioning conformance zscalerbyz 00000000-0"] {
        let created = serde_json::json!([{"name": "zscalerbyz", "label": label, "id": ZSCALER}]);
        let file = undo_file(&org, &undo, &[], &created).await;
        let output = command(&org, &undo, &["restore", file.to_str().unwrap()]).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("is not the app that the run created"), "{said}");
        assert_eq!(output.status.code(), Some(3));
    }
    assert!(org.writes().is_empty(), "{:?}", org.writes());
    assert_eq!(org.seen().await, before);
}

/// Every app of a run would cost ten seconds more.
#[tokio::test(flavor = "multi_thread")]
async fn an_org_that_is_gone_is_given_up_once() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let names = ["0oaA", "0oaB", "0oaC", "0oaD"];
    let created = |id: &&str| serde_json::json!({"name": "bookmark", "label": "l", "id": id});
    let file = undo_file(&org, &undo, &[], &names.iter().map(created).collect()).await;
    // The runner asks first what the target is.
    org.faults(Some(Arc::new(|number, _, _| if number > 2 { Fault::LostBefore } else { Fault::None })));
    let output = command(&org, &undo, &["restore", file.to_str().unwrap()]).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said.matches("NOT PUT BACK").count(), names.len(), "{said}");
    assert_eq!(said.matches("not tried any more").count(), names.len() - 1, "{said}");
    assert!(org.log().iter().all(|line| !line.contains("0oaB")), "{:?}", org.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_tells_what_is_left_in_either_org() {
    let (one, other, undo) = (ProductionOrg::start().await, ProductionOrg::start().await, Folder::new());
    let app = format!("zscalerbyz={ZSCALER}");
    let args = ["diff", &one.url, &other.url, "--flow", "token-connection@zscalerbyz", "--app", &app];
    let rest = ["--other-app", &app, "--allow-credential-change", "--allow-writes"];
    // Armed is one of them alone: it would be written to for nothing.
    let host = one.url.trim_start_matches("http://");
    let output = command(&one, &undo, &args).args(rest).arg(host).output().await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("arms one of the two orgs"), "{output:?}");
    assert!(one.writes().is_empty() && other.writes().is_empty());
    let output = command(&one, &undo, &args).args(rest).arg("127.0.0.1").output().await.unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    for (said, org) in [(&output.stderr, &one), (&output.stdout, &other)] {
        let said = String::from_utf8_lossy(said);
        let call = format!("{}/api/v1/apps/{ZSCALER}/connections/default", org.url);
        assert!(said.contains("NOT PUT BACK") && said.contains(&call), "{said}");
        assert!(said.contains("if this run is killed"), "{said}");
    }
    assert!(!one.writes().is_empty() && !other.writes().is_empty());
}

/// What was found and removed is not looked for once more.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_whose_answer_was_lost_is_removed_once() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    org.faults(Some(Arc::new(|_, method, path| match (method, path) {
        ("POST", "/api/v1/apps") => Fault::LostAfter,
        _ => Fault::None,
    })));
    let report = run(armed(&org, &undo).create_apps(true).select("create-app-integration@bookmark")).await;
    let restored = report.restored.as_ref().unwrap();
    assert!(restored.left.is_empty() && restored.removed.len() == 1, "{restored:?}");
    assert_eq!(report.restore_code(), 0);
    assert!(undo_files(&undo).is_empty());
    assert_eq!(org.seen().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_was_limited_at_first_is_one_creation() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let limited = AtomicBool::new(false);
    org.faults(Some(Arc::new(move |_, method, path| {
        let is_first = (method, path) == ("POST", "/api/v1/apps") && !limited.swap(true, Ordering::SeqCst);
        if is_first { Fault::Limited(0) } else { Fault::None }
    })));
    let report = run(armed(&org, &undo).create_apps(true).select("app-created-inactive")).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.restored);
    assert!(undo_files(&undo).is_empty());
    assert_eq!(org.seen().await, before);
}
