//! JUnit XML that is valid by both Ant's and Jenkins' schemas: a suite for each flow run, a case for each
//! step. Suites with failures come first, then those with errors, skipped ones, and those that conform.
//!
//! Written by hand: `quick-junit` 0.8 writes `skipped` on `testsuites`, which neither schema has, drops
//! control characters instead of showing them, and passes on U+FFFE and U+FFFF, which XML cannot contain.

use std::fmt::Write as _;

use super::markup::{attribute, text};
use super::{coverage, plain};
use crate::event::{FlowReport, RunReport, StepReport};
use crate::judgement::Finding;
use crate::restore::Leftover;
use crate::verdict::Verdict;

/// The whole document: failures of the run as a whole, the flow runs with failures first, the coverage.
pub(super) fn junit(report: &RunReport) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let mut ids = 0..;
    let mut id = || ids.next().unwrap_or_default();
    for (kind, message, details) in of_the_run(report) {
        failed(&mut xml, report, (kind, message, &details), id());
    }
    let mut flows: Vec<_> = report.flows.iter().collect();
    flows.sort_by_key(|flow| std::cmp::Reverse(flow.verdict));
    for flow in flows {
        suite(&mut xml, report, flow, id());
    }
    covered(&mut xml, report, id());
    xml.push_str("</testsuites>\n");
    xml
}

/// The failures of the run as a whole: kind, message and details.
fn of_the_run(report: &RunReport) -> impl Iterator<Item = (&'static str, &str, String)> {
    let summary = &report.summary;
    let left = report.restored.iter().flat_map(|restored| &restored.left);
    let left = left.map(|left| ("not restored", left.what.as_str(), by_hand(left)));
    let lists = [
        ("undecided", &summary.undecided),
        ("known deviation", &summary.stale),
        ("unstable", &summary.unstable),
    ];
    let lists = lists.into_iter().flat_map(|(kind, list)| list.iter().map(move |text| (kind, text)));
    left.chain(lists.map(|(kind, text)| (kind, text.as_str(), String::new())))
}

/// The coverage table: a suite without cases, with a property for each operation.
fn covered(xml: &mut String, report: &RunReport, id: usize) {
    let _ = writeln!(
        xml,
        "  <testsuite package=\"run\" id=\"{id}\" name=\"coverage of the contract\" timestamp=\"{}\" hostname=\"{}\" tests=\"0\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"0.000\">\n    <properties>",
        attribute(report.info.started.trim_end_matches('Z')),
        attribute(host(&report.info.target)),
    );
    for line in coverage::lines(&report.summary.coverage) {
        let (operation, statuses) = line.split_once(": ").unwrap_or((&line, ""));
        let _ = writeln!(
            xml,
            "      <property name=\"{}\" value=\"{}\"/>",
            attribute(operation),
            attribute(statuses)
        );
    }
    xml.push_str(
        "    </properties>\n    <system-out></system-out>\n    <system-err></system-err>\n  </testsuite>\n",
    );
}

/// A suite of one failed case.
fn failed(xml: &mut String, report: &RunReport, (kind, message, details): (&str, &str, &str), id: usize) {
    let _ = writeln!(
        xml,
        "  <testsuite package=\"run\" id=\"{id}\" name=\"{kind}\" timestamp=\"{}\" hostname=\"{}\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.000\">\n    <properties/>\n    <testcase name=\"{}\" classname=\"{kind}\" time=\"0.000\"><failure type=\"deviates\" message=\"{}\">{}</failure></testcase>\n    <system-out></system-out>\n    <system-err></system-err>\n  </testsuite>",
        attribute(report.info.started.trim_end_matches('Z')),
        attribute(host(&report.info.target)),
        attribute(message),
        attribute(message),
        text(details),
    );
}

/// The calls that restore what is left.
fn by_hand(left: &Leftover) -> String {
    let calls = left.calls.iter().map(|call| format!("{} {}", call.method, call.url));
    calls.collect::<Vec<_>>().join("\n")
}

fn suite(xml: &mut String, report: &RunReport, flow: &FlowReport, id: usize) {
    let count = |verdict: Verdict| flow.steps.iter().filter(|step| step.verdict == verdict).count();
    // A skipped flow is one case, so that it is not overlooked.
    let whole = usize::from(flow.steps.is_empty());
    let is = |verdict: Verdict| usize::from(whole == 1 && flow.verdict == verdict);
    let _ = writeln!(
        xml,
        "  <testsuite package=\"{}\" id=\"{id}\" name=\"{}\" timestamp=\"{}\" hostname=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
        attribute(&flow.info.section),
        attribute(&flow.info.title()),
        attribute(report.info.started.trim_end_matches('Z')),
        attribute(host(&report.info.target)),
        flow.steps.len() + whole,
        count(Verdict::Deviates) + is(Verdict::Deviates),
        count(Verdict::Error) + is(Verdict::Error),
        count(Verdict::Skipped) + count(Verdict::Unjudged) + is(Verdict::Skipped) + is(Verdict::Unjudged),
        flow.duration.as_secs_f64()
    );
    xml.push_str("    <properties>\n");
    for (name, value) in [
        ("tool", format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))),
        ("target", report.info.target.clone()),
        ("contract", report.info.contract.clone()),
        ("guide", report.info.guide.clone()),
        ("run", report.info.run.clone()),
        ("coverage", coverage::sentence(&report.summary.coverage)),
    ] {
        let _ = writeln!(xml, "      <property name=\"{name}\" value=\"{}\"/>", attribute(&value));
    }
    xml.push_str("    </properties>\n");
    for step in &flow.steps {
        case(xml, flow, &step.step, step.duration.as_secs_f64(), step.verdict, &message(step));
    }
    if flow.steps.is_empty() {
        let reason = flow.reason.as_deref().map(plain).unwrap_or_default();
        case(xml, flow, &flow.info.flow, 0.0, flow.verdict, &reason);
    }
    let _ = writeln!(xml, "    <system-out>{}</system-out>", text(&suite_output(flow)));
    xml.push_str("    <system-err></system-err>\n  </testsuite>\n");
}

/// The output of a suite. Ant's schema allows no output of a case, so accepted findings of conforming steps
/// appear here.
fn suite_output(flow: &FlowReport) -> String {
    let conforming = flow.steps.iter().filter(|step| step.verdict == Verdict::Conforms);
    let message = conforming.map(|step| (step, message(step))).filter(|(_, message)| !message.is_empty());
    let message = message.map(|(step, message)| format!("{}: {}", step.step, message.trim_end()));
    flow.notes.iter().map(|note| plain(note)).chain(message).collect::<Vec<_>>().join("\n")
}

fn case(xml: &mut String, flow: &FlowReport, name: &str, seconds: f64, verdict: Verdict, message: &str) {
    let class = crate::flow::run_name(&flow.info.flow, flow.info.app.as_deref());
    let _ = write!(
        xml,
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{seconds:.3}\"",
        attribute(name),
        attribute(&class)
    );
    let first = message.lines().next().unwrap_or_default();
    let element = match verdict {
        Verdict::Conforms => {
            xml.push_str("/>\n");
            return;
        }
        Verdict::Deviates => "failure",
        Verdict::Error => "error",
        Verdict::Skipped | Verdict::Unjudged => {
            xml.push_str("><skipped/></testcase>\n");
            return;
        }
    };
    let _ = writeln!(
        xml,
        "><{element} type=\"{}\" message=\"{}\">{}</{element}></testcase>",
        verdict.word(),
        attribute(first),
        text(message)
    );
}

/// The message of a step that does not conform.
fn message(step: &StepReport) -> String {
    let mut message = step.reason.as_deref().map(|reason| plain(reason) + "\n").unwrap_or_default();
    for (layer, judgement) in step.judgements() {
        for finding in &judgement.findings {
            let decides = if judgement.decides { "" } else { " (does not decide)" };
            let _ = writeln!(message, "{}{decides}: {}", layer.word(), line(finding));
        }
        for accepted in &judgement.accepted {
            let _ = writeln!(message, "accepted ({}): {}", plain(&accepted.reason), line(&accepted.finding));
        }
    }
    if message.is_empty() {
        return message;
    }
    if let Some(guide) = &step.guide_step {
        let _ = writeln!(message, "guide: {}: {}", guide.section, guide.summary);
    }
    message
}

/// A finding in one line: a CI job may print the file, and lines can be commands.
fn line(finding: &Finding) -> String {
    let Finding { check, place, expected, actual } = finding;
    format!("{} {}: expected {}; actual {}", check.id, plain(place), plain(expected), plain(actual))
}

fn host(target: &str) -> &str {
    target.split_once("://").map_or(target, |(_, host)| host)
}
