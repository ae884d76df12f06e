//! The coverage as text.

use crate::coverage::{Coverage, OperationCoverage, StatusCoverage};

/// Maximum number of operations that the sentence names. The lines name all.
const MAX_NAMES: usize = 8;

/// The coverage in one sentence.
pub(super) fn sentence(coverage: &Coverage) -> String {
    let [(operations, of_operations), (statuses, of_statuses)] = coverage.counts();
    let never: Vec<&str> = coverage
        .operations
        .iter()
        .filter(|operation| !operation.is_exercised())
        .map(|operation| operation.operation.as_str())
        .collect();
    let never = match never.as_slice() {
        [] => String::new(),
        few if few.len() <= MAX_NAMES => format!("; never called: {}", few.join(", ")),
        many => {
            let (named, others) = many.split_at(MAX_NAMES);
            format!("; never called: {}, and {} others", named.join(", "), others.len())
        }
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
