//! Reports in files: all contain the deviations and no secrets, an unwritable file is reported before the first
//! request, and texts of an org have no effect on CI.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{CANARY, liar, run, text, words};
use crate::support::{Folder, lying, serve, shipped};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn every_report_contains_the_deviation_and_no_secret() {
    let folder = Arc::new(Folder::new());
    let at = |name: &str| folder.0.join(name).display().to_string();
    let line = format!(
        "run token-connection@zscalerbyz --target {} --brief --report junit={} --report json={} --report html={} --report har={} --report github",
        liar().await,
        at("j.xml"),
        at("r.json"),
        at("r.html"),
        at("r.har")
    );
    let output = run(&folder, words(&line)).await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    // The page breaks long words, which must not hide a secret.
    let read = |name: &str| std::fs::read_to_string(folder.0.join(name)).unwrap().replace("<wbr>", "");
    let terminal = text(&output.stdout);
    for (name, report) in [
        ("junit", read("j.xml")),
        ("json", read("r.json")),
        ("html", read("r.html")),
        ("har", read("r.har")),
        ("github", read("summary.md")),
        ("terminal", terminal.clone()),
    ] {
        assert!(report.contains("token-connection"), "{name}");
        for secret in
            [CANARY, "fixture-token-zscaler", "canary%2Freport", "Y2FuYXJ5L3JlcG9ydCtjcmVkZW50aWFsPT0"]
        {
            assert!(!report.contains(secret), "{secret} in {name}");
        }
    }
    assert!(terminal.contains("::error file=") && terminal.contains("title=contract.schema (1 step)"));
    assert!(read("j.xml").contains("<failure type=\"deviates\""));
    assert!(read("r.html").contains("&lt;b&gt;Enabled&lt;/b&gt;") && !read("r.html").contains("<b>Enabled"));
    let report: Value = serde_json::from_str(&read("r.json")).unwrap();
    assert_eq!(report["verdict"], "deviates");
    assert!(report["coverage"]["operations"].as_array().unwrap().len() > 10);
    for member in ["started", "contract", "guide", "run"] {
        assert!(report[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
    }
    let archive: Value = serde_json::from_str(&read("r.har")).unwrap();
    assert!(archive["log"]["entries"].as_array().unwrap().len() > 5);
    // Each report has the coverage by operation, status and app, and all versions.
    let comment = archive["log"]["comment"].as_str().unwrap();
    for (name, report) in
        [("junit", &read("j.xml")), ("har", &comment.to_owned()), ("github", &read("summary.md"))]
    {
        assert!(report.contains("verifyProvisioningConnectionForApplication"), "{name}");
        assert!(report.contains("zscalerbyz)"), "{name}");
        assert!(report.contains("Set up an app provisioning connection, steps "), "{name}");
        assert!(report.contains(env!("CARGO_PKG_VERSION")), "{name}");
    }
    let line =
        format!("run token-connection@zscalerbyz --target {} --format json --report github", liar().await);
    let json = run(&folder, words(&line)).await;
    assert!(text(&json.stderr).contains("::error file="));
    assert!(
        serde_json::from_slice::<Value>(&json.stdout).is_ok(),
        "annotations are not part of the document"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_before_every_report_file_is_open() {
    let folder = Arc::new(Folder::new());
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    let url = serve(shipped().layer(from_fn(move |request: Request, next: Next| {
        count.fetch_add(1, Ordering::SeqCst);
        next.run(request)
    })))
    .await;
    for report in ["html=/dev/null/x.html", "junit=/"] {
        let output = run(&folder, words(&format!("run --target {url} --report {report}"))).await;
        let output_text = text(&output.stderr);
        assert!(
            output_text.contains("cannot be written") && output_text.lines().count() == 1,
            "{output_text}"
        );
        assert_eq!(output.status.code(), Some(2));
    }
    let output = run(&folder, words(&format!("run --target {url} --plan"))).await;
    assert_eq!(output.status.code(), Some(0));
    let plan = text(&output.stdout);
    assert!(plan.contains("POST   /api/v1/apps") || plan.contains("skipped"), "{plan}");
    assert!(!plan.contains("fixture-token") && !plan.contains("fixture-password"), "a secret in the plan");
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

/// No text from an org becomes a command, markup or a link in a report.
#[tokio::test(flavor = "multi_thread")]
async fn texts_from_an_org_are_no_ci_commands() {
    const HOSTILE: &str = "##[stop-commands]x\n::error ::y ![a](http://evil.example) @here <img src=x>|`";
    let folder = Arc::new(Folder::new());
    let at = |name: &str| folder.0.join(name).display().to_string();
    let url = serve(lying(|exchange| {
        if exchange.path.ends_with("/connections/default") && exchange.status == 200 {
            exchange.body["status"] = HOSTILE.into();
            exchange.body[HOSTILE] = HOSTILE.into();
        }
    }))
    .await;
    let line = format!(
        "run token-connection@zscalerbyz --target {url} --report html={} --report junit={} --report github",
        at("r.html"),
        at("j.xml")
    );
    let output = run(&folder, words(&line)).await;
    let read = |name: &str| std::fs::read_to_string(folder.0.join(name)).unwrap();
    for (name, report) in [
        ("terminal", text(&output.stdout)),
        ("error", text(&output.stderr)),
        ("summary", read("summary.md")),
        // A CI job may print the file.
        ("junit", read("j.xml")),
    ] {
        assert!(!report.contains("##[stop"), "{name}: {report}");
        let commands = report.lines().filter(|line| line.trim_start().starts_with("::"));
        let ours = |line: &str| line.starts_with("::error file=") || line.starts_with("::warning ::");
        assert!(commands.into_iter().all(ours), "{name}: {report}");
    }
    let summary = read("summary.md");
    assert!(summary.contains("evil.example"), "{summary}");
    for line in summary.lines().filter(|line| line.contains("evil.example")) {
        // Outside of code spans there is none of it.
        let outside: String = line.split("``").step_by(2).collect();
        assert!(!outside.contains("evil.example") && !outside.contains("@here"), "{line}");
    }
    assert!(!read("r.html").contains("<img") && !read("j.xml").contains("<img"));
    let json =
        run(&folder, words(&format!("run token-connection@zscalerbyz --target {url} --format json"))).await;
    assert!(!text(&json.stdout).contains("##["), "a CI runner may print the document");
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(report.to_string().contains("##[stop-commands]"), "and the document is unchanged");
}
