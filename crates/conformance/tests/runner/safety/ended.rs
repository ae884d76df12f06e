//! The org is restored however a run ends: a stop, a signal, a kill, a failed network or a busy org.

#[cfg(unix)]
use std::pin::pin;

#[cfg(unix)]
use futures_util::{StreamExt as _, stream};

use super::*;
use crate::support::{say, tries_all};

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_restores_its_changes() {
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
        assert_restored(&org, &before, &format!("stopped at write {stop_at}")).await;
        assert_eq!(report.summary.stopped.as_deref(), Some("a test"));
        undo_files(&undo).iter().for_each(|path| std::fs::remove_file(path).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_429s_are_waited_for_and_reported() {
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
async fn a_run_that_waits_for_a_limit_can_be_stopped_and_restores_the_org() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let stop = Stop::default();
    let (switch, writes) = (stop.clone(), AtomicUsize::new(0));
    // From the third write on the org is busy for longer than a run waits; then the run is stopped.
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
    assert_restored(&org, &before, "").await;
    assert_eq!(report.summary.stopped.as_deref(), Some("a test"));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_is_restored_from_its_undo_file() {
    // Every fourth write, unless all cases are tested.
    if !tries_all() {
        say("killed runs: every fourth write; OKTA_TESTS_ALL=1 kills at each");
    }
    let writes = (1..).step_by(if tries_all() { 1 } else { 4 });
    let cases = writes.flat_map(|at| [Fault::LostBefore, Fault::LostAfter].map(|fault| (at, fault)));
    // Several at once, each in its own org: a search for a created app has long pauses.
    let mut outcomes = pin!(stream::iter(cases).map(|(at, fault)| killed(at, fault)).buffered(8));
    let (mut kills, mut unknowns) = (0, 0);
    while let Some(Some(is_unknown)) = outcomes.next().await {
        kills += 1;
        unknowns += usize::from(is_unknown);
    }
    assert!(kills > 10 && unknowns > 0, "{kills} kills, {unknowns} of creations");
}

/// Kills a run at its `at`-th write, and restores the org. Returns true if it is unknown whether the org created an
/// app, and nothing if the run has fewer writes.
#[cfg(unix)]
async fn killed(at: usize, fault: Fault) -> Option<bool> {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let (reached, output_text, _) = ended_at(&org, &undo, at, fault, "-KILL").await;
    if !reached {
        return None;
    }
    let files = left_in(&undo);
    let [file] = files.as_slice() else { panic!("{files:?}: {output_text}") };
    let kept = std::fs::read_to_string(file).unwrap();
    assert!(!kept.contains(CANARY) && !kept.contains("fixture-token"), "{kept}");
    let output = command(&org, &undo, &["restore", file.to_str().unwrap()]).output().await.unwrap();
    let output_text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_restored(&org, &before, &format!("killed at write {at}: {output_text}")).await;
    // Only a replaced credential is left to a person, and an app of which it is unknown whether the org created it.
    let replaced = kept.contains("\"credential_replaced\": true");
    let unknown = output_text.contains("was possibly created");
    assert!(!unknown || fault == Fault::LostBefore, "{output_text}");
    assert_eq!(output.status.code(), Some(if replaced || unknown { 3 } else { 0 }), "{output_text}");
    assert_eq!(
        output_text.matches("NOT RESTORED").count(),
        usize::from(replaced) + usize::from(unknown),
        "{output_text}"
    );
    if unknown {
        later(file);
        let output = restore_edited(&org, &undo, file).output().await.unwrap();
        assert_eq!(output.status.code(), Some(if replaced { 3 } else { 0 }), "{output:?}");
    }
    assert!(left_in(&undo).is_empty());
    Some(unknown)
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn signals_stop_a_run_in_order() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    for (at, signal) in [(1, "-INT"), (3, "-TERM"), (9, "-INT")] {
        let (reached, output_text, code) = ended_at(&org, &undo, at, Fault::None, signal).await;
        assert!(reached, "{output_text}");
        assert_restored(&org, &before, &format!("{signal} at write {at}: {output_text}")).await;
        assert!(output_text.contains("stopped early: interrupted by"), "{output_text}");
        // Only a replaced credential is left to a person.
        assert_eq!(code, Some(if output_text.contains("NOT RESTORED") { 3 } else { 2 }), "{output_text}");
        assert!(!output_text.contains(CANARY), "{output_text}");
        let _ = std::fs::remove_dir_all(undo.0.join("okta-conformance"));
    }
}

/// The system and the shell both report a closed terminal; a logout sends further signals.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_terminal_stops_the_run_in_order() {
    for signals in [["-HUP", "-HUP"], ["-HUP", "-TERM"], ["-TERM", "-HUP"]] {
        let (org, undo) = (ProductionOrg::start().await, Folder::new());
        let before = org.seen().await;
        let process = command(&org, &undo, &["run", "features-as-found@zscalerbyz"]).spawn().unwrap();
        let id = process.id().unwrap().to_string();
        let writes = AtomicUsize::new(0);
        org.faults(Some(Arc::new(move |_, method, _| {
            if method != "GET" && writes.fetch_add(1, Ordering::SeqCst) == 1 {
                for signal in signals {
                    assert!(
                        std::process::Command::new("kill").args([signal, &id]).status().unwrap().success()
                    );
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
            Fault::None
        })));
        let output = tokio::time::timeout(Duration::from_secs(30), process.wait_with_output());
        let output = output.await.unwrap().unwrap();
        org.faults(None);
        assert_eq!(output.status.code(), Some(2), "{signals:?}: {output:?}");
        assert_eq!(org.seen().await, before, "{signals:?}");
        assert!(left_in(&undo).is_empty());
    }
}

/// A run that was started with SIGHUP ignored, as by `nohup`, outlives the terminal and goes on to its end.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_ignored_sighup_stays_ignored() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let bare = command(&org, &undo, &["run", "features-as-found@zscalerbyz"]);
    let mut process = tokio::process::Command::new("sh");
    process.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(bare.as_std().get_program());
    process.args(bare.as_std().get_args()).env("OKTA_API_TOKEN", CANARY).env("XDG_STATE_HOME", &undo.0);
    process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let process = process.spawn().unwrap();
    let id = process.id().unwrap().to_string();
    let writes = AtomicUsize::new(0);
    org.faults(Some(Arc::new(move |_, method, _| {
        if method != "GET" && writes.fetch_add(1, Ordering::SeqCst) == 1 {
            assert!(std::process::Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
        }
        Fault::None
    })));
    let output =
        tokio::time::timeout(Duration::from_secs(30), process.wait_with_output()).await.unwrap().unwrap();
    org.faults(None);
    let output_text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() == Some(0) && !output_text.contains("stopped early"), "{output:?}");
    assert_eq!(org.seen().await, before);
    assert!(left_in(&undo).is_empty());
}

/// A terminal may disappear without a SIGHUP, as for a detached run: every write to it fails. The run goes on
/// to its end and restores everything; the report is in its files.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_run_continues_without_its_terminal() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    // The run must not hold the other end of its own terminal.
    rustix::io::fcntl_setfd(&ours, rustix::io::FdFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let report = undo.0.join("report.json");
    let mut process = command(&org, &undo, &["run", "features-as-found@zscalerbyz", "app-operations"]);
    process.args(["--report", &format!("json={}", report.display())]);
    process.stdin(theirs.try_clone().unwrap()).stdout(theirs.try_clone().unwrap()).stderr(theirs);
    let mut child = process.spawn().unwrap();
    // The command holds the test's copies of its terminal.
    drop(process);
    let (writes, terminal) = (AtomicUsize::new(0), std::sync::Mutex::new(Some(ours)));
    org.faults(Some(Arc::new(move |_, method, _| {
        if method != "GET" && writes.fetch_add(1, Ordering::SeqCst) == 1 {
            drop(terminal.lock().unwrap().take());
        }
        Fault::None
    })));
    let status = tokio::time::timeout(Duration::from_secs(60), child.wait()).await.unwrap().unwrap();
    org.faults(None);
    assert_eq!(org.seen().await, before);
    assert!(left_in(&undo).is_empty());
    // Nobody could read the report.
    assert_eq!(status.code(), Some(2));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    assert_eq!(report["verdict"], "conforms", "the run went on to its end");
    assert_eq!(report["flows"].as_array().unwrap().len(), 2);
}

/// Exiting at once leaves the org changed, and the exit code shows it.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_exits_at_once_and_keeps_the_undo_file() {
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
    let file = left_in(&undo).remove(0);
    let output = command(&org, &undo, &["restore", file.to_str().unwrap()]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_restored(&org, &before, "").await;
}

/// If an org stops answering before anything was written, nothing is left to restore.
#[tokio::test(flavor = "multi_thread")]
async fn without_writes_nothing_is_left_to_restore() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    org.faults(Some(Arc::new(|number, _, _| if number > 8 { Fault::LostBefore } else { Fault::None })));
    let report =
        run(armed(&org, &undo).app("zscalerbyz", ZSCALER).select("features-as-found@zscalerbyz")).await;
    assert!(org.writes().is_empty(), "{:?}", org.writes());
    assert_eq!(report.restore_code(), 0);
    assert!(undo_files(&undo).is_empty());
}
