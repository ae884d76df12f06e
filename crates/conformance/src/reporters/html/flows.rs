//! The flow runs: those that do not conform first, otherwise in order.

use std::sync::Arc;

use maud::{Markup, html};

use super::exchange;
use super::index::{Index, StepEntry};
use super::text::{Shown, mark};
use crate::event::{FlowReport, RunReport, StepReport};
use crate::verdict::Verdict;

pub(super) fn all(report: &RunReport, index: &Index<'_>) -> Markup {
    let mut flows: Vec<&Arc<FlowReport>> = report.flows.iter().collect();
    flows.sort_by_key(|flow| std::cmp::Reverse(flow.verdict));
    html! {
        section #flows {
            h2 { "Flow runs (" (flows.len()) ")" }
            (tools(report))
            @for flow in flows { (self::flow(flow, index)) }
            p #none hidden { "No flow run matches." }
        }
    }
}

/// Search and filters, which the script shows, because they need it.
fn tools(report: &RunReport) -> Markup {
    let counts = report.summary.counts.of_steps();
    html! {
        div #tools role="search" hidden {
            label { "Search " input #search type="search" placeholder="flow, step, path, guide"; }
            @for (verdict, count) in [
                (Verdict::Deviates, counts.deviates),
                (Verdict::Error, counts.error),
                (Verdict::Unjudged, counts.unjudged),
                (Verdict::Skipped, counts.skipped),
                (Verdict::Conforms, counts.conforms),
            ] {
                " " label { input type="checkbox" value=(verdict.word()) checked; " " (mark(verdict)) " " (count) }
            }
        }
    }
}

fn flow(flow: &FlowReport, index: &Index<'_>) -> Markup {
    html! {
        details.flow {
            summary {
                (mark(flow.verdict)) " " b { (Shown(&flow.info.title())) } " " small { (Shown(&flow.info.summary)) }
            }
            @for note in &flow.notes { p.warning { (Shown(note)) } }
            ul {
                @if let Some(reason) = &flow.reason { li { (mark(flow.verdict)) " " (Shown(reason)) } }
                @for step in &flow.steps { (self::step(step, index.place(step))) }
            }
        }
    }
}

fn step(step: &StepReport, place: Option<&StepEntry>) -> Markup {
    let request = step.request.as_ref().map(|request| format!("{} {}", request.method, request.path));
    let request = request.as_deref().unwrap_or(&step.operation);
    let has_details = place.is_some_and(|place| !place.findings.is_empty())
        || matches!(step.verdict, Verdict::Deviates | Verdict::Error | Verdict::Unjudged);
    let id = place.filter(|_| has_details).map(|place| format!("s{}", place.number));
    html! {
        li id=[id] {
            (mark(step.verdict)) " " (Shown(&step.step)) " "
            code { (Shown(request)) @if let Some(answer) = &step.response { " → " (answer.status) } }
            @if let Some(guide) = &step.guide { " " small { (Shown(guide)) } }
            @for text in step.reason.iter().chain(&step.repeated) { " " small { (Shown(text)) } }
            @if has_details { (details(step, place)) }
        }
    }
}

/// The finding numbers of a step, and its exchange unless it is shown with one of them.
fn details(step: &StepReport, place: Option<&StepEntry>) -> Markup {
    let findings = place.map(|place| place.findings.as_slice()).unwrap_or_default();
    let example_of = place.and_then(|place| place.example_of);
    html! {
        @if !findings.is_empty() {
            " finding"
            @for number in findings { " " a href=(format!("#f{number}")) { (number) } }
        }
        @match example_of {
            Some(number) => { ", " a href=(format!("#e{number}")) { "exchange" } },
            None => details { summary { "exchange" } (exchange::request_and_answer(step)) },
        }
    }
}
