//! The end of a run: coverage, skips and the verdict.

use super::super::plain::plain;
use super::super::{coverage, curl};
use super::writer::{MAX_STEPS, Terminal, line_of};
use crate::coverage::Coverage;
use crate::event::{RunSummary, counted};
use crate::restore::Restored;
use crate::verdict::Verdict;
use std::io::Write;

impl<W: Write> Terminal<W> {
    /// Writes the restored changes, and those that a person must restore by hand.
    pub fn restored(&mut self, restored: &Restored) {
        self.line("");
        for (action, names) in [("restored", &restored.reverted), ("removed", &restored.removed)] {
            for name in names {
                let text = format!("{} {action} and verified: {}", self.mark(Verdict::Conforms), plain(name));
                self.line(&text);
            }
        }
        for left in &restored.left {
            let text = format!("{} NOT RESTORED: {}", self.mark(Verdict::Deviates), plain(&left.what));
            let text = self.paint("31;1", &text);
            self.line(&text);
            for call in &left.calls {
                let text = format!("    by hand     {}", plain(&curl::line(call, self.scheme)));
                self.line(&text);
            }
        }
        if restored.reverted.is_empty() && restored.removed.is_empty() && restored.left.is_empty() {
            let text = format!("{} nothing to restore", self.mark(Verdict::Conforms));
            self.line(&text);
        }
        if let Some(file) = &restored.file {
            let text = format!(
                "the undo file was kept; to try again, run: okta-conformance restore {}",
                plain(file)
            );
            self.line(&text);
        }
    }

    /// Writes the coverage in one sentence, and in the full table the statuses of each operation.
    pub(super) fn coverage(&mut self, coverage: &Coverage) {
        let text = format!("coverage: {}", coverage::sentence(coverage));
        let text = self.paint("2", &text);
        self.line(&text);
        if !self.style.coverage {
            return;
        }
        let width = coverage.operations.iter().map(|operation| operation.operation.len()).max().unwrap_or(0);
        for operation in &coverage.operations {
            let statuses: Vec<String> = operation
                .statuses
                .iter()
                .map(|status| match status.total() {
                    0 => self.paint("31", &format!("{} never", status.status)),
                    times => format!("{} {times}× ({})", status.status, status.apps().join(" ")),
                })
                .collect();
            let text = format!("    {:<width$}  {}", operation.operation, statuses.join(", "));
            self.line(&text);
        }
    }

    pub(super) fn end(&mut self, summary: &RunSummary) {
        self.failures();
        self.line("");
        for (reason, steps) in std::mem::take(&mut self.without_snapshot) {
            let steps = if steps == 1 { "1 step was".to_owned() } else { format!("{steps} steps were") };
            let text = format!("{steps} not compared with a snapshot: {}", plain(&reason));
            self.painted("33", &text);
        }
        for text in summary.warnings.iter().map(|text| format!("warning: {text}")) {
            self.painted("33;1", &plain(&text));
        }
        self.coverage(&summary.coverage);
        for text in summary.unstable.iter().map(|text| format!("unstable: {text}")) {
            self.painted("31;1", &plain(&text));
        }
        for text in summary.stale.iter().map(|text| format!("known deviation {text}")) {
            self.painted("31;1", &plain(&text));
        }
        if !summary.skipped_checks.is_empty() {
            let text = format!("checks turned off by --skip-check: {}", summary.skipped_checks.join(", "));
            self.painted("33", &plain(&text));
        }
        for text in &summary.undecided {
            let text = format!("undecided: {text}");
            self.painted("31;1", &plain(&text));
        }
        self.skips(summary);
        if let Some(reason) = &summary.stopped {
            let text = format!("stopped early: {}", plain(reason));
            self.painted("35;1", &text);
        }
        self.verdict(summary);
    }

    /// Writes the number of skipped flow runs and the reasons.
    pub(super) fn skips(&mut self, summary: &RunSummary) {
        if summary.skips.is_empty() {
            return;
        }
        let counts = &summary.counts;
        let of = counted(counts.flows, "flow run");
        let text =
            format!("{} of {of} skipped (--fail-on-skip makes this a failure):", counts.of_flows.skipped);
        self.painted("33", &text);
        for (reason, flows) in summary.skips.iter().take(MAX_STEPS) {
            let text = format!("    {flows} × {}", line_of(&plain(reason)));
            self.painted("33", &text);
        }
        if summary.skips.len() > MAX_STEPS {
            let text = format!("    … and {} more reasons", summary.skips.len() - MAX_STEPS);
            self.painted("33", &text);
        }
    }

    /// Writes the last line.
    pub(super) fn verdict(&mut self, summary: &RunSummary) {
        let counts = &summary.counts;
        let stopped_early = summary.stopped.is_some() && summary.verdict != Verdict::Deviates;
        let (mark, word) = match stopped_early {
            true => (self.mark(Verdict::Error), "stopped early"),
            false => (self.mark(summary.verdict), summary.verdict.word()),
        };
        let mut text = format!("{mark} {word}: {}", counts.words());
        for (count, label) in [
            (counts.accepted, "accepted deviation"),
            (counts.not_deciding, "finding that does not decide"),
            (summary.stale.len(), "stale known deviation"),
            (summary.unstable.len(), "unstable step"),
        ] {
            if count > 0 {
                text.push_str("; ");
                text.push_str(&match (count, label) {
                    (1, _) => format!("1 {label}"),
                    (_, "finding that does not decide") => format!("{count} findings that do not decide"),
                    _ => counted(count, label),
                });
            }
        }
        text.push_str(&format!("; {:.2} s", summary.duration.as_secs_f64()));
        self.painted("1", &text);
    }
}
