//! The report for people: a line for each flow run in progress, then every finding once with its steps and a
//! command that repeats the first, then the summary.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::groups::{self, Group};
use super::plain::plain;
use super::{coverage_words, curl};
use crate::coverage::Coverage;
use crate::credential::Scheme;
use crate::event::{Event, FlowReport, RunInfo, RunSummary, StepReport, Tally, counted};
use crate::exchange::Body;
use crate::guide::Guide;
use crate::judgement::Layer;
use crate::restore::Restored;
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
    out: W,
    style: Style,
    /// The scheme of the credential, for the curl lines.
    scheme: Scheme,
    guide: Guide,
    bar: ProgressBar,
    steps: Vec<Arc<StepReport>>,
    flows: Vec<Arc<FlowReport>>,
    /// The number of steps that were not compared with a snapshot, by reason.
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
    fn line(&mut self, text: &str) {
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
    fn flow(&mut self, flow: &Arc<FlowReport>) {
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
    fn outcome(&self, flow: &FlowReport) -> String {
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

    fn steps(&mut self, flow: &FlowReport, steps: &[Arc<StepReport>]) {
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

    fn step(&mut self, step: &StepReport) {
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
    fn exchange(&self, step: &StepReport) -> String {
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

    /// Writes everything that keeps the run from conforming, each finding once.
    fn failures(&mut self) {
        let flows = std::mem::take(&mut self.flows);
        let groups = groups::deciding(&flows);
        self.groups("Findings", Verdict::Deviates, &groups);
        self.groups(
            "Findings that do not decide (--fail-on)",
            Verdict::Unjudged,
            &groups::not_deciding(&flows),
        );
        self.groups("Accepted deviations", Verdict::Skipped, &groups::accepted(&flows));
        self.other_failures(&flows);
        if !self.style.verbose {
            for (flow, note) in flows.iter().flat_map(|flow| flow.notes.iter().map(move |note| (flow, note)))
            {
                let text = format!("note: {}: {}", plain(&flow.info.title()), plain(note));
                self.line(&text);
            }
        }
        self.flows = flows;
    }

    fn groups(&mut self, name: &str, verdict: Verdict, groups: &[Group<'_>]) {
        if groups.is_empty() {
            return;
        }
        let all: usize = groups.iter().map(|group| group.steps.len()).sum();
        self.line("");
        let head = match groups.len() {
            count if count == all => format!("{name}: {count}"),
            count => format!("{name}: {all}, {count} different"),
        };
        let head = self.paint("1", &head);
        self.line(&head);
        for group in groups.iter().take(MAX_GROUPS) {
            self.group(verdict, group);
        }
        if groups.len() > MAX_GROUPS {
            let more = groups.len() - MAX_GROUPS;
            let text = format!("… and {more} more; see all with --report html=FILE or json=FILE");
            self.line(&text);
        }
    }

    fn group(&mut self, verdict: Verdict, group: &Group<'_>) {
        let finding = group.finding;
        let head = format!(
            "{} {}  {}  {}",
            self.mark(verdict),
            self.paint("1", finding.check.id),
            self.paint("1", &line_of(&plain(group.place()))),
            self.paint("2", &counted(group.steps.len(), "step")),
        );
        self.line(&head);
        if group.varies {
            let text = self.paint("2", &format!("    {}", groups::VARIES));
            self.line(&text);
        }
        let expected = self.paint("32", &line_of(&plain(&finding.expected)));
        self.line(&format!("    expected  {expected}"));
        let actual = self.paint("31", &line_of(&plain(&finding.actual)));
        self.line(&format!("    actual    {actual}"));
        if let Some(reason) = group.reason {
            let text = format!("    accepted  {}", plain(reason));
            self.line(&text);
        }
        self.line(&format!("    at        {}", plain(&group.places(MAX_STEPS))));
        if let (Verdict::Deviates, Some((flow, step))) = (verdict, group.steps.first()) {
            self.example(group, flow, step);
        }
    }

    /// Writes the first step of a group in full.
    fn example(&mut self, group: &Group<'_>, flow: &FlowReport, step: &StepReport) {
        let text = format!("    first     {}", self.exchange(step));
        self.line(&text);
        if let Some(guide) = &step.guide_step {
            let url = self.paint("2", &self.guide.url);
            let text = format!("    guide     {}: {} {url}", plain(&guide.section), plain(&guide.summary));
            self.line(&text);
        }
        // A finding in a header shows that header, so the body adds nothing.
        let is_in_header = group.finding.place.contains("header");
        let body = step.response.as_ref().and_then(|answer| answer.body.as_ref()).filter(|_| !is_in_header);
        if let Some(body) = body {
            let text = format!("    answer    {}", line_of(&plain(&Body::text(body))));
            self.line(&text);
        }
        if let Some(request) = &step.request
            && !step.operation.ends_with("Consent")
        {
            let made = flow.made.as_ref();
            let line = match made {
                Some((id, _)) => curl::line_for(request, self.scheme, id),
                None => curl::line(request, self.scheme),
            };
            if let Some((id, again)) = made {
                let text = format!("    recreate  {}", plain(&curl::recreation(again, self.scheme)));
                self.line(&text);
                let text = format!(
                    "              (the app {} of this flow was deleted; the line above creates another one for the line below)",
                    plain(id)
                );
                self.line(&text);
            }
            let text = format!("    repeat    {}", plain(&line));
            self.line(&text);
        }
        if group.layer == Layer::Snapshot && group.steps.len() == 1 {
            self.diff(step.snapshot.diff.as_deref().unwrap_or_default());
        }
    }

    fn diff(&mut self, diff: &str) {
        for line in diff.lines() {
            let code = match line.chars().next() {
                Some('-') => "31",
                Some('+') => "32",
                _ => "2",
            };
            let text = format!("        {}", self.paint(code, &plain(line)));
            self.line(&text);
        }
    }

    /// Writes steps and flows that failed without a finding.
    fn other_failures(&mut self, flows: &[Arc<FlowReport>]) {
        let is_bad = |verdict: Verdict| matches!(verdict, Verdict::Error | Verdict::Unjudged);
        for flow in flows.iter().filter(|flow| is_bad(flow.verdict)) {
            let reasons = flow.steps.iter().filter(|step| is_bad(step.verdict));
            let reasons =
                reasons.filter_map(|step| Some((Some(&step.step), step.verdict, step.reason.as_ref()?)));
            let own = flow.reason.iter().map(|reason| (None, flow.verdict, reason));
            for (step, verdict, reason) in own.chain(reasons).take(MAX_STEPS) {
                let step = step.map(|step| format!(" {step}")).unwrap_or_default();
                let text = format!(
                    "{} {}{}: {}: {}",
                    self.mark(verdict),
                    plain(&flow.info.title()),
                    plain(&step),
                    verdict.word(),
                    line_of(&plain(reason))
                );
                self.line(&text);
            }
        }
    }

    /// Writes the restored changes, and those that a person must restore by hand.
    pub fn restored(&mut self, restored: &Restored) {
        self.line("");
        for (action, names) in [("restored", &restored.put_back), ("removed", &restored.removed)] {
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
        if restored.put_back.is_empty() && restored.removed.is_empty() && restored.left.is_empty() {
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

    fn painted(&mut self, code: &str, text: &str) {
        let text = self.paint(code, text);
        self.line(&text);
    }

    /// Writes the number of skipped flow runs and the reasons.
    fn skips(&mut self, summary: &RunSummary) {
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
    fn verdict(&mut self, summary: &RunSummary) {
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

/// Maximum number of groups of findings on the terminal.
const MAX_GROUPS: usize = 20;
/// Maximum number of steps, reasons or flows that are listed.
const MAX_STEPS: usize = 4;

/// Cuts a long line.
fn line_of(text: &str) -> Cow<'_, str> {
    const MAX_LENGTH: usize = 300;
    shortened(text, MAX_LENGTH)
}
