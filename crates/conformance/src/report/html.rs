//! One self-contained page: readable on a phone, light and dark, without scripts and styles; every
//! finding once at its top; below, folded, each step with its request, answer, judgements, difference
//! side by side, and the curl line that repeats it.

use std::fmt::Write as _;

use super::groups::{self, Group};
use super::markup::attribute as escape;
use super::{coverage_words, curl};
use crate::event::{FlowReport, RunReport, StepReport, counted};
use crate::judgement::{Judgement, Layer};
use crate::transport::{Body, RequestRecord, ResponseRecord};
use crate::verdict::Verdict;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The whole page. `variable` holds the credential in curl lines.
pub(super) fn html(report: &RunReport, variable: &str) -> String {
    let mut page = String::new();
    let verdict = report.summary.verdict.word();
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{verdict}: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escape(&report.info.target)
    );
    head(&mut page, report);
    page.push_str("<main>\n");
    for (title, groups) in [
        ("Findings", groups::deciding(&report.flows)),
        ("Findings that do not decide", groups::not_deciding(&report.flows)),
        ("Accepted deviations", groups::accepted(&report.flows)),
    ] {
        findings(&mut page, title, &groups, variable);
    }
    page.push_str("<section><h2>Flow runs</h2>\n");
    // What does not conform comes first; the order stays otherwise.
    let mut flows: Vec<_> = report.flows.iter().collect();
    flows.sort_by_key(|flow| std::cmp::Reverse(flow.verdict));
    for flow in flows {
        self::flow(&mut page, flow);
    }
    page.push_str("</section>\n");
    page.push_str("<p id=\"none\" hidden>Nothing fits.</p>\n</main>\n");
    coverage(&mut page, report);
    let _ = write!(page, "<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    page
}

fn head(page: &mut String, report: &RunReport) {
    let (info, counts) = (&report.info, &report.summary.counts);
    let _ = write!(
        page,
        "<header>\n<h1><span class=\"mark {verdict}\">{verdict}</span> {target}</h1>\n\
         <p>{}, in {:.2} s. {} {}, contract {}, guide {}, run {}, {}.</p>\n<ul class=\"counts\">",
        counts.words(),
        report.summary.duration.as_secs_f64(),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
        escape(&info.contract),
        escape(&info.guide),
        escape(&info.run),
        escape(&info.started),
        verdict = report.summary.verdict.word(),
        target = escape(&info.target),
    );
    for (verdict, count) in [
        (Verdict::Conforms, counts.conforms),
        (Verdict::Deviates, counts.deviates),
        (Verdict::Skipped, counts.skipped),
        (Verdict::Unjudged, counts.unjudged),
        (Verdict::Error, counts.error),
    ] {
        let _ = write!(
            page,
            "<li><label><input type=\"checkbox\" class=\"filter\" value=\"{word}\" checked> <span class=\"mark {word}\">{word}</span> {count}</label></li>",
            word = verdict.word()
        );
    }
    page.push_str(
        "</ul>\n<p><label>Search <input id=\"search\" type=\"search\" placeholder=\"flow, step, path, guide\"></label></p>\n",
    );
    let summary = &report.summary;
    let lists = [&summary.undecided, &summary.warnings, &summary.stale, &summary.unstable];
    for text in lists.into_iter().flatten().chain(&summary.stopped) {
        let _ = writeln!(page, "<p class=\"warning\">{}</p>", escape(text));
    }
    for (reason, flows) in &summary.skips {
        let flows = counted(*flows, "flow run");
        let _ = writeln!(page, "<p class=\"warning\">{flows} skipped: {}</p>", escape(reason));
    }
    for left in report.restored.iter().flat_map(|restored| &restored.left) {
        let _ = writeln!(page, "<p class=\"warning\">Not put back: {}</p>", escape(&left.what));
    }
    page.push_str("</header>\n");
}

/// A section of groups of findings: where, what was wanted, what came, at which steps.
fn findings(page: &mut String, title: &str, groups: &[Group<'_>], variable: &str) {
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(page, "<section><h2>{title} ({})</h2>", groups.len());
    for group in groups {
        let finding = group.finding;
        let _ = writeln!(
            page,
            "<article><h3><code>{}</code> <code>{}</code> <small>{}</small></h3>\n\
             <dl><dt>wanted</dt><dd><code>{}</code></dd><dt>came</dt><dd><code>{}</code></dd>",
            escape(finding.check.id),
            escape(&finding.place),
            counted(group.steps.len(), "step"),
            escape(&finding.expected),
            escape(&finding.actual),
        );
        if let Some(reason) = group.reason {
            let _ = writeln!(page, "<dt>accepted</dt><dd>{}</dd>", escape(reason));
        }
        page.push_str("</dl>\n");
        places(page, group);
        example(page, group, variable);
        page.push_str("</article>\n");
    }
    page.push_str("</section>\n");
}

/// The steps of a group, the first few named, the others folded.
fn places(page: &mut String, group: &Group<'_>) {
    const NAMED: usize = 4;
    let list = |page: &mut String, steps: &[(&FlowReport, &StepReport)]| {
        page.push_str("<ul>");
        for (flow, step) in steps {
            let _ = write!(page, "<li>{}: {}</li>", escape(&flow.info.title()), escape(&step.step));
        }
        page.push_str("</ul>\n");
    };
    let (named, folded) = group.steps.split_at(group.steps.len().min(NAMED));
    list(page, named);
    if !folded.is_empty() {
        let _ = write!(page, "<details><summary>{} more</summary>", counted(folded.len(), "step"));
        list(page, folded);
        page.push_str("</details>\n");
    }
}

/// The first exchange of a group, folded.
fn example(page: &mut String, group: &Group<'_>, variable: &str) {
    let Some((_, step)) = group.steps.first() else { return };
    let _ = writeln!(page, "<details><summary>The first: {}</summary>", escape(&step.step));
    if let Some(guide) = &step.guide_step {
        let _ = writeln!(page, "<p><b>Guide</b> {}: {}</p>", escape(&guide.section), escape(&guide.summary));
    }
    exchange(page, step);
    if let Some(request) = &step.request {
        let _ = writeln!(page, "<h4>Repeat</h4><pre>{}</pre>", escape(&curl::line(request, variable)));
    }
    page.push_str("</details>\n");
}

fn flow(page: &mut String, flow: &FlowReport) {
    let _ = writeln!(
        page,
        "<details class=\"flow\"><summary><span class=\"mark {verdict}\">{verdict}</span> <b>{}</b> <small>{}</small></summary>",
        escape(&flow.info.title()),
        escape(&flow.info.summary),
        verdict = flow.verdict.word(),
    );
    for text in flow.reason.iter().chain(&flow.notes) {
        let _ = writeln!(page, "<p class=\"warning\">{}</p>", escape(text));
    }
    if flow.steps.is_empty() {
        let words = escape(&format!("{} {}", flow.info.title(), flow.reason.clone().unwrap_or_default()));
        let _ = writeln!(
            page,
            "<div class=\"step\" data-verdict=\"{}\" data-words=\"{words}\"></div>",
            flow.verdict.word()
        );
    }
    for step in &flow.steps {
        self::step(page, flow, step);
    }
    page.push_str("</details>\n");
}

fn step(page: &mut String, flow: &FlowReport, step: &StepReport) {
    let request = step.request.as_ref().map(|request| format!("{} {}", request.method, request.path));
    let request = request.unwrap_or_else(|| step.operation.clone());
    let status = step.response.as_ref().map(|answer| format!(" → {}", answer.status)).unwrap_or_default();
    let guide = step.guide.clone().unwrap_or_default();
    let words = [&flow.info.title(), &step.step, &request, &step.operation, &guide, &step.description]
        .map(String::as_str)
        .join(" ");
    let _ = write!(
        page,
        "<details class=\"step\" data-verdict=\"{verdict}\" data-words=\"{}\"><summary><span class=\"mark {verdict}\">{verdict}</span> {} <code>{}{status}</code> <small>{}</small></summary>\n<div class=\"body\">\n",
        escape(&words),
        escape(&step.step),
        escape(&request),
        escape(&guide),
        verdict = step.verdict.word(),
    );
    let _ = writeln!(page, "<p>{}</p>", escape(&step.description));
    if let Some(guide) = &step.guide_step {
        let _ = writeln!(page, "<p><b>Guide</b> {}: {}</p>", escape(&guide.section), escape(&guide.summary));
    }
    for text in step.reason.iter().chain(&step.repeated) {
        let _ = writeln!(page, "<p class=\"warning\">{}</p>", escape(text));
    }
    for (layer, judgement) in step.judgements() {
        self::judgement(page, layer, judgement);
    }
    exchange(page, step);
    page.push_str("</div></details>\n");
}

fn exchange(page: &mut String, step: &StepReport) {
    if let Some(request) = &step.request {
        sent(page, request);
    }
    if let Some(response) = &step.response {
        came(page, response);
    }
}

fn judgement(page: &mut String, layer: Layer, judgement: &Judgement) {
    let reason = judgement.reason.as_deref().map(|reason| format!(" <small>{}</small>", escape(reason)));
    let _ = writeln!(
        page,
        "<p><b>{}</b>{} <span class=\"mark {verdict}\">{verdict}</span>{}</p>",
        layer.word(),
        if judgement.decides { "" } else { " (does not decide)" },
        reason.unwrap_or_default(),
        verdict = judgement.verdict.word(),
    );
    let own = judgement.findings.iter().map(|finding| (finding, None));
    let accepted = judgement.accepted.iter().map(|it| (&it.finding, Some(it.reason.as_str())));
    let rows: Vec<_> = own.chain(accepted).collect();
    if !rows.is_empty() {
        page.push_str(
            "<table><thead><tr><th>check</th><th>where</th><th>wanted</th><th>came</th></tr></thead><tbody>",
        );
        for (finding, accepted) in rows {
            let accepted = accepted.map(|reason| format!(" (accepted: {reason})")).unwrap_or_default();
            let cells = [finding.check.id, &finding.place, &finding.expected, &finding.actual];
            page.push_str("<tr>");
            for cell in cells {
                let _ = write!(page, "<td><code>{}</code></td>", escape(cell));
            }
            page.truncate(page.len() - "</td>".len());
            let _ = write!(page, "{}</td></tr>", escape(&accepted));
        }
        page.push_str("</tbody></table>\n");
    }
    if let Some(diff) = &judgement.diff {
        side_by_side(page, diff);
    }
}

/// What was accepted on the left, what came on the right.
fn side_by_side(page: &mut String, diff: &str) {
    page.push_str("<table class=\"diff\"><thead><tr><th>accepted</th><th>came</th></tr></thead><tbody>");
    let (mut left, mut right): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let flush = |page: &mut String, left: &mut Vec<&str>, right: &mut Vec<&str>| {
        for index in 0..left.len().max(right.len()) {
            let cell = |lines: &[&str], class| {
                lines.get(index).map_or_else(
                    || "<td></td>".to_owned(),
                    |line| format!("<td class=\"{class}\">{}</td>", escape(line)),
                )
            };
            let _ = write!(page, "<tr>{}{}</tr>", cell(left, "less"), cell(right, "more"));
        }
        left.clear();
        right.clear();
    };
    for line in diff.lines() {
        match line.split_at_checked(2) {
            Some(("- ", text)) => left.push(text),
            Some(("+ ", text)) => right.push(text),
            _ => {
                flush(page, &mut left, &mut right);
                let text = escape(line.get(2..).unwrap_or(line));
                let _ = write!(page, "<tr><td>{text}</td><td>{text}</td></tr>");
            }
        }
    }
    flush(page, &mut left, &mut right);
    page.push_str("</tbody></table>\n");
}

fn sent(page: &mut String, request: &RequestRecord) {
    let mut text = format!("{} {}\n", request.method, request.url);
    lines(&mut text, &request.headers);
    body(&mut text, request.body.as_ref());
    let _ = writeln!(page, "<h4>Request</h4><pre>{}</pre>", escape(text.trim_end()));
}

fn came(page: &mut String, response: &ResponseRecord) {
    let mut text = format!("{}\n", response.status);
    lines(&mut text, &response.headers);
    body(&mut text, response.body.as_ref());
    let _ = writeln!(page, "<h4>Answer</h4><pre>{}</pre>", escape(text.trim_end()));
}

fn lines(text: &mut String, headers: &[(String, String)]) {
    for (name, value) in headers {
        let _ = writeln!(text, "{name}: {value}");
    }
}

fn body(text: &mut String, body: Option<&Body>) {
    match body {
        Some(Body::Json(value)) => {
            let _ = write!(text, "\n{value:#}");
        }
        Some(Body::Text(plain)) => {
            let _ = write!(text, "\n{plain}");
        }
        None => {}
    }
}

fn coverage(page: &mut String, report: &RunReport) {
    let coverage = &report.summary.coverage;
    let _ = write!(
        page,
        "<section><h2>Coverage of the contract</h2><p>{}</p>\n<div class=\"wide\"><table><thead><tr><th>operation</th><th>request</th><th>status</th>",
        escape(&coverage_words(coverage))
    );
    let apps: Vec<&str> = std::iter::once("").chain(coverage.apps.iter().map(String::as_str)).collect();
    for app in &apps {
        let _ = write!(page, "<th>{}</th>", if app.is_empty() { "no app" } else { app });
    }
    page.push_str("</tr></thead><tbody>\n");
    for operation in &coverage.operations {
        for (index, status) in operation.statuses.iter().enumerate() {
            let never = if status.came.is_empty() { " class=\"never\"" } else { "" };
            let (name, request) = if index == 0 {
                (operation.operation.as_str(), operation.request.as_str())
            } else {
                ("", "")
            };
            let undeclared = if status.declared { "" } else { " (not declared)" };
            let _ = write!(
                page,
                "<tr{never}><td>{}</td><td><code>{}</code></td><td>{}{undeclared}</td>",
                escape(name),
                escape(request),
                escape(&status.status)
            );
            for app in &apps {
                let times = status.came.get(*app).map(usize::to_string).unwrap_or_default();
                let _ = write!(page, "<td>{times}</td>");
            }
            page.push_str("</tr>\n");
        }
    }
    page.push_str("</tbody></table></div></section>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_sides_stand_beside_each_other() {
        let mut page = String::new();
        side_by_side(&mut page, "  same\n- old\n- older\n+ new\n  end");
        assert!(page.contains("<tr><td>same</td><td>same</td></tr>"), "{page}");
        assert!(page.contains("<td class=\"less\">old</td><td class=\"more\">new</td>"), "{page}");
        assert!(page.contains("<td class=\"less\">older</td><td></td>"), "{page}");
    }
}
