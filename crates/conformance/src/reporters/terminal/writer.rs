//! The report for people: a line for each flow run in progress, then every finding once with its steps and a
//! command that repeats the first, then the summary.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::super::plain::plain;
use crate::credential::Scheme;
use crate::event::{Event, FlowReport, RunInfo, StepReport, Tally, counted};
use crate::guide::Guide;
use crate::shortened::shortened;
use crate::verdict::Verdict;
use crate::waiting::Waiting;

/// The style of a report.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// True if colors are used.
    pub color: bool,
    /// True if a progress line is shown on standard error.
    pub progress: bool,
    /// True if every step is shown.
    pub verbose: bool,
    /// True if the full coverage table is shown.
    pub coverage: bool,
}

/// Writes the report from the stream of events.
pub struct Terminal<W: Write> {
    pub(super) out: W,
    pub(super) style: Style,
    /// The scheme of the credential, for the curl lines.
    pub(super) scheme: Scheme,
    pub(super) guide: Guide,
    pub(super) bar: ProgressBar,
    pub(super) steps: Vec<Arc<StepReport>>,
    pub(super) flows: Vec<Arc<FlowReport>>,
    /// The number of steps that were not compared with a snapshot, by reason.
    pub(super) without_snapshot: BTreeMap<String, usize>,
    pub(super) width: usize,
    pub(super) written: io::Result<()>,
}

impl<W: Write> std::fmt::Debug for Terminal<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("style", &self.style).finish_non_exhaustive()
    }
}

impl<W: Write> Terminal<W> {
    /// Creates a report that is written to `out`.
    pub fn new(out: W, style: Style, scheme: Scheme) -> Self {
        Self {
            out,
            style,
            scheme,
            guide: Guide::embedded().unwrap_or_default(),
            bar: ProgressBar::hidden(),
            steps: Vec::new(),
            flows: Vec::new(),
            without_snapshot: BTreeMap::new(),
            width: 0,
            written: Ok(()),
        }
    }

    /// Processes an event.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted(info) => self.start(info),
            Event::FlowStarted(info) => {
                self.bar.set_message(info.title());
            }
            Event::Waiting(waiting) => self.waiting(waiting),
            Event::StepFinished(step) => {
                let app = step.app.as_ref().map(|app| format!(" @ {app}")).unwrap_or_default();
                self.bar.set_message(format!("{}{app}: {}", step.flow, plain(&step.step)));
                if let (Verdict::Unjudged, Some(reason)) = (step.snapshot.verdict, &step.snapshot.reason) {
                    *self.without_snapshot.entry(reason.clone()).or_default() += 1;
                }
                self.steps.push(step.clone());
            }
            Event::FlowFinished(flow) => {
                self.flow(flow);
                self.bar.inc(1);
            }
            Event::UndoFile(path) => {
                let text = format!(
                    "if this run is killed, restore the org with: okta-conformance restore {}",
                    plain(path)
                );
                self.line(&text);
                self.line("");
            }
            Event::Restored(restored) => self.restored(restored),
            Event::RunFinished(summary) => {
                self.bar.finish_and_clear();
                self.end(summary);
            }
        }
    }

    /// Shows that the run waits, in the progress line or on standard error.
    fn waiting(&mut self, waiting: &Waiting) {
        let text = plain(&waiting.to_string());
        match self.bar.is_hidden() {
            true => drop(writeln!(io::stderr(), "{}: {text}", env!("CARGO_PKG_NAME"))),
            false => self.bar.set_message(text),
        }
    }

    /// Writes one line; the first failure is returned at the end.
    pub(super) fn line(&mut self, text: &str) {
        let out = &mut self.out;
        let written = self.bar.suspend(|| writeln!(out, "{}", text.trim_end()));
        self.written = std::mem::replace(&mut self.written, Ok(())).and(written);
    }

    /// Returns the first write error; a reader that closed the pipe is none.
    pub fn finish(mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.written, Ok(())).and(self.out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn paint(&self, code: &str, text: &str) -> String {
        match self.style.color {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }

    pub(super) fn mark(&self, verdict: Verdict) -> String {
        let (mark, code) = match verdict {
            Verdict::Conforms => ("✓", "32"),
            Verdict::Deviates => ("✗", "31;1"),
            Verdict::Skipped => ("–", "33"),
            Verdict::Unjudged => ("?", "33"),
            Verdict::Error => ("!", "35;1"),
        };
        self.paint(code, mark)
    }

    fn start(&mut self, info: &RunInfo) {
        let head = format!(
            "{} {}: {} against {} ({})",
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            counted(info.flows, "flow run"),
            plain(&info.target),
            info.kind
        );
        let head = self.paint("1", &head);
        self.line(&head);
        let about =
            format!("contract {}; guide {}; run {}, {}", info.contract, info.guide, info.run, info.started);
        let about = self.paint("2", &plain(&about));
        self.line(&about);
        self.line("");
        if self.style.progress {
            self.bar = ProgressBar::with_draw_target(
                Some(info.flows as u64),
                ProgressDrawTarget::stderr_with_hz(10),
            );
            if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}") {
                self.bar.set_style(style);
            }
        }
    }

    /// Writes one line per flow run. On a terminal with a progress line, conforming runs are omitted.
    pub(super) fn flow(&mut self, flow: &Arc<FlowReport>) {
        let steps = std::mem::take(&mut self.steps);
        let is_quiet = self.style.progress && !self.style.verbose && flow.verdict == Verdict::Conforms;
        if !is_quiet {
            let about = match (&flow.reason, self.style.verbose) {
                (Some(reason), false) => format!("{}: {}", flow.verdict.word(), plain(reason)),
                (_, true) => plain(&flow.info.summary),
                (None, false) => self.outcome(flow),
            };
            let name = self.paint("1", &plain(&flow.info.title()));
            let line = format!("{} {name}  {}", self.mark(flow.verdict), self.paint("2", &line_of(&about)));
            self.line(&line);
        }
        if self.style.verbose {
            self.steps(flow, &steps);
        }
        self.flows.push(flow.clone());
    }

    /// The number of steps, and the verdicts of steps that do not conform.
    pub(super) fn outcome(&self, flow: &FlowReport) -> String {
        let accepted = flow.steps.iter().flat_map(|step| step.judgements());
        let accepted: usize = accepted.map(|(_, judgement)| judgement.accepted.len()).sum();
        let accepted = if accepted > 0 { format!(", {accepted} accepted") } else { String::new() };
        let mut tally = Tally::default();
        flow.steps.iter().for_each(|step| tally.add(step.verdict));
        match flow.verdict {
            Verdict::Conforms => format!("{}{accepted}", counted(flow.steps.len(), "step")),
            _ => format!("{}: {}{accepted}", counted(flow.steps.len(), "step"), tally.words()),
        }
    }

    pub(super) fn steps(&mut self, flow: &FlowReport, steps: &[Arc<StepReport>]) {
        if let Some(reason) = &flow.reason {
            let text = format!("    {}: {}", flow.verdict.word(), plain(reason));
            self.line(&text);
        }
        self.width = steps.iter().map(|step| step.step.chars().count()).max().unwrap_or(0);
        for step in steps {
            self.step(step);
        }
        for note in &flow.notes {
            let text = format!("    note: {}", plain(note));
            self.line(&text);
        }
    }

    pub(super) fn step(&mut self, step: &StepReport) {
        let guide = step.guide.as_deref().map(|guide| format!("  {guide}")).unwrap_or_default();
        let repeated = match step.repeated.as_slice() {
            [] => String::new(),
            reasons => format!("  (repeated {}×: {})", reasons.len(), plain(&reasons.join("; "))),
        };
        let width = self.width;
        let accepted = step.judgements().iter().any(|(_, judgement)| !judgement.accepted.is_empty());
        let accepted = if accepted { self.paint("33", "  accepted deviation") } else { String::new() };
        let line = format!(
            "    {} {:<width$}  {}{repeated}{}{accepted}",
            self.mark(step.verdict),
            plain(&step.step),
            self.exchange(step),
            self.paint("2", &plain(&guide))
        );
        self.line(&line);
        if let Some(reason) = &step.reason {
            let text = format!("        {}: {}", step.verdict.word(), plain(reason));
            self.line(&text);
        }
    }

    /// The request and the status in one line.
    pub(super) fn exchange(&self, step: &StepReport) -> String {
        let request = match &step.request {
            Some(request) => {
                let query = request.url.split_once('?').map(|(_, query)| format!("?{query}"));
                format!("{:<6} {}{}", request.method, request.path, query.unwrap_or_default())
            }
            None => step.operation.clone(),
        };
        let status = step.response.as_ref().map(|answer| format!(" → {}", answer.status)).unwrap_or_default();
        format!("{}{}", line_of(&plain(&request)), self.paint("1", &status))
    }

    pub(super) fn painted(&mut self, code: &str, text: &str) {
        let text = self.paint(code, text);
        self.line(&text);
    }
}

/// Maximum number of groups of findings on the terminal.
pub(super) const MAX_GROUPS: usize = 20;
/// Maximum number of steps, reasons or flows that are listed.
pub(super) const MAX_STEPS: usize = 4;

/// Cuts a long line.
pub(super) fn line_of(text: &str) -> Cow<'_, str> {
    const MAX_LENGTH: usize = 300;
    shortened(text, MAX_LENGTH)
}
