//! Reporters: independent consumers of the stream of events.

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

/// Makes lines from files or flags safe to print.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(|line| plain(line) + "\n").collect()
}

/// A JSON document for standard output. Text from an org may look like a command to a CI runner; escaped, the
/// document is the same.
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

/// The coverage as lines: the statuses of each operation, with counts and apps.
fn coverage_lines(coverage: &Coverage) -> Vec<String> {
    let status_text = |status: &StatusCoverage| match status.total() {
        0 => format!("{} never", status.status),
        times => format!("{} {times}× ({})", status.status, status.apps().join(" ")),
    };
    let line = |operation: &OperationCoverage| {
        let statuses: Vec<String> = operation.statuses.iter().map(status_text).collect();
        format!("{} ({}): {}", operation.operation, operation.request, statuses.join(", "))
    };
    coverage.operations.iter().map(line).collect()
}
