//! The coverage as text.

use crate::coverage::{Coverage, OperationCoverage, StatusCoverage};

/// The coverage in one sentence.
pub(super) fn sentence(coverage: &Coverage) -> String {
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
pub(super) fn lines(coverage: &Coverage) -> Vec<String> {
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
