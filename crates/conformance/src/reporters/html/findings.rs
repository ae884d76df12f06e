//! The findings, each once, with its place, expected and actual value, and steps.

use maud::{Markup, html};

use super::super::groups;
use super::exchange;
use super::index::{Failure, Index, NumberedGroup, ReportedStep, Section};
use super::text::{Shown, cut, mark};
use crate::credential::Scheme;
use crate::event::counted;

/// Number of flow runs listed with a finding; the others are folded.
const MAX_LISTED: usize = 2;

/// Maximum length of a value; the JSON report has the full value.
const MAX_VALUE: usize = 500;

pub(super) fn all(index: &Index<'_>, scheme: Scheme) -> Markup {
    let mut sections = index.sections.iter();
    html! {
        @if let Some(deciding) = sections.next() { (section(index, deciding, scheme)) }
        (failures(index))
        @for other in sections { (section(index, other, scheme)) }
    }
}

fn section(index: &Index<'_>, section: &Section<'_>, scheme: Scheme) -> Markup {
    let count = section.whole.len() + section.rest.len();
    html! {
        @if count > 0 {
            section {
                h2 { (section.title) " (" (count) ")" }
                @for numbered in &section.whole { (article(index, numbered, scheme)) }
                @if !section.rest.is_empty() {
                    details {
                        summary { (counted(section.rest.len(), "more finding")) ", each at fewer steps" }
                        ul { @for numbered in &section.rest { (line(index, numbered)) } }
                    }
                }
            }
        }
    }
}

fn article(index: &Index<'_>, numbered: &NumberedGroup<'_>, scheme: Scheme) -> Markup {
    let NumberedGroup { number, group, .. } = numbered;
    let finding = group.finding;
    html! {
        article id=(format!("f{number}")) {
            h3 {
                (number) ". " code { (finding.check.id) } " " code { (Shown(group.place())) } " "
                small { (counted(group.steps.len(), "step")) }
            }
            @if group.varies { p { small { (groups::VARIES) } } }
            dl {
                dt { "expected" } dd { (value(&finding.expected)) }
                dt { "actual" } dd { (value(&finding.actual)) }
                @if let Some(reason) = group.reason { dt { "accepted" } dd { (Shown(reason)) } }
            }
            (places(index, &group.steps))
            (example(index, numbered, scheme))
        }
    }
}

/// A finding in one line, used if there are many.
fn line(index: &Index<'_>, numbered: &NumberedGroup<'_>) -> Markup {
    let finding = numbered.group.finding;
    html! {
        li id=(format!("f{}", numbered.number)) {
            (numbered.number) ". " code { (finding.check.id) } " " code { (Shown(numbered.group.place())) }
            ": expected " (value(&finding.expected)) "; actual " (value(&finding.actual))
            @if let Some(reason) = numbered.group.reason { "; accepted: " (Shown(reason)) }
            (places(index, &numbered.group.steps))
        }
    }
}

fn value(text: &str) -> Markup {
    let (shown, left) = cut(text, MAX_VALUE);
    html! {
        code { (Shown(shown)) }
        @if left > 0 { " " small { "… (" (left) " more characters; see the JSON report)" } }
    }
}

/// The steps by flow run; after the first few they are folded.
fn places(index: &Index<'_>, steps: &[ReportedStep<'_>]) -> Markup {
    let runs: Vec<&[ReportedStep<'_>]> = steps.chunk_by(|one, next| std::ptr::eq(one.0, next.0)).collect();
    let (named, folded) = runs.split_at(runs.len().min(MAX_LISTED));
    html! {
        ul { @for steps in named { (run(index, steps)) } }
        @if !folded.is_empty() {
            details {
                summary { (counted(folded.len(), "more flow run")) }
                ul { @for steps in folded { (run(index, steps)) } }
            }
        }
    }
}

fn run(index: &Index<'_>, steps: &[ReportedStep<'_>]) -> Markup {
    html! {
        @if let Some((flow, _)) = steps.first() {
            li {
                (Shown(&flow.info.title())) ":"
                @for (_, step) in steps {
                    @if let Some(place) = index.place(step) {
                        " " a href=(format!("#s{}", place.number)) { (Shown(&step.step)) }
                    }
                }
            }
        }
    }
}

/// One folded exchange of a group, or a link to it if it is shown with another finding.
fn example(index: &Index<'_>, numbered: &NumberedGroup<'_>, scheme: Scheme) -> Markup {
    if let Some((flow, step)) = numbered.example {
        return html! {
            details id=(format!("e{}", numbered.number)) {
                summary { "Example: " (Shown(&flow.info.title())) " " (Shown(&step.step)) }
                (exchange::whole(step))
                (exchange::repeat(flow, step, scheme))
            }
        };
    }
    let first = numbered.group.steps.first().and_then(|(_, step)| index.place(step));
    html! {
        @if let Some(number) = first.and_then(|place| place.example_of) {
            p { "Example: see " a href=(format!("#e{number}")) { "finding " (number) } }
        }
    }
}

/// Steps and flows without a finding that failed or were not judged.
fn failures(index: &Index<'_>) -> Markup {
    html! {
        @if !index.failures.is_empty() {
            section {
                h2 { "Errors and unjudged steps (" (index.failures.len()) ")" }
                @for failure in &index.failures { (self::failure(index, failure)) }
            }
        }
    }
}

fn failure(index: &Index<'_>, failure: &Failure<'_>) -> Markup {
    let whole = failure.steps.iter().filter(|(_, step)| step.is_none());
    let steps: Vec<ReportedStep<'_>> =
        failure.steps.iter().filter_map(|(flow, step)| Some((*flow, (*step)?))).collect();
    html! {
        article {
            h3 { (mark(failure.verdict)) " " (Shown(failure.reason)) }
            @if steps.len() < failure.steps.len() {
                ul { @for (flow, _) in whole { li { (Shown(&flow.info.title())) } } }
            }
            @if !steps.is_empty() { (places(index, &steps)) }
        }
    }
}
