//! Messages on standard error, and the error of a report that cannot be written.

use std::io::Write as _;

use crate::error::{RunError, one_line};
use crate::event::{Event, RunReport};
use crate::exit_code::COULD_NOT_RUN;
use crate::reporters::plain;
use crate::verdict::Verdict;

/// Prints a message as one line; returns the exit code of a failed command.
pub(super) fn complain(message: &str) -> u8 {
    let _ = writeln!(std::io::stderr(), "okta-conformance: {}", plain(&one_line(message)));
    COULD_NOT_RUN
}

/// Prints possible mistakes in files that are not errors.
pub(super) fn warn(warnings: &[String]) {
    for warning in warnings {
        complain(&format!("warning: {warning}"));
    }
}

/// Prints a message if nothing was judged, for users who only look at the exit code.
pub(super) fn nothing_judged(report: &RunReport) {
    // A stopped run and skipped flow runs (--fail-on-skip) are reported already.
    let all_skipped = report.summary.counts.of_flows.skipped == report.summary.counts.flows;
    if report.summary.verdict != Verdict::Skipped || !all_skipped || report.summary.stopped.is_some() {
        return;
    }
    let reason = report.flows.iter().find_map(|flow| flow.reason.as_deref());
    let reason = reason.unwrap_or("all flow runs were skipped");
    let _ = writeln!(std::io::stderr(), "okta-conformance: nothing was judged: {reason}");
}

/// Prints a wait if there is no terminal report.
pub(super) fn waiting(event: &Event) {
    if let Event::Waiting(waiting) = event {
        complain(&waiting.to_string());
    }
}

/// The error of a report that could not be written.
pub(super) fn unwritten(error: &std::io::Error) -> RunError {
    RunError::Internal(format!("cannot write the report: {error}"))
}
