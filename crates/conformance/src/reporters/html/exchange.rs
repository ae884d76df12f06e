//! One exchange: the step's description, the judgements, the request and the answer.

use std::fmt::Write as _;

use maud::{Markup, Render, html};

use super::super::curl;
use super::text::{Narrow, Shown, cut, mark};
use crate::credential::Scheme;
use crate::event::{FlowReport, StepReport};
use crate::exchange::{Body, RequestRecord, ResponseRecord};

/// Maximum length of a request or answer on the page; the JSON report has the full text.
const MAX_TEXT: usize = 4_000;

/// All details of a step except its findings, which are shown next to it.
pub(super) fn whole(step: &StepReport) -> Markup {
    html! {
        p {
            (Shown(&step.description))
            @if let Some(guide) = &step.guide_step { " Guide: " (Shown(&guide.section)) ": " (Shown(&guide.summary)) }
        }
        (judged(step))
        (request_and_answer(step))
        @if let Some(diff) = &step.snapshot.diff { h4 { "Difference" } (side_by_side(diff)) }
    }
}

/// The request and the answer.
pub(super) fn request_and_answer(step: &StepReport) -> Markup {
    html! {
        @if let Some(request) = &step.request { h4 { "Request" } (block(&sent(request))) }
        @if let Some(response) = &step.response { h4 { "Answer" } (block(&received(response))) }
    }
}

/// The verdict of each judgement.
fn judged(step: &StepReport) -> Markup {
    html! {
        p {
            @for (layer, judgement) in step.judgements() {
                (layer.word()) @if !judgement.decides { " (does not decide)" } " " (mark(judgement.verdict))
                @if let Some(reason) = &judgement.reason { " (" (Shown(reason)) ")" }
                "; "
            }
        }
    }
}

/// The curl line that repeats a step; if the flow created its app, preceded by a line that recreates it.
pub(super) fn repeat(flow: &FlowReport, step: &StepReport, scheme: Scheme) -> Markup {
    // A consent is given by a person in a browser.
    let request = step.request.as_ref().filter(|_| !step.operation.ends_with("Consent"));
    let lines = request.map(|request| match &flow.made {
        Some((app, again)) => {
            format!("{}\n{}", curl::recreation(again, scheme), curl::line_for(request, scheme, app))
        }
        None => curl::line(request, scheme),
    });
    html! { @if let Some(lines) = lines { h4 { "Repeat" } (preformatted(Shown(&lines))) } }
}

/// A text block, cut if it is very long.
pub(super) fn block(text: &str) -> Markup {
    let (shown, left) = cut(text, MAX_TEXT);
    html! {
        (preformatted(Shown(shown)))
        @if left > 0 { p { small { "… " (left) " more characters are left out; see the JSON report (--report json=FILE)." } } }
    }
}

/// `wrap` wraps the lines even without styles (HTML Standard, Rendering, Flow content).
fn preformatted(text: impl Render) -> Markup {
    html! { pre wrap { (text) } }
}

/// The accepted lines on the left, the actual ones on the right, equal lines across both.
fn side_by_side(diff: &str) -> Markup {
    html! {
        table.diff {
            thead { tr { th { "accepted" } th { "actual" } } }
            tbody {
                @for lines in diff.lines().collect::<Vec<_>>().chunk_by(|one, next| is_changed(one) == is_changed(next)) {
                    tr { (row(lines)) }
                }
            }
        }
    }
}

fn row(lines: &[&str]) -> Markup {
    let side = |sign: &str| -> String {
        let lines: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix(sign)).collect();
        lines.join("\n")
    };
    html! {
        @if lines.iter().any(|line| is_changed(line)) {
            td.less { (preformatted(Narrow(&side("- ")))) }
            td.more { (preformatted(Narrow(&side("+ ")))) }
        } @else {
            td colspan="2" { (preformatted(Shown(&side("  ")))) }
        }
    }
}

fn is_changed(line: &str) -> bool {
    line.starts_with("- ") || line.starts_with("+ ")
}

fn sent(request: &RequestRecord) -> String {
    with_body(format!("{} {}\n", request.method, request.url), &request.headers, request.body.as_ref())
}

fn received(response: &ResponseRecord) -> String {
    with_body(format!("{}\n", response.status), &response.headers, response.body.as_ref())
}

fn with_body(mut text: String, headers: &[(String, String)], body: Option<&Body>) -> String {
    for (name, value) in headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    let _ = match body {
        Some(Body::Json(value)) => write!(text, "\n{value:#}"),
        Some(Body::Text(plain)) => write!(text, "\n{plain}"),
        None => Ok(()),
    };
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_are_shown_side_by_side() {
        let page = side_by_side("  same\n- old\n- older\n+ new\n  end").into_string();
        for part in [
            "<tr><td colspan=\"2\"><pre wrap>same</pre></td></tr>",
            "<td class=\"less\"><pre wrap>old\nolder</pre></td><td class=\"more\"><pre wrap>new</pre></td>",
            "<pre wrap>end</pre>",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn a_very_long_body_is_cut_with_a_note() {
        let page = block(&"x ".repeat(MAX_TEXT)).into_string();
        assert!(page.len() < MAX_TEXT + 300 && page.contains("4000 more characters are left out"), "{page}");
    }
}
