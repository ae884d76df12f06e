//! Requests that get no answer: their effect is found out and undone, or reported. The cases wait most of their
//! time, so they run at once, each in its own org.

use futures_util::future::BoxFuture;

use super::restored::undo_file;
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn requests_without_an_answer_are_settled() {
    let cases: [(&str, BoxFuture<'static, ()>); 5] = [
        (
            "an app without the note of the run is left to a person",
            Box::pin(an_app_without_the_note_of_the_run_is_left_to_a_person()),
        ),
        (
            "a possibly created app is reported and searched for again",
            Box::pin(a_possibly_created_app_is_reported_and_searched_for_again()),
        ),
        (
            "an app whose answer was lost is removed once",
            Box::pin(an_app_whose_answer_was_lost_is_removed_once()),
        ),
        (
            "a run restores the org after a network failure",
            Box::pin(a_run_restores_the_org_after_a_network_failure()),
        ),
        ("an unreachable org is given up once", Box::pin(an_unreachable_org_is_given_up_once())),
    ];
    let running = cases.map(|(name, case)| (name, tokio::spawn(case)));
    let mut failed = Vec::new();
    for (name, case) in running {
        failed.extend(case.await.err().map(|error| format!("{name}: {error}")));
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

async fn an_app_without_the_note_of_the_run_is_left_to_a_person() {
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
    assert_eq!(left[0].calls.len(), 2, "the calls for a person to decide");
}

/// The org may have created the app and list it later.
async fn a_possibly_created_app_is_reported_and_searched_for_again() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    org.faults(Some(Arc::new(|_, method, path| match (method, path) {
        ("POST", "/api/v1/apps") => Fault::LostBefore,
        _ => Fault::None,
    })));
    // The flow only reads, but an app is created for it.
    let report = run(armed(&org, &undo).create_apps(true).select("app-as-found@slack")).await;
    let left = &report.restored.as_ref().unwrap().left;
    assert!(left.len() == 1 && left[0].what.contains("was possibly created"), "{left:?}");
    assert_eq!((left[0].calls[0].method.as_str(), report.exit_code()), ("GET", 3));
    org.faults(None);
    let files = undo_files(&undo);
    let [file] = files.as_slice() else { panic!("{files:?}") };
    later(file);
    let output = restore_edited(&org, &undo, file).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(undo_files(&undo).is_empty());
    assert_eq!(org.seen().await, before);
}

/// An app that was found and removed is not searched for again.
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

async fn a_run_restores_the_org_after_a_network_failure() {
    let cases = [(14, Fault::LostBefore), (14, Fault::LostAfter), (20, Fault::LostAfter)];
    // At once, each in its own org: most of the time is pauses between attempts.
    futures_util::future::join_all(cases.map(|(at, fault)| async move {
        let (org, undo) = (ProductionOrg::start().await, Folder::new());
        let before = org.seen().await;
        let lost = Arc::new(AtomicUsize::new(0));
        let count = lost.clone();
        let begun = org.log().len();
        // From then on six requests in a row get no answer.
        org.faults(Some(Arc::new(move |number, _, _| {
            match number > begun + at && count.fetch_add(1, Ordering::SeqCst) < 6 {
                true => fault,
                false => Fault::None,
            }
        })));
        let builder = armed(&org, &undo).app("zscalerbyz", ZSCALER).allow_credential_change(true);
        let report = run(FLOWS.iter().fold(builder, |builder, flow| builder.select(*flow))).await;
        assert_restored(&org, &before, &format!("lost at {at}")).await;
        assert_ne!(report.summary.verdict, Verdict::Deviates, "a lost answer is no deviation");
    }))
    .await;
}

/// Otherwise every app of a run would take ten more seconds.
async fn an_unreachable_org_is_given_up_once() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let names = ["0oaA", "0oaB", "0oaC", "0oaD"];
    let created = |id: &&str| serde_json::json!({"name": "bookmark", "label": "l", "id": id});
    let file = undo_file(&org, &undo, &[], &names.iter().map(created).collect()).await;
    // The runner first detects the kind of the target.
    org.faults(Some(Arc::new(|number, _, _| if number > 2 { Fault::LostBefore } else { Fault::None })));
    let output = restore_edited(&org, &undo, &file).output().await.unwrap();
    let output_text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output_text.matches("NOT RESTORED").count(), names.len(), "{output_text}");
    assert_eq!(output_text.matches("not tried again").count(), names.len() - 1, "{output_text}");
    assert!(org.log().iter().all(|line| !line.contains("0oaB")), "{:?}", org.log());
}
