//! Reports: consumers of the stream of events, none of which knows the others.

mod curl;
mod files;
mod github;
pub(crate) mod groups;
mod har;
mod html;
mod json;
mod junit;
mod known;
mod markup;
mod plain;
mod terminal;

use crate::coverage::{Coverage, OperationCoverage, StatusCoverage};
pub use files::{ReportFiles, ReportFormat, ReportRequest};
pub use json::json;
pub(crate) use json::restored;
pub(crate) use plain::plain;
pub use terminal::{Style, Terminal};

/// Lines that may hold what a file or a flag said, made safe to print.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(|line| plain(line) + "\n").collect()
}

/// A JSON document for standard output. What an org said may look like a command of a CI runner, which
/// reads it there; escaped, it is the same document.
pub(crate) fn printed(document: &serde_json::Value) -> String {
    format!("{document:#}").replace("##", "#\\u0023")
}

/// The coverage in one sentence.
fn coverage_words(coverage: &Coverage) -> String {
    let [(operations, of_operations), (statuses, of_statuses)] = coverage.counts();
    let never: Vec<&str> = coverage
        .operations
        .iter()
        .filter(|operation| !operation.is_exercised())
        .map(|operation| operation.operation.as_str())
        .collect();
    let never = match never.is_empty() {
        true => String::new(),
        false => format!("; never called: {}", never.join(", ")),
    };
    format!(
        "{operations} of {of_operations} operations and {statuses} of {of_statuses} declared statuses exercised{never}"
    )
}

/// The coverage as lines: of each operation its statuses, how often they came, and for which apps.
fn coverage_lines(coverage: &Coverage) -> Vec<String> {
    let told = |status: &StatusCoverage| match status.total() {
        0 => format!("{} never", status.status),
        times => format!("{} {times}× ({})", status.status, status.apps().join(" ")),
    };
    let line = |operation: &OperationCoverage| {
        let statuses: Vec<String> = operation.statuses.iter().map(told).collect();
        format!("{} ({}): {}", operation.operation, operation.request, statuses.join(", "))
    };
    coverage.operations.iter().map(line).collect()
}
