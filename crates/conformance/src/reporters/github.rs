//! Output for GitHub Actions: an annotation for each deviation, and a job summary.

use std::fmt::Write as _;

use super::groups::{self, Group};
use super::{coverage, plain};
use crate::event::{RunReport, counted};
use crate::verdict::Verdict;

/// Maximum number of annotations; GitHub shows ten of a kind per step and drops the rest.
const MAX_ANNOTATIONS: usize = 10;

/// Workflow commands, one per line: an annotation for each different finding.
pub(super) fn annotations(report: &RunReport) -> String {
    let mut text = String::new();
    let groups = groups::deciding(&report.flows);
    for group in groups.iter().take(MAX_ANNOTATIONS) {
        let file = group.steps.first().map(|(flow, _)| flow.info.file.as_str()).unwrap_or_default();
        let title = format!("{} ({})", group.finding.check.id, counted(group.steps.len(), "step"));
        let description = format!("{}; at {}", description(group), group.places(MAX_ANNOTATIONS));
        let _ = writeln!(
            text,
            "::error file={},title={}::{}",
            property(file),
            property(&title),
            message(&description)
        );
    }
    if groups.len() > MAX_ANNOTATIONS {
        let _ =
            writeln!(text, "::error ::{} more findings; see the job summary", groups.len() - MAX_ANNOTATIONS);
    }
    let failed =
        report.flows.iter().filter(|flow| matches!(flow.verdict, Verdict::Error | Verdict::Unjudged));
    for flow in failed.take(MAX_ANNOTATIONS) {
        let of_step = || flow.steps.iter().find_map(|step| step.reason.clone());
        let why = flow.reason.clone().or_else(of_step).unwrap_or_default();
        let title = format!("{}: {}", flow.info.title(), flow.verdict.word());
        let _ = writeln!(
            text,
            "::error file={},title={}::{}",
            property(&flow.info.file),
            property(&title),
            message(&why)
        );
    }
    for left in left(report) {
        let _ = writeln!(text, "::error title=not restored::{}", message(left));
    }
    let summary = &report.summary;
    let skipped = skipped(report);
    for warning in summary.warnings.iter().chain(&summary.stale).chain(&summary.undecided).chain(&skipped) {
        let _ = writeln!(text, "::warning ::{}", message(warning));
    }
    text
}

/// The number of skipped flow runs, if any.
fn skipped(report: &RunReport) -> Option<String> {
    let counts = &report.summary.counts;
    let count = counts.of_flows.skipped;
    (count > 0).then(|| format!("{count} of {} skipped", counted(counts.flows, "flow run")))
}

/// The changes that were not restored.
fn left(report: &RunReport) -> impl Iterator<Item = &str> {
    let left = report.restored.iter().flat_map(|restored| &restored.left);
    left.map(|left| left.what.as_str())
}

fn description(group: &Group<'_>) -> String {
    let finding = group.finding;
    format!("{}: expected {}; actual {}", group.place(), finding.expected, finding.actual)
}

/// The job summary, in Markdown. Texts from an org are in code spans, so that they contain no markup, links
/// or mentions.
pub(super) fn summary(report: &RunReport) -> String {
    let summary = &report.summary;
    let mut text = format!(
        "## {}: {}\n\n{} against {}. {} {}, contract {}, guide {}, {}.\n\n",
        env!("CARGO_PKG_NAME"),
        summary.verdict.word(),
        summary.counts.words(),
        code(&report.info.target),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
        code(&report.info.contract),
        code(&report.info.guide),
        report.info.started
    );
    for left in left(report) {
        let _ = writeln!(text, "> **not restored**: {}\n", code(left));
    }
    let skipped = skipped(report);
    let warnings = summary.warnings.iter().chain(&summary.stale).chain(&summary.unstable);
    for warning in warnings.chain(&summary.undecided).chain(&skipped) {
        let _ = writeln!(text, "> {}\n", code(warning));
    }
    for (title, groups) in [
        ("Findings", groups::deciding(&report.flows)),
        ("Findings that do not decide", groups::not_deciding(&report.flows)),
        ("Accepted deviations", groups::accepted(&report.flows)),
    ] {
        findings(&mut text, title, &groups);
    }
    let _ = writeln!(text, "| flow | verdict | |\n| --- | --- | --- |");
    for flow in report.flows.iter().filter(|flow| flow.verdict != Verdict::Conforms) {
        let why = flow.skip_reason().map(code).unwrap_or_default();
        let _ = writeln!(text, "| {} | {} | {why} |", code(&flow.info.title()), flow.verdict.word());
    }
    let _ = writeln!(text, "| all others ({}) | conforms | |", summary.counts.of_flows.conforms);
    let coverage = &report.summary.coverage;
    let _ = writeln!(text, "\n### Coverage of the contract\n\n{}\n", coverage::sentence(coverage));
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

/// A table of groups of findings.
fn findings(text: &mut String, title: &str, groups: &[Group<'_>]) {
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "### {title}\n\n| check | where | expected | actual | steps |\n| --- | --- | --- | --- | --- |"
    );
    for group in groups.iter().take(MAX_ROWS) {
        let finding = group.finding;
        let places = match group.reason {
            Some(reason) => format!("{}; accepted: {}", code(&group.places(MAX_PLACES)), code(reason)),
            None => code(&group.places(MAX_PLACES)),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {}: {places} |",
            code(finding.check.id),
            code(group.place()),
            code(&finding.expected),
            code(&finding.actual),
            group.steps.len(),
        );
    }
    if groups.len() > MAX_ROWS {
        let _ = writeln!(text, "| … and {} more | | | | |", groups.len() - MAX_ROWS);
    }
    text.push('\n');
}

/// Maximum number of rows of a table and steps of a row; GitHub limits a summary to 1 MiB.
const MAX_ROWS: usize = 100;
const MAX_PLACES: usize = 5;
const MAX_CELL: usize = 300;

/// A text as a code span in a table cell, without markup.
fn code(text: &str) -> String {
    let text: String = plain(text).chars().take(MAX_CELL).collect();
    let text = text.replace('|', "\\|");
    if text.trim().is_empty() {
        return String::new();
    }
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// GitHub's escapes for the data of a workflow command.
fn message(text: &str) -> String {
    let text = text.lines().map(plain).collect::<Vec<_>>().join("\n");
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
    fn texts_from_a_server_are_not_markup() {
        for (text, shown) in [
            ("![x](http://a)", "`![x](http://a)`"),
            ("a`b", "``a`b``"),
            ("`a``", "``` `a`` ```"),
            ("a|b\n@c", "`a\\|b\\u{a}@c`"),
            ("", ""),
        ] {
            assert_eq!(code(text), shown);
        }
    }

    #[test]
    fn texts_from_a_server_are_not_commands() {
        assert_eq!(message("a\n::error ::x%"), "a%0A\\::error ::x%25");
        assert_eq!(message("##[group]x"), "##\\[group]x");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
