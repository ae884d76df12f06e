//! Requests and answers as an HTTP archive (HAR 1.2), which any browser's network view opens. Secrets are
//! removed earlier.

use serde_json::{Value, json};

use super::coverage;
use crate::event::{RunReport, StepReport};
use crate::exchange::{Body, RequestRecord, ResponseRecord};

/// The whole archive.
pub(super) fn har(report: &RunReport) -> Value {
    let steps = report.flows.iter().flat_map(|flow| flow.steps.iter().map(move |step| (flow, step)));
    let entries: Vec<Value> = steps
        .filter_map(|(flow, step)| {
            let (request, response) = (step.request.as_ref()?, step.response.as_ref()?);
            Some(entry(&report.info.started, &flow.info.title(), step, request, response))
        })
        .collect();
    json!({"log": {
        "version": "1.2",
        "creator": {"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
        "comment": format!(
            "{}; contract {}; guide {}; run {}, {}; {}\n{}",
            report.info.target,
            report.info.contract,
            report.info.guide,
            report.info.run,
            report.info.started,
            coverage::sentence(&report.summary.coverage),
            coverage::lines(&report.summary.coverage).join("\n")
        ),
        "entries": entries,
    }})
}

fn entry(
    started: &str,
    flow: &str,
    step: &StepReport,
    request: &RequestRecord,
    response: &ResponseRecord,
) -> Value {
    let millis = step.duration.as_secs_f64() * 1000.0;
    json!({
        // The start of the run; the times of single requests are not kept.
        "startedDateTime": started,
        "time": millis,
        "comment": format!("{flow}: {}: {}", step.step, step.verdict.word()),
        "request": {
            "method": request.method,
            "url": request.url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": pairs(&request.headers),
            "queryString": pairs(&request.query),
            "postData": request.body.as_ref().map(|body| json!({"mimeType": "application/json", "text": body.text()})),
            "headersSize": -1,
            "bodySize": request.body.as_ref().map_or(0, |body| body.text().len()),
        },
        "response": {
            "status": response.status,
            "statusText": reqwest::StatusCode::from_u16(response.status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default(),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": pairs(&response.headers),
            "content": {
                "size": response.body.as_ref().map_or(0, |body| body.text().len()),
                "mimeType": response.header("content-type").unwrap_or_default(),
                "text": response.body.as_ref().map(Body::text).unwrap_or_default(),
            },
            "redirectURL": response.header("location").unwrap_or_default(),
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": millis, "receive": 0},
    })
}

fn pairs(lines: &[(String, String)]) -> Vec<Value> {
    lines.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}
