//! The page as a whole.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::{coverage, curl};
use super::index::Index;
use super::text::{Narrow, Shown, mark};
use super::{exchange, findings, flows};
use crate::coverage::{OperationCoverage, StatusCoverage};
use crate::credential::Scheme;
use crate::event::{RunReport, counted};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The whole page. Curl lines take the credential from the variable of `scheme`.
pub(in crate::reporters) fn html(report: &RunReport, scheme: Scheme) -> String {
    let index = Index::new(report);
    let title = format!("{}: {}", report.summary.verdict.word(), report.info.target);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // Dark mode must work without styles: a server may forbid them (Jenkins does).
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(report, scheme))
                main {
                    (findings::all(&index, scheme))
                    (flows::all(report, &index))
                }
                (coverage(report))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// The verdict, the counts, and the warnings.
fn head(report: &RunReport, scheme: Scheme) -> Markup {
    let (info, summary) = (&report.info, &report.summary);
    let lists = [&summary.undecided, &summary.warnings, &summary.stale, &summary.unstable];
    html! {
        header {
            h1 { (mark(summary.verdict)) " " (Narrow(&info.target)) }
            p { (summary.counts.words()) "." }
            (left_over(report, scheme))
            @for text in summary.stopped.iter().chain(lists.into_iter().flatten()) {
                p.warning { (Shown(text)) }
            }
            @for (reason, flows) in &summary.skips {
                p.warning { (counted(*flows, "flow run")) " skipped: " (Shown(reason)) }
            }
            p {
                small {
                    (format!("In {:.2} s. ", summary.duration.as_secs_f64()))
                    (env!("CARGO_PKG_NAME")) " " (env!("CARGO_PKG_VERSION"))
                    ", contract " (Shown(&info.contract)) ", guide " (Shown(&info.guide))
                    ", run " (Shown(&info.run)) ", " (Shown(&info.started)) "."
                }
            }
        }
    }
}

/// The changes that were not restored, and the calls that restore them.
fn left_over(report: &RunReport, scheme: Scheme) -> Markup {
    html! {
        @for left in report.restored.iter().flat_map(|restored| &restored.left) {
            p.warning { "Not restored: " (Shown(&left.what)) }
            @for call in &left.calls { (exchange::block(&curl::line(call, scheme))) }
        }
    }
}

fn coverage(report: &RunReport) -> Markup {
    let coverage = &report.summary.coverage;
    html! {
        section #coverage {
            h2 { "Coverage of the contract" }
            p { (Shown(&coverage::sentence(coverage))) }
            ul { @for operation in &coverage.operations { (operation_line(operation)) } }
        }
    }
}

fn operation_line(operation: &OperationCoverage) -> Markup {
    html! {
        li {
            b { (Shown(&operation.operation)) } " " code { (Shown(&operation.request)) } ":"
            @for status in &operation.statuses { " " (status_words(status)) }
        }
    }
}

fn status_words(status: &StatusCoverage) -> Markup {
    let undeclared = if status.declared { "" } else { " (not declared)" };
    html! {
        @match status.total() {
            0 => em.never { (status.status) " never" },
            times => span { (status.status) (undeclared) " " (times) "× (" (Shown(&status.apps().join(" "))) ")" },
        }
        ";"
    }
}
