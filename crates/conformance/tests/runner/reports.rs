//! Reports in files: all contain the deviations and no secrets, and an unwritable file is reported before the
//! first request.

use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Folder, lying, serve, shipped};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use okta_conformance::report::{FlowReport, ReportFiles, StepReport};
use okta_conformance::{Event, Scheme, Verdict};
use serde_json::Value;

const CANARY: &str = "canary/report+credential==";

/// Runs the command with its own state folder.
fn command(folder: &Folder, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_okta-conformance"))
        .args(args)
        .env_clear()
        .env("OKTA_API_TOKEN", CANARY)
        .env("XDG_STATE_HOME", folder.0.join("state"))
        .env("GITHUB_STEP_SUMMARY", folder.0.join("summary.md"))
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the command on another thread, because it blocks.
async fn run(folder: &Arc<Folder>, args: Vec<String>) -> Output {
    let folder = folder.clone();
    tokio::task::spawn_blocking(move || {
        command(&folder, &args.iter().map(String::as_str).collect::<Vec<_>>())
    })
    .await
    .unwrap()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(ToOwned::to_owned).collect()
}

/// An org that deviates and returns a token.
async fn liar() -> String {
    serve(lying(|exchange| {
        if exchange.path.ends_with("/connections/default") && exchange.status == 200 {
            exchange.body["status"] = "<b>Enabled</b> & \"more\"".into();
            exchange.body["token"] = exchange.request["profile"]["token"].clone();
        }
    }))
    .await
}

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
async fn known_deviations_are_accepted_until_they_are_stale() {
    let folder = Arc::new(Folder::new());
    let at = |name: &str| folder.0.join(name).display().to_string();
    let url = serve(lying(|exchange| {
        if exchange.path.ends_with("/lifecycle/deactivate") && exchange.status == 204 {
            exchange.headers.insert("content-type", "text/html".parse().unwrap());
            exchange.status = 202;
        }
    }))
    .await;
    let line = format!("run token-connection-lifecycle@zscalerbyz --brief --fail-on contract --target {url}");
    assert_eq!(run(&folder, words(&line)).await.status.code(), Some(1));
    let entry = |rest: &str| {
        format!(
            "{{\"deviations\":[\n{{\"pointer\":\"status\",\"reason\":\"reported to the vendor\"{rest}}}]}}"
        )
    };
    for (name, rest, code, output_text) in [
        ("good", "", 0, "✓ conforms"),
        ("expired", ",\"expires\":\"2020-01-01\"", 1, "expired on 2020-01-01"),
        ("elsewhere", ",\"step\":\"read-enabled\"", 1, "no longer matches anything"),
    ] {
        folder.write(name, &entry(rest));
        let output = run(&folder, words(&format!("{line} --known-deviations {}", at(name)))).await;
        let terminal = text(&output.stdout);
        assert!(terminal.contains(output_text), "{name}: {terminal}");
        assert_eq!(output.status.code(), Some(code), "{name}: {terminal}");
    }
    for (name, content, expected) in [
        ("none", "[]", ":1: expected an object with the list: {\"deviations\": [ … ]}"),
        (
            "blank",
            "{\"deviations\":[\n\n{\"pointer\":\"status\",\"reason\":\" \"}]}",
            ":3: the `reason` of this entry is empty",
        ),
        (
            "nowhere",
            "{\"deviations\":[\n{\"pointer\":\"status\",\"reason\":\"r\",\"step\":\"no-such-step\"}]}",
            ":2: there is no step `no-such-step`",
        ),
        ("lacking", "{\"deviations\":[\n{\"pointer\":\"status\"}]}", "missing field `reason`"),
    ] {
        folder.write(name, content);
        let output = run(&folder, words(&format!("{line} --known-deviations {}", at(name)))).await;
        let output_text = text(&output.stderr);
        assert!(
            output_text.contains(expected)
                && output_text.lines().count() == 1
                && output.status.code() == Some(2),
            "{output_text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_recorded_reviewed_and_compared_with() {
    let folder = Arc::new(Folder::new());
    let profiles = folder.0.join("profiles").display().to_string();
    let url = serve(shipped()).await;
    let flow = "token-connection@zscalerbyz";
    let record = format!("record --profile acme --profiles {profiles} --target {url} {flow}");
    let judge = format!("run --profile acme --profiles {profiles} --brief --target {url} {flow}");
    let output = run(&folder, words(&judge)).await;
    assert!(text(&output.stderr).contains("no profile with accepted snapshots"), "{output:?}");
    let output = run(&folder, words(&record)).await;
    assert!(text(&output.stdout).contains("new      token-connection@zscalerbyz"), "{output:?}");
    let output = run(&folder, words(&judge)).await;
    assert!(text(&output.stderr).contains("none of its snapshots is accepted"), "{output:?}");
    let accept = format!("accept --profile acme --profiles {profiles}");
    assert_eq!(run(&folder, words(&accept)).await.status.code(), Some(0));
    assert_eq!(run(&folder, words(&accept)).await.status.code(), Some(2), "nothing is pending any more");
    assert_eq!(run(&folder, words(&judge)).await.status.code(), Some(0));
    let output = run(&folder, words(&record)).await;
    assert!(text(&output.stdout).contains("no changes"), "{output:?}");
    // The same org with an additional member: only the profile finds it.
    let other = serve(lying(|exchange| {
        if exchange.path.ends_with("/connections/default") && exchange.status == 200 {
            exchange.body["added"] = 1.into();
        }
    }))
    .await;
    let output = run(&folder, words(&judge.replace(&url, &other))).await;
    assert!(
        output.status.code() == Some(1)
            && text(&output.stdout).contains("✗ snapshot.body  /response/body/added"),
        "{output:?}"
    );
    let output = run(&folder, words(&record.replace(&url, &other))).await;
    assert!(text(&output.stdout).contains("\"added\": 1"), "{}", text(&output.stdout));
    for (args, expected) in [("--profile ../x", "a profile name"), ("--profile acm", "did you mean `acme`?")]
    {
        let output = run(&folder, words(&format!("run --profiles {profiles} {args}"))).await;
        assert!(text(&output.stderr).contains(expected), "{output:?}");
    }
    std::fs::write(folder.0.join("profiles/acme/token-connection@zscalerbyz.snap"), "---\nx\n---\n{\n oops")
        .unwrap();
    let output_text = text(&run(&folder, words(&judge)).await.stderr);
    assert!(output_text.contains("zscalerbyz.snap:") && output_text.lines().count() == 1, "{output_text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_targets_are_compared_step_by_step() {
    let folder = Arc::new(Folder::new());
    let same = serve(shipped()).await;
    let output = run(&folder, words(&format!("diff mock {same} --brief --flow token-connection"))).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let other = serve(lying(|exchange| {
        if exchange.path.ends_with("/connections/default") && exchange.body["status"] == "ENABLED" {
            exchange.body["status"] = "ON".into();
        }
    }))
    .await;
    let output =
        run(&folder, words(&format!("diff {same} {other} --brief --flow token-connection@zscalerbyz"))).await;
    let output_text = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output_text}");
    assert!(
        output_text.contains("\"status\": \"ENABLED\"") && output_text.contains("\"status\": \"ON\""),
        "{output_text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn selections_narrow_each_other() {
    let folder = Arc::new(Folder::new());
    let counted = |output: &Output| {
        let last = text(&output.stdout).lines().last().unwrap_or_default().to_owned();
        last.split(": ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok())
    };
    let mut counts = Vec::new();
    for args in
        ["", "--tag consent", "--tag consent --only-app slack", "--tag consent --only-app slack --step deny"]
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

#[tokio::test(flavor = "multi_thread")]
async fn steps_that_change_between_rounds_are_named() {
    let folder = Arc::new(Folder::new());
    let count = Arc::new(AtomicUsize::new(0));
    let url = serve(lying(move |exchange| {
        if exchange.path.ends_with("/lifecycle/activate") && count.fetch_add(1, Ordering::SeqCst) % 3 == 2 {
            exchange.status = 200;
        }
    }))
    .await;
    let line = format!("run --brief --repeat 3 --jobs 1 --target {url} token-connection@zscalerbyz");
    let output = run(&folder, words(&line)).await;
    assert!(
        text(&output.stdout).contains("unstable: token-connection@zscalerbyz/activate"),
        "{}",
        text(&output.stdout)
    );
    assert_eq!(output.status.code(), Some(1));
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

/// For an imperfect org, known findings are written to a file, and only new ones fail.
#[tokio::test(flavor = "multi_thread")]
async fn known_deviations_are_written_filled_in_and_compared() {
    let folder = Arc::new(Folder::new());
    let at = |name: &str| folder.0.join(name).display().to_string();
    let broken = |more: bool| {
        serve(lying(move |exchange| {
            if exchange.path.ends_with("/connections/default") && exchange.status == 200 {
                exchange.body["status"] = "BROKEN".into();
                if more {
                    exchange.body["profile"]["authScheme"] = "NEW".into();
                }
            }
        }))
    };
    let (old, new) = (broken(false).await, broken(true).await);
    let line = |url: &str| format!("run token-connection@zscalerbyz --target {url}");
    let write =
        format!("{} --write-known-deviations {} --report json={}", line(&old), at("known"), at("old.json"));
    assert_eq!(run(&folder, words(&write)).await.status.code(), Some(1));
    let known = std::fs::read_to_string(folder.0.join("known")).unwrap();
    let output = run(&folder, words(&format!("{} --known-deviations {}", line(&old), at("known")))).await;
    assert!(text(&output.stderr).contains("the `reason` of this entry is empty"), "{output:?}");
    folder.write("known", &known.replace("\"reason\": \"\"", "\"reason\": \"reported to the vendor\""));
    let output = run(&folder, words(&format!("{} --known-deviations {}", line(&old), at("known")))).await;
    let output_text = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output_text}");
    assert!(
        output_text.contains("Accepted deviations") && output_text.contains("reported to the vendor"),
        "{output_text}"
    );
    assert!(output_text.lines().last().unwrap().contains("accepted deviations"), "{output_text}");
    let later = format!("{} --known-deviations {} --report json={}", line(&new), at("known"), at("new.json"));
    assert_eq!(run(&folder, words(&later)).await.status.code(), Some(1), "new findings fail");
    let compare = |one: &str, other: &str| format!("compare {} {}", at(one), at(other));
    let output = run(&folder, words(&compare("old.json", "new.json"))).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("✗ new  contract.schema  body#/profile/authScheme"), "{output:?}");
    assert_eq!(run(&folder, words(&compare("old.json", "old.json"))).await.status.code(), Some(0));
    folder.write("none.json", "{}");
    let output = run(&folder, words(&compare("none.json", "old.json"))).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("this is not a JSON report"), "{output:?}");
    // A check can be turned off, and the report says so.
    let output = run(&folder, words(&format!("{} --skip-check contract.schemas", line(&old)))).await;
    assert!(text(&output.stderr).contains("did you mean `contract.schema`?"), "{output:?}");
    let skipped = ["documented.criterion", "contract.schema", "snapshot.body"];
    let skips: String = skipped.iter().map(|id| format!(" --skip-check {id}")).collect();
    let output = run(&folder, words(&format!("{}{skips}", line(&old)))).await;
    assert!(
        text(&output.stdout).contains("checks turned off by --skip-check: documented.criterion"),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
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

/// One fault appears with another id, time and port each time. It is one finding, even across runs, and an
/// entry of known deviations accepts it there.
#[tokio::test(flavor = "multi_thread")]
async fn ids_times_and_ports_do_not_make_another_finding() {
    let folder = Arc::new(Folder::new());
    let at = |name: &str| folder.0.join(name).display().to_string();
    let elsewhere = || {
        let number = AtomicUsize::new(0);
        serve(lying(move |exchange| {
            let links =
                exchange.body.pointer_mut("/_links/deactivate/href").filter(|_| exchange.status == 200);
            if let Some(href) = links {
                let other = format!("0oaOther{:012}", number.fetch_add(1, Ordering::Relaxed));
                *href = format!("http://{}/api/v1/apps/{other}/lifecycle/deactivate", exchange.host).into();
            }
        }))
    };
    let line = |url: &str, report: &str| {
        let file = at(report);
        format!("run token-connection@zscalerbyz app-operations --target {url} --report json={file}")
    };
    let (first, second) = (elsewhere().await, elsewhere().await);
    let write = format!("{} --write-known-deviations {}", line(&first, "first.json"), at("known"));
    let output = run(&folder, words(&write)).await;
    let output_text = text(&output.stdout);
    let groups = output_text.lines().filter(|line| line.contains("contract.links.lifecycle"));
    let groups: Vec<&str> = groups.collect();
    // A change of an active app is answered with 200 like the creation, each with its own id.
    assert!(groups.len() == 1 && !groups[0].ends_with("  1 step"), "{output_text}");
    assert!(output_text.contains("the others differ in ids, times or indexes"), "{output_text}");
    let known = std::fs::read_to_string(folder.0.join("known")).unwrap();
    assert!(known.contains("\"actual\"") && !known.contains("0oaOther"), "{known}");
    folder.write("known", &known.replace("\"reason\": \"\"", "\"reason\": \"reported to the vendor\""));
    let again = format!("{} --known-deviations {}", line(&second, "second.json"), at("known"));
    let output = run(&folder, words(&again)).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let output = run(&folder, words(&format!("compare {} {}", at("first.json"), at("second.json")))).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("0 new findings, 0 gone findings"), "{output:?}");
    // Another fault at the same place is another finding.
    let other = serve(lying(|exchange| {
        if exchange.status == 200 && exchange.body.pointer("/_links/deactivate/href").is_some() {
            exchange.body["_links"]["deactivate"]["href"] = "http://other.example/".into();
        }
    }))
    .await;
    let again = format!("{} --known-deviations {}", line(&other, "other.json"), at("known"));
    assert_eq!(run(&folder, words(&again)).await.status.code(), Some(1), "new findings fail");
}

/// The number of steps with a verdict.
fn steps_of(flows: &[Arc<FlowReport>], verdict: Verdict) -> usize {
    flows.iter().flat_map(|flow| &flow.steps).filter(|step| step.verdict == verdict).count()
}

/// Copies of flow runs, round by round, until `count` of them is enough.
fn rounds(
    from: &[Arc<FlowReport>],
    count: impl Fn(&[Arc<FlowReport>]) -> usize,
    enough: usize,
) -> Vec<Arc<FlowReport>> {
    let mut flows = Vec::new();
    for (at, flow) in from.iter().cycle().enumerate() {
        if count(&flows) >= enough {
            break;
        }
        let round = u32::try_from(at / from.len() + 1).ok();
        let mut copy = FlowReport::clone(flow);
        copy.info.round = round;
        // Steps are distinguished by their addresses.
        let steps = flow.steps.iter().map(|step| Arc::new(StepReport::clone(step))).collect();
        copy.steps = steps;
        flows.push(Arc::new(copy));
    }
    flows
}

/// A page of 2,000 steps, of which 400 deviate in several ways, is small, and failures come first.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_run_has_a_small_page_with_failures_first() {
    let url = serve(lying(|exchange| {
        if exchange.path.ends_with("/connections/default") && exchange.status == 200 {
            exchange.body["status"] = "BROKEN".into();
        }
        if exchange.path.ends_with("/features") && exchange.status == 200 {
            exchange.headers.remove("cache-control");
        }
        if exchange.path.contains("/features/") && exchange.status == 200 {
            exchange.body["description"] = "what the org says itself".into();
        }
    }))
    .await;
    let report = crate::support::run(&url, &[], None).await;
    let of = |is: fn(Verdict) -> bool| {
        report.flows.iter().filter(|flow| is(flow.verdict)).cloned().collect::<Vec<_>>()
    };
    let deviating =
        rounds(&of(|verdict| verdict == Verdict::Deviates), |flows| steps_of(flows, Verdict::Deviates), 400);
    let steps = |flows: &[Arc<FlowReport>]| flows.iter().map(|flow| flow.steps.len()).sum::<usize>();
    let rest = 2_000 - steps(&deviating);
    let flows = [rounds(&of(|verdict| verdict == Verdict::Conforms), steps, rest), deviating].concat();
    let folder = Folder::new();
    let [page, junit] = ["r.html", "j.xml"].map(|name| folder.0.join(name));
    let expected = [format!("html={}", page.display()), format!("junit={}", junit.display())];
    let expected = expected.iter().map(|expected| expected.parse().unwrap()).collect();
    let mut reports = ReportFiles::open(expected, &[], Scheme::ApiToken).unwrap();
    reports.event(&Event::RunStarted(report.info.clone()));
    flows.iter().for_each(|flow| reports.event(&Event::FlowFinished(flow.clone())));
    reports.event(&Event::RunFinished(report.summary.clone()));
    reports.finish().unwrap();
    let [page, junit] = [page, junit].map(|path| std::fs::read_to_string(path).unwrap());
    // Chromium opens a page of this size in less than a second on a slow machine.
    assert!(page.len() < 1_400_000, "{} bytes", page.len());
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is not on the page"));
    assert!(at("<h2>Findings (") < at("<h2>Flow runs (") && at("<h2>Flow runs (") < at("<h2>Coverage"));
    let verdicts = page.match_indices("<details class=\"flow\"><summary><b class=\"");
    let verdicts = verdicts.map(|(at, mark)| page[at + mark.len()..].starts_with("deviates"));
    assert_first(&verdicts.collect::<Vec<_>>());
    let suites: Vec<&str> = junit.lines().filter(|line| line.contains("<testsuite ")).collect();
    assert_first(&suites.iter().map(|suite| !suite.contains(" failures=\"0\"")).collect::<Vec<_>>());
    for (id, suite) in suites.iter().enumerate() {
        assert!(suite.contains(&format!(" id=\"{id}\" ")), "{id}: {suite}");
    }
}

/// Failures come first; there are some of both kinds.
fn assert_first(failed: &[bool]) {
    assert!(failed.is_sorted_by(|one, next| one >= next), "{failed:?}");
    assert!(failed.first() == Some(&true) && failed.last() == Some(&false), "{failed:?}");
}
