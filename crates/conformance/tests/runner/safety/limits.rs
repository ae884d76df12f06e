//! Large and slow answers: a run ends in time and restores the org.

use std::time::Instant;

use okta_conformance::Event;
use okta_conformance::report::Waiting;

use super::*;

const LIFECYCLE: &str = "token-connection-lifecycle@zscalerbyz";

/// Faults for the connection of an app, by method.
fn on_connection(method_with_fault: &'static str, fault: Fault) -> crate::support::org::Faults {
    Arc::new(move |_, method, path| {
        match method == method_with_fault && path.ends_with("/connections/default") {
            true => fault,
            false => Fault::None,
        }
    })
}

/// Twenty thousand items once took 23 seconds to compare, during which a stop was ignored.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_answer_is_judged_in_bounded_time() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let (large, reads) = (on_connection("GET", Fault::Large(20_000)), AtomicUsize::new(0));
    // One such answer shows the time.
    org.faults(Some(Arc::new(move |number, method, path| match large(number, method, path) {
        Fault::None => Fault::None,
        fault if reads.fetch_add(1, Ordering::SeqCst) == 0 => fault,
        _ => Fault::None,
    })));
    let snapshots = crate::support::truthful(&[LIFECYCLE]).await;
    let began = Instant::now();
    let report = run(armed(&org, &undo).create_apps(true).snapshots(&snapshots.0).select(LIFECYCLE)).await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert_eq!(report.flows[0].verdict, Verdict::Deviates);
    assert_eq!(org.seen().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_timeout_applies_while_the_org_is_slow() {
    let cases = [("POST", Fault::Slow(50)), ("GET", Fault::Slow(50)), ("GET", Fault::Large(60_000))];
    // At once, each in its own org: most of the time is waits.
    futures_util::future::join_all(cases.map(|(method, fault)| async move {
        let (org, undo) = (ProductionOrg::start().await, Folder::new());
        let before = org.seen().await;
        org.faults(Some(on_connection(method, fault)));
        let began = Instant::now();
        let builder = armed(&org, &undo).create_apps(true).run_timeout(Duration::from_secs(1));
        let report = run(builder.select(LIFECYCLE)).await;
        assert!(began.elapsed() < Duration::from_secs(40), "{method}: {:?}", began.elapsed());
        assert_eq!(report.summary.stopped.as_deref(), Some("the run took longer than 1 s"));
        assert_eq!((org.seen().await, report.exit_code()), (before, 2), "{method}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_failure_is_reported_and_a_permanent_one_is_judged() {
    let once = || {
        let seen = std::sync::Mutex::new(std::collections::HashSet::new());
        let faults: crate::support::org::Faults = Arc::new(move |_, method, path| {
            let is_first = method == "GET" && seen.lock().unwrap().insert(path.to_owned());
            if is_first { Fault::Unavailable } else { Fault::None }
        });
        faults
    };
    for (retries, verdict) in [(1, Verdict::Conforms), (0, Verdict::Deviates)] {
        let (org, undo) = (ProductionOrg::start().await, Folder::new());
        let runner = armed(&org, &undo)
            .app("zscalerbyz", ZSCALER)
            .retries(retries)
            .select("app-as-found@zscalerbyz")
            .build()
            .unwrap();
        // The apps are read once before the flow starts.
        let begun = once();
        let reads = AtomicUsize::new(0);
        org.faults(Some(Arc::new(move |number, method, path| {
            match reads.fetch_add(1, Ordering::SeqCst) >= 5 {
                true => begun(number, method, path),
                false => Fault::None,
            }
        })));
        let report = runner.run(&mut |_| {}).await.unwrap();
        assert_eq!(report.summary.verdict, verdict, "{:?}", report.flows[0]);
        let reported = report.flows[0].steps.iter().flat_map(|step| &step.repeated).collect::<Vec<_>>();
        assert_eq!(
            reported.iter().any(|reason| reason.starts_with("503: sent again")),
            retries > 0,
            "{reported:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_is_reported_as_it_begins() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let limited = AtomicBool::new(false);
    org.faults(Some(Arc::new(move |_, method, path| {
        let is_first = method == "GET"
            && path.ends_with("/connections/default")
            && !limited.swap(true, Ordering::SeqCst);
        if is_first { Fault::Limited(4) } else { Fault::None }
    })));
    let mut reported: Vec<Waiting> = Vec::new();
    let runner = armed(&org, &undo).app("zscalerbyz", ZSCALER).select("app-as-found@zscalerbyz");
    runner
        .build()
        .unwrap()
        .run(&mut |event| {
            if let Event::Waiting(waiting) = event {
                reported.push(waiting.clone());
            }
        })
        .await
        .unwrap();
    let [waiting] = reported.as_slice() else { panic!("{reported:?}") };
    assert!((2..=4).contains(&waiting.seconds) && waiting.until.ends_with('Z'), "{waiting}");
    assert!(waiting.reason.contains("answered 429"), "{waiting}");
}

/// Each level refers to the next one twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_with_doubling_references_is_rejected() {
    let folder = Folder::new();
    let mut schemas = serde_json::Map::new();
    for level in 0..40 {
        let next = serde_json::json!({"$ref": format!("#/components/schemas/L{}", level + 1)});
        schemas.insert(format!("L{level}"), serde_json::json!({"anyOf": [next, next]}));
    }
    schemas.insert("L40".to_owned(), serde_json::json!({"type": "string"}));
    let answer = serde_json::json!({"description": "", "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/L0"}}}});
    let document = serde_json::json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"},
        "paths": {"/api/v1/apps": {"get": {"operationId": "listApplications", "responses": {"200": answer}}}},
        "components": {"schemas": schemas}});
    let file = folder.write("doubling.json", &document.to_string());
    let built = tokio::time::timeout(
        Duration::from_secs(60),
        tokio::task::spawn_blocking(move || Runner::builder().contract(file).build().unwrap_err()),
    );
    let message = built.await.unwrap().unwrap().to_string();
    assert!(message.contains("doubling.json") && message.contains("multiply"), "{message}");
}
