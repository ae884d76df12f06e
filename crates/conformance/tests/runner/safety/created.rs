//! Apps that a run creates: they are deleted at the end, searched for after a lost answer, and no other app is
//! changed.

use super::*;

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
    // Without a consenting person the flow is skipped with a reason.
    let consent = report.flow("oauth-connection@google").unwrap();
    assert!(consent.reason.as_ref().unwrap().contains("--consent-command"), "{:?}", consent.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_on_one_org_record_the_same_answers() {
    let org = ProductionOrg::start().await;
    let mut recorded = Vec::new();
    for _ in 0..2 {
        let undo = Folder::new();
        let builder = armed(&org, &undo).create_apps(true).select("app-created-inactive");
        let report = run(builder.select("token-connection@zscalerbyz")).await;
        recorded.push(report.flows.iter().map(|flow| flow.normalised.clone()).collect::<Vec<_>>());
    }
    assert_eq!(recorded[0], recorded[1]);
    assert!(!Value::from(recorded[0].clone()).to_string().contains("okta-conformance"));
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
async fn an_app_is_not_deleted_because_of_one_wrong_answer() {
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
    // The created apps are found by their note and deleted; the wrongly named app was not changed.
    assert_restored(&org, &before, "").await;
    assert!(org.writes().iter().all(|line| !line.contains(GOOGLE)), "{:?}", org.writes());
    assert_eq!(report.restored.as_ref().unwrap().removed.len(), 3, "{:?}", report.restored);
    assert_ne!(report.summary.verdict, Verdict::Conforms);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_org_is_waited_for_when_a_created_app_is_verified() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let creations = AtomicUsize::new(0);
    // The request after each creation reads the created app.
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
async fn a_rate_limited_creation_is_one_creation() {
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
