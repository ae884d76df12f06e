//! The JSON report. Existing member names stay; new members may be added.

use serde_json::{Map, Value, json};

use crate::coverage::{Coverage, OperationCoverage, StatusCoverage};
use crate::event::{Counts, FlowReport, RunReport, StepReport, Tally};
use crate::exchange::{RequestRecord, ResponseRecord};
use crate::judgement::{Finding, Judgement};
use crate::restore::Restored;

/// The report of a run as one JSON value.
pub fn json(report: &RunReport) -> Value {
    let counts = &report.summary.counts;
    json!({
        "tool": {"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
        "target": report.info.target,
        "targetKind": report.info.kind,
        "started": report.info.started,
        "contract": report.info.contract,
        "guide": report.info.guide,
        "warnings": report.summary.warnings,
        "staleDeviations": report.summary.stale,
        "unstable": report.summary.unstable,
        "run": report.info.run,
        "stopped": report.summary.stopped,
        "restored": report.restored.as_ref().map(restored),
        "verdict": report.summary.verdict,
        "counts": counted(counts),
        "flowCounts": tally(&counts.of_flows),
        "skips": report.summary.skips.iter().map(|(reason, flows)| json!({"reason": reason, "flows": flows})).collect::<Vec<_>>(),
        "undecided": report.summary.undecided,
        "skippedChecks": report.summary.skipped_checks,
        "durationMs": millis(report.summary.duration),
        "coverage": coverage(&report.summary.coverage),
        "flows": report.flows.iter().map(|each| flow(each)).collect::<Vec<_>>(),
    })
}

/// The numbers of flow runs and steps, and the verdicts of the steps.
fn counted(counts: &Counts) -> Value {
    let mut value = json!({"flows": counts.flows, "steps": counts.steps});
    if let (Some(value), Value::Object(verdicts)) = (value.as_object_mut(), tally(&counts.of_steps())) {
        value.extend(verdicts);
        value.insert("accepted".to_owned(), counts.accepted.into());
        value.insert("notDeciding".to_owned(), counts.not_deciding.into());
    }
    value
}

fn tally(tally: &Tally) -> Value {
    let Tally { conforms, deviates, skipped, unjudged, error } = tally;
    json!({"conforms": conforms, "deviates": deviates, "skipped": skipped, "unjudged": unjudged, "error": error})
}

fn coverage(coverage: &Coverage) -> Value {
    let status = |status: &StatusCoverage| json!({"status": status.status, "declared": status.declared, "received": status.received});
    let operation = |operation: &OperationCoverage| {
        json!({
            "operation": operation.operation,
            "request": operation.request,
            "statuses": operation.statuses.iter().map(status).collect::<Vec<_>>(),
        })
    };
    json!({"apps": coverage.apps, "operations": coverage.operations.iter().map(operation).collect::<Vec<_>>()})
}

/// The result of restoring the org.
pub(crate) fn restored(restored: &Restored) -> Value {
    let left = restored.left.iter().map(|left| {
        let calls: Vec<Value> = left.calls.iter().map(request).collect();
        json!({"what": left.what, "calls": calls})
    });
    json!({
        "putBack": restored.reverted,
        "removed": restored.removed,
        "left": left.collect::<Vec<_>>(),
        "undoFile": restored.file,
    })
}

fn millis(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

fn flow(flow: &FlowReport) -> Value {
    let mut value = Map::new();
    value.insert("flow".to_owned(), flow.info.flow.clone().into());
    value.insert("app".to_owned(), flow.info.app.clone().into());
    if let Some(round) = flow.info.round {
        value.insert("round".to_owned(), round.into());
    }
    value.insert("verdict".to_owned(), flow.verdict.word().into());
    if let Some(reason) = &flow.reason {
        value.insert("reason".to_owned(), reason.clone().into());
    }
    value.insert("section".to_owned(), flow.info.section.clone().into());
    value.insert("summary".to_owned(), flow.info.summary.clone().into());
    if !flow.notes.is_empty() {
        value.insert("notes".to_owned(), flow.notes.clone().into());
    }
    value.insert("durationMs".to_owned(), millis(flow.duration).into());
    value.insert("steps".to_owned(), flow.steps.iter().map(|each| step(each)).collect());
    Value::Object(value)
}

fn step(step: &StepReport) -> Value {
    let mut value = Map::new();
    value.insert("step".to_owned(), step.step.clone().into());
    value.insert("guide".to_owned(), step.guide.clone().into());
    value.insert("operation".to_owned(), step.operation.clone().into());
    value.insert("verdict".to_owned(), step.verdict.word().into());
    if let Some(reason) = &step.reason {
        value.insert("reason".to_owned(), reason.clone().into());
    }
    if !step.repeated.is_empty() {
        value.insert("repeated".to_owned(), step.repeated.len().into());
        value.insert("repeatedBecause".to_owned(), step.repeated.clone().into());
    }
    value.insert("request".to_owned(), step.request.as_ref().map_or(Value::Null, request));
    value.insert("response".to_owned(), step.response.as_ref().map_or(Value::Null, response));
    for (name, layer) in
        [("documented", &step.documented), ("contract", &step.contract), ("snapshot", &step.snapshot)]
    {
        value.insert(name.to_owned(), judgement(layer));
    }
    value.insert("durationMs".to_owned(), millis(step.duration).into());
    Value::Object(value)
}

fn request(request: &RequestRecord) -> Value {
    let query = request.query.iter().map(|(name, value)| json!({ name: value }));
    json!({
        "method": request.method,
        "url": request.url,
        "path": request.path,
        "query": query.collect::<Vec<_>>(),
        "credential": request.credential.word(),
        "headers": headers(&request.headers),
        "body": request.body.as_ref().map(crate::exchange::Body::value),
    })
}

fn response(response: &ResponseRecord) -> Value {
    json!({
        "status": response.status,
        "headers": headers(&response.headers),
        "body": response.body.as_ref().map(crate::exchange::Body::value),
    })
}

/// The headers as an object; repeated headers become a list.
fn headers(lines: &[(String, String)]) -> Value {
    let mut all = Map::new();
    for (name, line) in lines {
        let line = Value::String(line.clone());
        match all.get_mut(name) {
            None => drop(all.insert(name.clone(), line)),
            Some(Value::Array(lines)) => lines.push(line),
            Some(first) => *first = Value::Array(vec![first.take(), line]),
        }
    }
    Value::Object(all)
}

fn judgement(judgement: &Judgement) -> Value {
    let findings = judgement.findings.iter().map(finding);
    let mut value = Map::new();
    value.insert("verdict".to_owned(), judgement.verdict.word().into());
    if !judgement.decides {
        value.insert("decides".to_owned(), false.into());
    }
    if let Some(reason) = &judgement.reason {
        value.insert("reason".to_owned(), reason.clone().into());
    }
    value.insert("findings".to_owned(), findings.collect());
    if !judgement.accepted.is_empty() {
        let accepted = judgement.accepted.iter().map(|accepted| {
            let mut value = finding(&accepted.finding);
            value["reason"] = accepted.reason.clone().into();
            value
        });
        value.insert("accepted".to_owned(), accepted.collect());
    }
    Value::Object(value)
}

fn finding(finding: &Finding) -> Value {
    let Finding { check, place, expected, actual } = finding;
    json!({"check": check.id, "where": place, "expected": expected, "actual": actual})
}
