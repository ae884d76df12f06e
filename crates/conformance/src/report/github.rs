//! For GitHub Actions: an annotation for each deviation, and a job summary.

use std::fmt::Write as _;

use super::coverage_words;
use crate::event::{RunReport, StepReport};
use crate::verdict::Verdict;

/// GitHub shows ten annotations of a kind a step; more would be lost.
const MOST: usize = 10;

/// Workflow commands, one a line.
pub(super) fn annotations(report: &RunReport) -> String {
    let mut text = String::new();
    let steps = report.flows.iter().flat_map(|flow| flow.steps.iter().map(move |step| (flow, step)));
    let bad: Vec<_> =
        steps.filter(|(_, step)| matches!(step.verdict, Verdict::Deviates | Verdict::Error)).collect();
    for (flow, step) in bad.iter().take(MOST) {
        let title = format!("{}: {}", flow.info.title(), step.step);
        let _ = writeln!(
            text,
            "::error file={},title={}::{}",
            property(&flow.info.file),
            property(&title),
            message(&told(step))
        );
    }
    if bad.len() > MOST {
        let _ = writeln!(text, "::error ::{} more steps deviate; see the job summary", bad.len() - MOST);
    }
    for left in left(report) {
        let _ = writeln!(text, "::error title=not put back::{}", message(left));
    }
    for warning in report.summary.warnings.iter().chain(&report.summary.stale) {
        let _ = writeln!(text, "::warning ::{}", message(warning));
    }
    text
}

/// What a person has to put back.
fn left(report: &RunReport) -> impl Iterator<Item = &str> {
    let left = report.restored.iter().flat_map(|restored| &restored.left);
    left.map(|left| left.what.as_str())
}

fn told(step: &StepReport) -> String {
    let findings = step.judgements().into_iter().flat_map(|(layer, judgement)| {
        judgement.findings.iter().map(move |finding| {
            format!("{}: {}: wanted {}; came {}", layer.word(), finding.place, finding.wanted, finding.came)
        })
    });
    let told: Vec<String> = step.reason.clone().into_iter().chain(findings).collect();
    told.join("\n")
}

/// The job summary, in Markdown.
pub(super) fn summary(report: &RunReport) -> String {
    let counts = &report.summary.counts;
    let mut text = format!(
        "## {}: {}\n\n{} flow runs against `{}`: {} steps conform, {} deviate, {} skipped, {} not judged, {} errors. \
         {} {}, contract {}, guide {}, {}.\n\n",
        env!("CARGO_PKG_NAME"),
        report.summary.verdict.word(),
        counts.flows,
        report.info.target,
        counts.conforms,
        counts.deviates,
        counts.skipped,
        counts.unjudged,
        counts.error,
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
        report.info.contract,
        report.info.guide,
        report.info.started
    );
    for left in left(report) {
        let _ = writeln!(text, "> **not put back**: {}\n", cell(left));
    }
    for warning in report.summary.warnings.iter().chain(&report.summary.stale).chain(&report.summary.unstable)
    {
        let _ = writeln!(text, "> {}\n", cell(warning));
    }
    let _ = writeln!(text, "| flow | verdict | deviating steps |\n| --- | --- | --- |");
    for flow in &report.flows {
        let bad: Vec<&str> = flow
            .steps
            .iter()
            .filter(|step| step.verdict == Verdict::Deviates)
            .map(|step| step.step.as_str())
            .collect();
        let why = flow.reason.clone().unwrap_or_else(|| bad.join(", "));
        let _ = writeln!(text, "| {} | {} | {} |", cell(&flow.info.title()), flow.verdict.word(), cell(&why));
    }
    let coverage = &report.summary.coverage;
    let _ = writeln!(text, "\n### Coverage of the contract\n\n{}\n", coverage_words(coverage));
    let _ = writeln!(text, "| operation | request | statuses (times: apps) |\n| --- | --- | --- |");
    for operation in &coverage.operations {
        let statuses: Vec<String> = operation
            .statuses
            .iter()
            .map(|status| match status.total() {
                0 => format!("~~{}~~", status.status),
                times => format!("**{}** ({times}: {})", status.status, status.apps().join(" ")),
            })
            .collect();
        let _ =
            writeln!(text, "| {} | `{}` | {} |", operation.operation, operation.request, statuses.join(" "));
    }
    text.push('\n');
    text
}

fn cell(text: &str) -> String {
    html_free(text).replace('|', "\\|").replace('\n', " ")
}

fn html_free(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// GitHub's escapes for the data of a workflow command.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// GitHub's escapes for a property of a workflow command.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_server_becomes_a_command() {
        assert_eq!(message("a\n::error ::x%"), "a%0A::error ::x%25");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
