//! Selected and skipped flow runs, and the plan of a run.

use std::process::Output;
use std::sync::Arc;

use super::{liar, run, text, words};
use crate::support::{Folder, lying, serve, shipped};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use okta_conformance::Runner;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_marks_changes_that_cannot_be_undone() {
    let folder = Arc::new(Folder::new());
    let line = "run token-connection@zscalerbyz --target https://dev-1.okta.com --allow-writes dev-1.okta.com \
                --app zscalerbyz=0oaX --allow-credential-change --plan";
    let plan = text(&run(&folder, words(line)).await.stdout);
    assert!(
        plan.contains("CANNOT BE UNDONE") && plan.contains("/api/v1/apps/0oaX/connections/default"),
        "{plan}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn selections_narrow_each_other() {
    let folder = Arc::new(Folder::new());
    let counted = |output: &Output| {
        let last = text(&output.stdout).lines().last().unwrap_or_default().to_owned();
        last.split(": ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok())
    };
    let mut counts = vec![Runner::builder().build().unwrap().planned().len()];
    for args in
        ["--tag consent", "--tag consent --only-app slack", "--tag consent --only-app slack --step deny"]
    {
        let output = run(&folder, words(&format!("run --brief {args}"))).await;
        counts.push(counted(&output).unwrap_or_else(|| panic!("{args}: {output:?}")));
    }
    assert!(counts.windows(2).all(|pair| pair[0] > pair[1]) && counts[3] == 1, "{counts:?}");
    for (args, expected) in [
        ("--tag consnt", "did you mean `consent`?"),
        ("--only-app gogle", "did you mean `google`?"),
        ("--step denny", "did you mean `deny`?"),
        ("--section Nonsense", "there is no section `Nonsense`"),
        ("--tag consent --only-app zscalerbyz", "no flow matches all the filters"),
        ("--last-failed", "nothing failed in the last run"),
    ] {
        let output_text = text(&run(&folder, words(&format!("run {args}"))).await.stderr);
        assert!(output_text.contains(expected) && output_text.lines().count() == 1, "{args}: {output_text}");
    }
    let url = liar().await;
    let line = format!("run --brief --target {url} --jobs 1 token-connection unknown-app app-errors");
    let output = run(&folder, words(&format!("{line} --fail-fast"))).await;
    assert!(text(&output.stdout).contains("(--fail-fast)"), "{}", text(&output.stdout));
    let all = counted(&run(&folder, words(&line)).await).unwrap();
    let failed =
        counted(&run(&folder, words(&format!("run --brief --target {url} --last-failed"))).await).unwrap();
    assert!(failed > 0 && failed < all, "{failed} of {all}");
}

/// A deciding judgement that judged nothing leaves the run undecided.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_not_judged_does_not_conform() {
    let folder = Arc::new(Folder::new());
    let at = |name: &str| folder.0.join(name).display().to_string();
    folder.write("other.snap", "---\nsource: x\n---\n{\"steps\": []}\n");
    let url = serve(lying(|exchange| {
        if exchange.path.ends_with("/connections/default") && exchange.status == 200 {
            exchange.body["status"] = "BROKEN".into();
        }
    }))
    .await;
    let flow = "token-connection@zscalerbyz";
    let line = format!("run {flow} --target {url} --snapshots {} --fail-on snapshot", folder.0.display());
    let output = run(&folder, words(&format!("{line} --report json={}", at("r.json")))).await;
    let output_text = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{output_text}");
    assert!(
        output_text.contains("undecided: the snapshot judgement did not judge any step"),
        "{output_text}"
    );
    assert!(
        output_text.contains("Findings that do not decide (--fail-on)") && output_text.contains("BROKEN"),
        "{output_text}"
    );
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.0.join("r.json")).unwrap()).unwrap();
    let counts = &report["counts"];
    assert!(counts["notDeciding"].as_u64().unwrap() > 0 && report["verdict"] == "unjudged", "{report}");
    let of_steps = ["conforms", "deviates", "skipped", "unjudged", "error"];
    let sum: u64 = of_steps.iter().map(|name| counts[name].as_u64().unwrap()).sum();
    assert_eq!(sum, counts["steps"].as_u64().unwrap(), "{counts}");
}

/// Skipped flow runs are reported in the last lines, and fail a run with --fail-on-skip.
#[tokio::test(flavor = "multi_thread")]
async fn skipped_flow_runs_are_reported() {
    use axum::response::IntoResponse as _;
    let folder = Arc::new(Folder::new());
    let url = serve(shipped().layer(from_fn(|request: Request, next: Next| async {
        match request.uri().path() {
            "/_mock" => axum::http::StatusCode::NOT_FOUND.into_response(),
            _ => next.run(request).await,
        }
    })))
    .await;
    let line = format!(
        "run oauth-connection@google token-connection@zscalerbyz --target {url} --allow-writes 127.0.0.1 --create-apps"
    );
    for (extra, code) in [("", 0), (" --fail-on-skip", 2)] {
        let output = run(&folder, words(&format!("{line}{extra}"))).await;
        let output_text = text(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{output_text}");
        assert!(output_text.contains("1 of 2 flow runs skipped (--fail-on-skip"), "{output_text}");
        assert!(output_text.contains("1 × it needs a person who consents"), "{output_text}");
        assert!(!text(&output.stderr).contains("nothing was judged"), "{output:?}");
    }
}
