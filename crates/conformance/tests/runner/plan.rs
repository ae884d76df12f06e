//! `--plan` lists the requests that are sent, in the same order.

use std::time::Duration;

use crate::support::Folder;
use crate::support::org::{ProductionOrg, ZSCALER};
use okta_conformance::{Builder, ConsentPrompt, Runner};
use regex::Regex;

/// A line of a plan: the request, and whether it is always sent, or several times.
struct Line {
    request: Regex,
    is_certain: bool,
    repeats: bool,
    shown: String,
}

impl Line {
    /// Parses a line; `None` if it is not a request.
    fn read(line: &str) -> Option<Self> {
        let expected = Regex::new(r"^    (GET|POST|PUT|DELETE) +(/[^?]*?)(\?.*)?(   .*)?$").unwrap();
        let placeholder = Regex::new(r"\\\{[^}]*\\\}").unwrap();
        let found = expected.captures(line)?;
        let request = regex::escape(&format!("{} {}", &found[1], found[2].split("   ").next().unwrap()));
        let request = placeholder.replace_all(&request, "[^/]+");
        let repeats = line.contains("   (each ");
        Some(Self {
            request: Regex::new(&format!("^{request}$")).unwrap(),
            is_certain: !repeats && !line.contains("   (if "),
            repeats,
            shown: line.to_owned(),
        })
    }
}

/// The requests of a plan to an org, without those that only a mock would get.
fn lines(plan: &str) -> Vec<Line> {
    let mut is_skipped = false;
    let to_an_org = plan.lines().filter(|line| {
        is_skipped = (is_skipped && line.starts_with(' ')) || line.starts_with("    skipped, unless");
        !is_skipped
    });
    to_an_org.filter_map(Line::read).collect()
}

/// The sent requests that are not matched with the plan yet.
struct Sent<'l> {
    rest: &'l [String],
}

impl Sent<'_> {
    fn begins_with(&mut self, line: &Line) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if line.request.is_match(first) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Matches lines of a plan with the sent requests: each line is sent next, or is optional.
    fn follow(&mut self, lines: &[Line], details: &str) {
        for line in lines {
            let is_sent = self.begins_with(line);
            assert!(
                is_sent || !line.is_certain,
                "the plan has {}, but {:?} was sent\n{details}",
                line.shown,
                self.rest.first()
            );
            while line.repeats && is_sent && self.begins_with(line) {}
        }
    }
}

/// Asserts that every request is in the plan, in order, and that the unconditional ones were sent.
fn is_planned(plan: &str, log: &[String]) {
    let details = format!("{plan}\n{log:#?}");
    let mut sent = Sent { rest: log };
    let (flows, end) = plan.split_once("\nat the end, if").unwrap_or((plan, ""));
    sent.follow(&lines(flows), &details);
    // Without changes there is nothing to restore.
    if log.iter().any(|line| !line.starts_with("GET ")) {
        let (named, created) = end.split_once("for each app that the run created").unwrap_or((end, ""));
        sent.follow(&lines(named), &details);
        let created = lines(created);
        let mut before = 0;
        while before != sent.rest.len() {
            before = sent.rest.len();
            sent.follow(&created, &details);
        }
    }
    assert!(sent.rest.is_empty(), "sent, but not in the plan: {:?}\n{details}", sent.rest);
}

/// Compares a plan with the requests of the run.
async fn assert_plan_is_sent(set: impl Fn(Builder) -> Builder) -> String {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let runner = set(Runner::builder().target(&org.url).undo_folder(&undo.0)).build().unwrap();
    let plan = runner.preview();
    assert!(org.log().is_empty(), "a plan sends nothing");
    assert!(!["$steps", "$inputs", "$response", "$outputs"].iter().any(|raw| plan.contains(raw)), "{plan}");
    runner.run(&mut |_| {}).await.unwrap();
    is_planned(&plan, &org.log());
    plan
}

fn armed(builder: Builder) -> Builder {
    builder.allow_writes("127.0.0.1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_creates_its_apps_sends_its_plan() {
    let flows = ["token-connection@zscalerbyz", "app-operations", "user-provisioning-token@zscalerbyz"];
    assert_plan_is_sent(|builder| {
        flows.iter().fold(armed(builder).create_apps(true), |builder, flow| builder.select(*flow))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_on_a_named_app_sends_its_plan() {
    assert_plan_is_sent(|builder| {
        let builder = armed(builder).app("zscalerbyz", ZSCALER).allow_credential_change(true);
        builder.select("token-connection@zscalerbyz").select("user-provisioning-token@zscalerbyz")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_only_reads_sends_its_plan() {
    assert_plan_is_sent(|builder| builder.app("zscalerbyz", ZSCALER).only_app("zscalerbyz")).await;
}

/// A named app and created ones in one run: all are read, restored and searched for in the order of the plan.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_on_named_and_created_apps_sends_its_plan() {
    let plan = assert_plan_is_sent(|builder| {
        let builder = armed(builder).app("zscalerbyz", ZSCALER).allow_credential_change(true);
        let flows = ["features-as-found", "connection-as-found-lifecycle", "user-provisioning-token"];
        flows.iter().fold(builder.create_apps(true), |builder, flow| builder.select(*flow))
    })
    .await;
    let (_, end) = plan.split_once("\nat the end, if").unwrap();
    for expected in [
        format!("PUT    /api/v1/apps/{ZSCALER}/features/{{featureName}}"),
        "DELETE /api/v1/apps/{id of the created app}".to_owned(),
        "GET    /api/v1/apps?q={label of the created app}&limit=200".to_owned(),
    ] {
        assert!(end.contains(&expected), "{expected}\n{end}");
    }
}

/// Flows without a consenting person, or without permission to write, are skipped in the plan too.
#[tokio::test(flavor = "multi_thread")]
async fn skipped_flows_are_not_planned() {
    let plan =
        assert_plan_is_sent(|builder| armed(builder).create_apps(true).select("oauth-connection@google"))
            .await;
    assert!(plan.contains("skipped, unless the target is the mock: "), "{plan}");
    let plan = assert_plan_is_sent(|builder| armed(builder).select("app-operations")).await;
    assert!(plan.contains("--create-apps") && !plan.contains("at the end, if"), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_a_consent_sends_its_plan() {
    // A person's requests are not the runner's, and the robot sends requests to the org too.
    let robot = r#"robot() { curl -sS -L "$1"; }; robot"#;
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let runner = armed(Runner::builder().target(&org.url).undo_folder(&undo.0))
        .create_apps(true)
        .consent(ConsentPrompt::command(robot, Duration::from_secs(20)))
        .select("oauth-connection@google")
        .build()
        .unwrap();
    let plan = runner.preview();
    runner.run(&mut |_| {}).await.unwrap();
    // The pages that the robot visits have other paths.
    let is_of_the_runner = |line: &String| line.contains("/api/v1/") || line.contains("/_mock");
    let log: Vec<_> = org.log().into_iter().filter(is_of_the_runner).collect();
    is_planned(&plan, &log);
}
