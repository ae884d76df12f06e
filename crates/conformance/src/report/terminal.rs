//! The report that a person reads: flow by flow, step by step; where something
//! deviates, what was wanted, what came, what the guide says, and how to repeat it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::plain::plain;
use super::{coverage_words, curl};
use crate::coverage::Coverage;
use crate::event::{Event, FlowReport, Judgement, RunInfo, RunSummary, StepReport};
use crate::guide::Guide;
use crate::restore::Restored;
use crate::transport::Body;
use crate::verdict::Verdict;

/// How a report looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Whether colours are used.
    pub color: bool,
    /// Whether a moving line shows the progress on standard error.
    pub progress: bool,
    /// Whether steps that conform are left out.
    pub brief: bool,
    /// Whether the whole coverage table is shown.
    pub coverage: bool,
}

/// Writes the report as the events come.
pub struct Terminal<W: Write> {
    out: W,
    style: Style,
    /// The variable that holds the credential.
    variable: &'static str,
    guide: Guide,
    bar: ProgressBar,
    steps: Vec<Arc<StepReport>>,
    /// The app that the run made for the flow, and has deleted.
    made: Option<String>,
    /// Why steps were not compared with a snapshot, and how many.
    without_snapshot: BTreeMap<String, usize>,
    width: usize,
    written: io::Result<()>,
}

impl<W: Write> std::fmt::Debug for Terminal<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("style", &self.style).finish_non_exhaustive()
    }
}

impl<W: Write> Terminal<W> {
    /// A report that is written to `out`.
    pub fn new(out: W, style: Style, variable: &'static str) -> Self {
        Self {
            out,
            style,
            variable,
            guide: Guide::embedded().unwrap_or_default(),
            bar: ProgressBar::hidden(),
            steps: Vec::new(),
            made: None,
            without_snapshot: BTreeMap::new(),
            width: 0,
            written: Ok(()),
        }
    }

    /// Hears of an event.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted(info) => self.start(info),
            Event::FlowStarted(info) => {
                self.bar.set_message(info.title());
            }
            Event::StepFinished(step) => {
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
                let text = format!("if this run is killed: okta-conformance restore {}", plain(path));
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

    /// Writes one line; the first failure is told at the end.
    fn line(&mut self, text: &str) {
        let out = &mut self.out;
        let written = self.bar.suspend(|| writeln!(out, "{}", text.trim_end()));
        self.written = std::mem::replace(&mut self.written, Ok(())).and(written);
    }

    /// Whether all of it could be written. Whoever closed the other end has read enough.
    pub fn finish(mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.written, Ok(())).and(self.out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        match self.style.color {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }

    fn mark(&self, verdict: Verdict) -> String {
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
            "{} {}: {} flow runs against {} ({})",
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            info.flows,
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

    fn flow(&mut self, flow: &FlowReport) {
        let steps = std::mem::take(&mut self.steps);
        let name = flow.info.title();
        let summary = self.paint("2", &plain(&flow.info.summary));
        let line = format!("{} {}  {summary}", self.mark(flow.verdict), self.paint("1", &plain(&name)));
        self.line(&line);
        if let Some(reason) = &flow.reason {
            let text = format!("    {}: {}", flow.verdict.word(), plain(reason));
            self.line(&text);
        }
        self.width = steps.iter().map(|step| step.step.chars().count()).max().unwrap_or(0);
        if let Some((id, request)) = flow.made.as_ref().filter(|_| flow.verdict == Verdict::Deviates) {
            let text = format!(
                "    the app {} of this flow is deleted; this makes another, for the lines below:",
                plain(id)
            );
            self.line(&text);
            let text = format!("        make again  {}", plain(&curl::made_again(request, self.variable)));
            self.line(&text);
        }
        self.made = flow.made.as_ref().map(|(id, _)| id.clone());
        for step in &steps {
            self.step(step);
        }
        for note in &flow.notes {
            let text = format!("    note: {}", plain(note));
            self.line(&text);
        }
    }

    fn step(&mut self, step: &StepReport) {
        if self.style.brief && step.verdict == Verdict::Conforms {
            return;
        }
        let request = match &step.request {
            Some(request) => {
                let query =
                    request.url.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
                format!("{:<6} {}{query}", request.method, request.path)
            }
            None => step.operation.clone(),
        };
        let status = step.response.as_ref().map(|answer| format!(" → {}", answer.status)).unwrap_or_default();
        let guide = step.guide.as_deref().map(|guide| format!("  {guide}")).unwrap_or_default();
        let repeated = match step.repeated.as_slice() {
            [] => String::new(),
            reasons => format!("  (repeated {}×: {})", reasons.len(), plain(&reasons.join("; "))),
        };
        let width = self.width;
        let line = format!(
            "    {} {:<width$}  {}{}{repeated}{}",
            self.mark(step.verdict),
            plain(&step.step),
            shortened(&plain(&request)),
            self.paint("1", &status),
            self.paint("2", &plain(&guide))
        );
        self.line(&line);
        if let Some(reason) = &step.reason {
            let text = format!("        {}: {}", step.verdict.word(), plain(reason));
            self.line(&text);
        }
        if step.verdict == Verdict::Deviates {
            self.deviation(step);
        }
    }

    fn deviation(&mut self, step: &StepReport) {
        if let Some(guide) = &step.guide_step {
            let url = self.guide.url.clone();
            let text =
                format!("        guide       {}: {} {}", guide.section, guide.summary, self.paint("2", &url));
            self.line(&text);
        }
        for (name, judgement) in
            [("documented", &step.documented), ("contract", &step.contract), ("snapshot", &step.snapshot)]
        {
            self.judgement(name, judgement);
        }
        if let Some(body) = step.response.as_ref().and_then(|answer| answer.body.as_ref())
            && step.snapshot.diff.is_none()
        {
            let text = format!("        came        {}", shortened(&plain(&Body::text(body))));
            self.line(&text);
        }
        if let Some(request) = &step.request
            && !step.operation.ends_with("Consent")
        {
            let line = match &self.made {
                Some(id) => curl::line_for(request, self.variable, id),
                None => curl::line(request, self.variable),
            };
            let text = format!("        repeat      {}", plain(&line));
            self.line(&text);
        }
    }

    fn judgement(&mut self, name: &str, judgement: &Judgement) {
        let reason = judgement.reason.as_deref().map(|reason| format!(" ({})", plain(reason)));
        let text = format!(
            "        {name:<11} {} {}{}",
            self.mark(judgement.verdict),
            judgement.verdict.word(),
            reason.unwrap_or_default()
        );
        self.line(&text);
        if let Some(diff) = &judgement.diff {
            for line in diff.lines() {
                let code = match line.chars().next() {
                    Some('-') => "31",
                    Some('+') => "32",
                    _ => "2",
                };
                let text = format!("            {}", self.paint(code, &plain(line)));
                self.line(&text);
            }
            return;
        }
        for finding in &judgement.findings {
            let place = self.paint("1", &plain(&finding.place));
            let wanted = self.paint("32", &shortened(&plain(&finding.wanted)));
            let came = self.paint("31", &shortened(&plain(&finding.came)));
            self.line(&format!("            {place}"));
            self.line(&format!("              wanted  {wanted}"));
            self.line(&format!("              came    {came}"));
        }
    }

    /// What was put back, and what a person has to do by hand.
    pub fn restored(&mut self, restored: &Restored) {
        self.line("");
        for (what, names) in [("put back", &restored.put_back), ("removed", &restored.removed)] {
            for name in names {
                let text = format!("{} {what} and read back: {}", self.mark(Verdict::Conforms), plain(name));
                self.line(&text);
            }
        }
        for left in &restored.left {
            let text = format!("{} NOT PUT BACK: {}", self.mark(Verdict::Deviates), plain(&left.what));
            let text = self.paint("31;1", &text);
            self.line(&text);
            for call in &left.calls {
                let text = format!("    by hand     {}", plain(&curl::line(call, self.variable)));
                self.line(&text);
            }
        }
        if restored.put_back.is_empty() && restored.removed.is_empty() && restored.left.is_empty() {
            let text = format!("{} nothing is left to put back", self.mark(Verdict::Conforms));
            self.line(&text);
        }
        if let Some(file) = &restored.file {
            let text =
                format!("the undo file is kept; to try again: okta-conformance restore {}", plain(file));
            self.line(&text);
        }
    }

    /// What was exercised in a sentence; what never was, by name.
    fn coverage(&mut self, coverage: &Coverage) {
        let text = format!("coverage: {}", coverage_words(coverage));
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

    fn end(&mut self, summary: &RunSummary) {
        let counts = &summary.counts;
        self.line("");
        for (reason, steps) in std::mem::take(&mut self.without_snapshot) {
            let steps = if steps == 1 { "1 step was".to_owned() } else { format!("{steps} steps were") };
            let text = format!("{steps} not compared with a snapshot: {}", plain(&reason));
            let text = self.paint("33", &text);
            self.line(&text);
        }
        for text in summary.unstable.iter().map(|text| format!("unstable: {text}")) {
            let text = self.paint("31;1", &plain(&text));
            self.line(&text);
        }
        for text in summary.stale.iter().map(|text| format!("known deviation {text}")) {
            let text = self.paint("31;1", &plain(&text));
            self.line(&text);
        }
        for text in summary.warnings.iter().map(|text| format!("warning: {text}")) {
            let text = self.paint("33;1", &plain(&text));
            self.line(&text);
        }
        self.coverage(&summary.coverage);
        if let Some(reason) = &summary.stopped {
            let text = format!("ended early: {}", plain(reason));
            let text = self.paint("35;1", &text);
            self.line(&text);
        }
        let ended_early = summary.stopped.is_some() && summary.verdict != Verdict::Deviates;
        let (mark, word) = match ended_early {
            true => (self.mark(Verdict::Error), "ended early"),
            false => (self.mark(summary.verdict), summary.verdict.word()),
        };
        let text = format!(
            "{} {}: {} flow runs, {} steps: {} conform, {} deviate, {} skipped, {} not judged, {} errors; {:.2} s",
            mark,
            word,
            counts.flows,
            counts.steps,
            counts.conforms,
            counts.deviates,
            counts.skipped,
            counts.unjudged,
            counts.error,
            summary.duration.as_secs_f64()
        );
        let text = self.paint("1", &text);
        self.line(&text);
    }
}

/// A long line says no more than its beginning.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
