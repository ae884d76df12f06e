//! The findings of a run, in groups.

use super::super::curl;
use super::super::groups::{self, Group};
use super::super::plain::plain;
use super::writer::{MAX_GROUPS, MAX_STEPS, Terminal, line_of};
use crate::event::{FlowReport, StepReport, counted};
use crate::exchange::Body;
use crate::judgement::Layer;
use crate::verdict::Verdict;
use std::io::Write;
use std::sync::Arc;

impl<W: Write> Terminal<W> {
    /// Writes everything that keeps the run from conforming, each finding once.
    pub(super) fn failures(&mut self) {
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

    pub(super) fn groups(&mut self, name: &str, verdict: Verdict, groups: &[Group<'_>]) {
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

    pub(super) fn group(&mut self, verdict: Verdict, group: &Group<'_>) {
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
    pub(super) fn example(&mut self, group: &Group<'_>, flow: &FlowReport, step: &StepReport) {
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

    pub(super) fn diff(&mut self, diff: &str) {
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
    pub(super) fn other_failures(&mut self, flows: &[Arc<FlowReport>]) {
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
}
