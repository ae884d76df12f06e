//! Faults, the clock, other orgs, and the reset, with their forms.

use maud::{Markup, html};

use super::super::call::Call;
use super::super::operation;
use super::super::render::Timestamp;
use super::page::time_text;
use crate::org::faults::{CountedFault, FaultAnswer};

/// The kinds of faults that the form offers, with the JSON of their answers.
pub(super) const ANSWERS: [(&str, &str, &str); 7] = [
    ("500", "status 500", r#"{"status": 500}"#),
    ("503", "status 503", r#"{"status": 503}"#),
    ("429", "429 with its headers", r#"{"error": "E0000047"}"#),
    ("delay", "the answer 3 seconds late", r#"{"delay_ms": 3000}"#),
    ("before", "no answer, and no effect", r#"{"close": "before"}"#),
    ("after", "no answer, but the effect", r#"{"close": "after"}"#),
    ("truncate", "half an answer", r#"{"truncate": 10}"#),
];

/// A form with nothing but a button.
pub(super) fn button(action: &str, label: &str) -> Markup {
    html! { form method="post" action="/_mock/ui" { (submit(action, label)) } }
}

fn submit(action: &str, label: &str) -> Markup {
    html! { button type="submit" name="do" value=(action) { (label) } }
}

pub(super) fn faults(call: &Call<'_>) -> Markup {
    let faults = call.org.lock().controlled().faults.all().to_vec();
    html! {
        section aria-labelledby="faults" {
            h2 #faults { "Faults" }
            div #live-faults data-live {
                @if faults.is_empty() { p { "No request fails on purpose." } } @else {
                    ul { @for fault in &faults { (fault_item(fault)) } }
                }
            }
            form method="post" action="/_mock/ui" {
                label for="fault-operation" { "Operation" }
                select #fault-operation name="operation" {
                    @for id in operation::faultable() { option { (id) } }
                }
                label for="fault-answer" { "Gets" }
                select #fault-answer name="answer" {
                    @for (value, label, _) in ANSWERS { option value=(value) { (label) } }
                }
                label for="fault-times" { "Times (empty: always)" }
                input #fault-times name="times" type="number" min="1" value="1";
                label for="fault-app" { "App id (empty: any)" }
                input #fault-app name="app" type="text" autocomplete="off";
                (submit("add-fault", "Add the fault"))
            }
            @if !faults.is_empty() { (button("clear-faults", "Remove all faults")) }
        }
    }
}

fn fault_item(counted: &CountedFault) -> Markup {
    let fault = &counted.fault;
    html! {
        li {
            (fault.operation) ": " (answer_text(&fault.answer))
            @if let Some(app) = &fault.app { " for " code { (app) } }
            ", applied " (counted.applied()) @if let Some(times) = fault.times { " of " (times) } " times"
            form.inline method="post" action="/_mock/ui" {
                input type="hidden" name="id" value=(counted.id);
                button type="submit" name="do" value="remove-fault" aria-label={ "Remove fault " (counted.id) } {
                    "Remove"
                }
            }
        }
    }
}

fn answer_text(answer: &FaultAnswer) -> String {
    match answer {
        FaultAnswer::Status { status, .. } => format!("status {status}"),
        FaultAnswer::Error(code) => code.as_str().to_owned(),
        FaultAnswer::Delay(delay) => format!("{} ms late", delay.as_millis()),
        FaultAnswer::CloseBefore => "no answer, and no effect".to_owned(),
        FaultAnswer::CloseAfter => "no answer, but the effect".to_owned(),
        FaultAnswer::Truncate(length) => format!("{length} bytes of the answer"),
        FaultAnswer::Body { status, .. } => format!("another body with status {status}"),
    }
}

pub(super) fn clock(call: &Call<'_>) -> Markup {
    let (now, is_frozen) = {
        let org = call.org.lock();
        (org.clock.now(), org.clock.is_frozen())
    };
    html! {
        section aria-labelledby="clock" {
            h2 #clock { "Clock" }
            p #live-clock data-live {
                (time_text(Timestamp(now))) ", " @if is_frozen { "frozen" } @else { "running" }
            }
            form method="post" action="/_mock/ui" {
                label for="clock-seconds" { "Seconds" }
                input #clock-seconds name="seconds" type="number" min="0" value="3600";
                (submit("advance-clock", "Advance"))
            }
            form method="post" action="/_mock/ui" {
                label for="clock-now" { "Time" }
                input #clock-now name="now" type="text" placeholder="2026-01-31T12:00:00Z" autocomplete="off";
                (submit("set-clock", "Set"))
            }
            @if is_frozen { (button("run-clock", "Let it run")) } @else { (button("freeze-clock", "Freeze")) }
        }
    }
}

pub(super) fn orgs(call: &Call<'_>) -> Markup {
    let orgs = call.orgs.all(&call.origin);
    html! {
        section aria-labelledby="orgs" {
            h2 #orgs { "Orgs" }
            ul #live-orgs data-live {
                @for org in &orgs {
                    li {
                        a href={ (call.orgs.host_url(org.name(), &call.origin)) "/_mock/ui" } { (org.name()) }
                        " " span.quiet { (org.url()) }
                        @if org.name() != "default" {
                            form.inline method="post" action="/_mock/ui" {
                                input type="hidden" name="name" value=(org.name());
                                button type="submit" name="do" value="drop-org"
                                    aria-label={ "Drop org " (org.name()) } { "Drop" }
                            }
                        }
                    }
                }
            }
            form method="post" action="/_mock/ui" {
                label for="org-name" { "Name" }
                input #org-name name="name" type="text" autocomplete="off" required;
                label for="org-source" { "Begins with" }
                select #org-source name="source" {
                    option value="guide" { "the guide's apps" }
                    option value="empty" { "no apps" }
                    @for org in &orgs { option value={ "fork:" (org.name()) } { "the state of " (org.name()) } }
                }
                (submit("add-org", "Add the org"))
            }
        }
    }
}

pub(super) fn reset() -> Markup {
    html! {
        section aria-labelledby="reset" {
            h2 #reset { "Reset" }
            p { "Restores apps, clock and rate limit as at the start. Removes faults and the request log." }
            (button("reset", "Reset the org"))
        }
    }
}
