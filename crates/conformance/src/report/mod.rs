//! Reports: consumers of the stream of events, none of which knows the others.

mod curl;
mod files;
mod github;
mod har;
mod html;
mod json;
mod junit;
mod markup;
mod plain;
mod terminal;

use crate::coverage::Coverage;
pub use files::{Form, Reports, Wanted};
pub use json::json;
pub(crate) use json::restored;
pub(crate) use plain::plain;
pub use terminal::{Style, Terminal};

/// Lines that may hold what a file or a flag said, made safe to print.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(|line| plain(line) + "\n").collect()
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
