//! JUnit XML, in the form that both Ant's and Jenkins' schemas take: a suite for
//! each flow run, a case for each step.

use std::fmt::Write as _;

use super::markup::{attribute, text};
use super::{coverage_lines, coverage_words};
use crate::event::{FlowReport, RunReport, StepReport};
use crate::restore::LeftOver;
use crate::verdict::Verdict;

/// The whole document.
pub(super) fn junit(report: &RunReport) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (index, flow) in report.flows.iter().enumerate() {
        suite(&mut xml, report, flow, index);
    }
    covered(&mut xml, report);
    let whole = report.summary.stale.iter().map(|text| ("known deviation", text));
    let whole = whole.chain(report.summary.undecided.iter().map(|text| ("nothing decided", text)));
    let whole = whole.chain(report.summary.unstable.iter().map(|text| ("unstable", text)));
    let left = report.restored.iter().flat_map(|restored| &restored.left);
    let whole = whole.map(|(what, told)| (what, told, String::new()));
    let whole = whole.chain(left.map(|left| ("not put back", &left.what, by_hand(left))));
    for (index, (what, told, more)) in whole.enumerate() {
        of_the_run(&mut xml, report, (what, told, &more), report.flows.len() + 1 + index);
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// The coverage table: a suite without cases, whose properties are the operations.
fn covered(xml: &mut String, report: &RunReport) {
    let _ = writeln!(
        xml,
        "  <testsuite package=\"run\" id=\"{}\" name=\"coverage of the contract\" timestamp=\"{}\" hostname=\"{}\" tests=\"0\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"0.000\">\n    <properties>",
        report.flows.len(),
        attribute(report.info.started.trim_end_matches('Z')),
        attribute(host(&report.info.target)),
    );
    for line in coverage_lines(&report.summary.coverage) {
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

/// What fails the run as a whole: a suite of one case.
fn of_the_run(xml: &mut String, report: &RunReport, (what, told, more): (&str, &str, &str), id: usize) {
    let _ = writeln!(
        xml,
        "  <testsuite package=\"run\" id=\"{id}\" name=\"{what}\" timestamp=\"{}\" hostname=\"{}\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.000\">\n    <properties/>\n    <testcase name=\"{}\" classname=\"{what}\" time=\"0.000\"><failure type=\"deviates\" message=\"{}\">{}</failure></testcase>\n    <system-out></system-out>\n    <system-err></system-err>\n  </testsuite>",
        attribute(report.info.started.trim_end_matches('Z')),
        attribute(host(&report.info.target)),
        attribute(told),
        attribute(told),
        text(more),
    );
}

/// The calls that put back what is left.
fn by_hand(left: &LeftOver) -> String {
    let calls = left.calls.iter().map(|call| format!("{} {}", call.method, call.url));
    calls.collect::<Vec<_>>().join("\n")
}

fn suite(xml: &mut String, report: &RunReport, flow: &FlowReport, index: usize) {
    let count = |verdict: Verdict| flow.steps.iter().filter(|step| step.verdict == verdict).count();
    // A flow that was left out is one case, so that nobody overlooks it.
    let whole = usize::from(flow.steps.is_empty());
    let is = |verdict: Verdict| usize::from(whole == 1 && flow.verdict == verdict);
    let _ = writeln!(
        xml,
        "  <testsuite package=\"{}\" id=\"{index}\" name=\"{}\" timestamp=\"{}\" hostname=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
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
        ("coverage", coverage_words(&report.summary.coverage)),
    ] {
        let _ = writeln!(xml, "      <property name=\"{name}\" value=\"{}\"/>", attribute(&value));
    }
    xml.push_str("    </properties>\n");
    for step in &flow.steps {
        case(xml, flow, &step.step, step.duration.as_secs_f64(), step.verdict, &told(step));
    }
    if flow.steps.is_empty() {
        let reason = flow.reason.clone().unwrap_or_default();
        case(xml, flow, &flow.info.flow, 0.0, flow.verdict, &reason);
    }
    let _ = writeln!(xml, "    <system-out>{}</system-out>", text(&flow.notes.join("\n")));
    xml.push_str("    <system-err></system-err>\n  </testsuite>\n");
}

fn case(xml: &mut String, flow: &FlowReport, name: &str, seconds: f64, verdict: Verdict, told: &str) {
    let class = crate::flow::run_name(&flow.info.flow, flow.info.app.as_deref());
    let _ = write!(
        xml,
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{seconds:.3}\"",
        attribute(name),
        attribute(&class)
    );
    let first = told.lines().next().unwrap_or_default();
    let element = match verdict {
        Verdict::Conforms if told.is_empty() => {
            xml.push_str("/>\n");
            return;
        }
        Verdict::Conforms => {
            let _ = writeln!(xml, "><system-out>{}</system-out></testcase>", text(told));
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
        text(told)
    );
}

/// What is to be said of a step that does not conform.
fn told(step: &StepReport) -> String {
    let mut told = step.reason.clone().map(|reason| reason + "\n").unwrap_or_default();
    for (layer, judgement) in step.judgements() {
        for finding in &judgement.findings {
            let decides = if judgement.decides { "" } else { " (does not decide)" };
            let _ = writeln!(
                told,
                "{}{decides}: {} {}: wanted {}; came {}",
                layer.word(),
                finding.check.id,
                finding.place,
                finding.expected,
                finding.actual
            );
        }
        for accepted in &judgement.accepted {
            let finding = &accepted.finding;
            let _ = writeln!(
                told,
                "accepted ({}): {} {}: wanted {}; came {}",
                accepted.reason, finding.check.id, finding.place, finding.expected, finding.actual
            );
        }
    }
    if told.is_empty() {
        return told;
    }
    if let Some(guide) = &step.guide_step {
        let _ = writeln!(told, "guide: {}: {}", guide.section, guide.summary);
    }
    told
}

fn host(target: &str) -> &str {
    target.split_once("://").map_or(target, |(_, host)| host)
}
