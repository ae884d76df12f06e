//! The reports of a large run.

use std::sync::Arc;

use crate::support::{Folder, lying, serve};
use okta_conformance::report::{FlowReport, ReportFiles, StepReport};
use okta_conformance::{Event, Scheme, Verdict};

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
