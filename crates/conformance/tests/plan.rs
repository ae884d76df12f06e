//! `--plan` against what an org was asked for: the same requests, in the same order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use okta_conformance::{Asked, Builder, Runner};
use regex::Regex;
use support::Folder;
use support::org::{ProductionOrg, ZSCALER};

/// A line of a plan: the request, and whether it is sent in any case.
struct Line {
    request: Regex,
    is_certain: bool,
    shown: String,
}

/// The requests of a plan, up to what is done at its end.
fn lines(plan: &str) -> Vec<Line> {
    let flows = plan.split("\nat the end, if").next().unwrap();
    // What only the mock would be asked for is no request to an org.
    let mut is_left_out = false;
    let flows: Vec<&str> = flows
        .lines()
        .filter(|line| {
            is_left_out = (is_left_out && line.starts_with(' ')) || line.starts_with("    left out, unless");
            !is_left_out
        })
        .collect();
    let wanted = Regex::new(r"^    (GET|POST|PUT|DELETE) +(/[^?]*?)(\?.*)?(   .*)?$").unwrap();
    let placeholder = Regex::new(r"\\\{[^}]*\\\}").unwrap();
    flows
        .into_iter()
        .filter_map(|line| {
            let found = wanted.captures(line)?;
            let request = regex::escape(&format!("{} {}", &found[1], found[2].split("   ").next().unwrap()));
            let request = placeholder.replace_all(&request, "[^/]+");
            Some(Line {
                request: Regex::new(&format!("^{request}$")).unwrap(),
                is_certain: !line.ends_with("is enabled)"),
                shown: line.to_owned(),
            })
        })
        .collect()
}

/// Compares a plan with the requests of the run.
async fn is_what_is_sent(set: impl Fn(Builder) -> Builder) {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let runner = set(Runner::builder().target(&org.url).undo_folder(&undo.0)).build().unwrap();
    let plan = runner.preview();
    assert!(org.log().is_empty(), "a plan sends nothing");
    assert!(!["$steps", "$inputs", "$response", "$outputs"].iter().any(|raw| plan.contains(raw)), "{plan}");
    runner.run(&mut |_| {}).await.unwrap();
    let log = org.log();
    let mut sent = log.iter().peekable();
    for line in lines(&plan) {
        match sent.peek() {
            Some(next) if line.request.is_match(next) => drop(sent.next()),
            next => assert!(
                !line.is_certain,
                "the plan says {}, and {next:?} was sent\n{plan}\n{log:#?}",
                line.shown
            ),
        }
    }
    // What is left is the putting back: the reads that the plan tells of, and what differs.
    let rest: Vec<_> = sent.collect();
    assert!(rest.is_empty() || plan.contains("at the end, if anything was changed"), "{rest:?}\n{plan}");
}

fn armed(builder: Builder) -> Builder {
    builder.allow_writes("127.0.0.1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_creates_its_apps_sends_its_plan() {
    let flows = ["token-connection@zscalerbyz", "app-operations", "user-provisioning-token@zscalerbyz"];
    is_what_is_sent(|builder| {
        flows.iter().fold(armed(builder).create_apps(true), |builder, flow| builder.select(*flow))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_on_a_named_app_sends_its_plan() {
    is_what_is_sent(|builder| {
        let builder = armed(builder).app("zscalerbyz", ZSCALER).allow_credential_change(true);
        builder.select("token-connection@zscalerbyz").select("user-provisioning-token@zscalerbyz")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_only_reads_sends_its_plan() {
    is_what_is_sent(|builder| builder.app("zscalerbyz", ZSCALER).only_app("zscalerbyz")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_a_consent_sends_its_plan() {
    // What the person asks for is no request of the runner, and the robot asks the org as well.
    let robot = r#"robot() { curl -sS -L "$1"; }; robot"#;
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let runner = armed(Runner::builder().target(&org.url).undo_folder(&undo.0))
        .create_apps(true)
        .consent(Asked::command(robot, Duration::from_secs(20)))
        .select("oauth-connection@google")
        .build()
        .unwrap();
    let planned = lines(&runner.preview());
    runner.run(&mut |_| {}).await.unwrap();
    let log: Vec<_> =
        org.log().into_iter().filter(|line| line.contains("/api/v1/") || line.contains("/_mock")).collect();
    for (line, sent) in planned.iter().zip(&log) {
        assert!(line.request.is_match(sent), "{} and {sent}", line.shown);
    }
    assert!(log.len() >= planned.len());
}
