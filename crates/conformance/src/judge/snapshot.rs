//! The third judgement: the whole exchange against the accepted one. The files have insta's format and are
//! read without insta, so that they can be built in.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::bundle::{self, ParsedOnce, TextFile};
use crate::check::Check;
use crate::error::RunError;
use crate::event::{FlowReport, RunReport};
use crate::judgement::{Finding, Judgement};
use crate::shortened::shortened;
use crate::snapshot_file::snapshot_contents;
use crate::value_path::ValuePath;

/// Maximum number of differences of one step.
const MAX_FINDINGS: usize = 12;
/// Number of unchanged lines around a change.
const CONTEXT: usize = 3;
const MAX_DIFF_LINES: usize = 60;
const MAX_VALUE: usize = 160;
/// Maximum size of a line-by-line difference in bytes; the findings name the places anyway.
const MAX_TEXT: usize = 256 * 1024;
/// Time limit of an exact diff; after it the diff is coarser.
const DIFF_TIMEOUT: Duration = Duration::from_millis(200);

/// The accepted exchanges, by the name of the run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshots {
    steps: Arc<HashMap<String, HashMap<String, Value>>>,
}

impl Snapshots {
    /// Loads the built-in snapshots, or those of a folder.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, RunError> {
        static BUILT_IN: ParsedOnce<Snapshots> = ParsedOnce::new();
        match folder {
            Some(_) => Self::parse(folder),
            None => BUILT_IN.get(|| Self::parse(None)),
        }
    }

    fn parse(folder: Option<&Path>) -> Result<Self, RunError> {
        let files = match folder {
            Some(folder) => bundle::read_folder(folder, &[".snap"])?,
            None => bundle::embedded_folder("snapshots"),
        };
        if let (Some(folder), true) = (folder, files.is_empty()) {
            return Err(RunError::Selection(format!(
                "{}: no snapshots found; their names end in .snap",
                folder.display()
            )));
        }
        let mut exchanges = HashMap::new();
        for file in files {
            let name = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
            let name = name.strip_suffix(".snap").unwrap_or(name).to_owned();
            exchanges.insert(name, steps(&file)?);
        }
        Ok(Self { steps: Arc::new(exchanges) })
    }

    /// The exchanges of another run, to compare with.
    pub(crate) fn of(report: &RunReport) -> Self {
        let by_step = |flow: &FlowReport| {
            let steps = flow.normalised.get("steps").and_then(Value::as_array).into_iter().flatten();
            steps
                .filter_map(|step| Some((step.get("step")?.as_str()?.to_owned(), step.clone())))
                .collect::<HashMap<_, _>>()
        };
        Self { steps: Arc::new(report.flows.iter().map(|flow| (flow.name(), by_step(flow))).collect()) }
    }

    /// Judges one step of a run.
    pub(crate) fn judge(&self, run: &str, step: &str, actual: &Value) -> Judgement {
        let Some(steps) = self.steps.get(run) else {
            return Judgement::unjudged("there is no accepted snapshot of this flow");
        };
        match steps.get(step) {
            Some(expected) if is_by_digest(expected) => compare(expected, &body_by_digest(actual)),
            Some(expected) => compare(expected, actual),
            None => Judgement::unjudged("the accepted snapshot has no such step"),
        }
    }
}

/// The place of the answer's body in an exchange.
const BODY: &str = "/response/body";
const DIGEST: &str = " octets, SHA-256 ";

/// The replacement of a body that is too large to be kept.
pub(crate) fn by_digest(text: &str) -> String {
    let bytes = digest(&SHA256, text.as_bytes());
    let hex: String = bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}{DIGEST}{hex}", text.len())
}

/// True if only the digest of the answer was kept.
fn is_by_digest(exchange: &Value) -> bool {
    exchange.pointer(BODY).and_then(Value::as_str).is_some_and(|body| body.contains(DIGEST))
}

/// The exchange with its answer replaced by the digest.
pub(crate) fn body_by_digest(exchange: &Value) -> Value {
    let mut exchange = exchange.clone();
    if let Some(body) = exchange.pointer_mut(BODY) {
        *body = by_digest(&body.to_string()).into();
    }
    exchange
}

fn steps(file: &TextFile) -> Result<HashMap<String, Value>, RunError> {
    let wrong = |line: usize, reason: String| RunError::file(&file.name, line, reason);
    let contents = snapshot_contents(&file.text)
        .ok_or_else(|| wrong(1, "this is not a snapshot in insta's format".to_owned()))?;
    let before = file.text.lines().count().saturating_sub(contents.lines().count());
    let value: Value =
        serde_json::from_str(&contents).map_err(|error| wrong(before + error.line(), error.to_string()))?;
    let listed = value.get("steps").and_then(Value::as_array);
    Ok(listed
        .into_iter()
        .flatten()
        .filter_map(|step| Some((step.get("step")?.as_str()?.to_owned(), step.clone())))
        .collect())
}

fn compare(expected: &Value, actual: &Value) -> Judgement {
    let mut findings = Vec::new();
    differences(expected, actual, &ValuePath::Root, &mut findings);
    let mut judgement = Judgement::of(findings);
    if !judgement.findings.is_empty() {
        judgement.diff = diff(expected, actual);
    }
    judgement
}

static STATUS: Check = Check {
    id: "snapshot.status",
    sentence: "The status equals the accepted one.",
    source: "accepted snapshot",
};

static HEADERS: Check = Check {
    id: "snapshot.headers",
    sentence: "The headers equal the accepted ones.",
    source: "accepted snapshot",
};

static BODY_MEMBERS: Check = Check {
    id: "snapshot.body",
    sentence: "The body equals the accepted one, member by member and in order.",
    source: "accepted snapshot",
};

static REQUEST: Check = Check {
    id: "snapshot.request",
    sentence: "The request equals the accepted one.",
    source: "accepted snapshot",
};

/// The checks of this judgement.
pub(super) static CHECKS: [&Check; 4] = [&STATUS, &HEADERS, &BODY_MEMBERS, &REQUEST];

/// The check for a place of an exchange.
fn check_at(place: &str) -> &'static Check {
    let is_in =
        |part: &str| place.strip_prefix(part).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
    if is_in("/response/status") {
        &STATUS
    } else if is_in("/response/headers") {
        &HEADERS
    } else if is_in("/response") {
        &BODY_MEMBERS
    } else {
        &REQUEST
    }
}

fn differences(expected: &Value, actual: &Value, at: &ValuePath<'_>, findings: &mut Vec<Finding>) {
    if findings.len() >= MAX_FINDINGS || (expected == actual && same_order(expected, actual)) {
        return;
    }
    match (expected, actual) {
        (Value::Object(left), Value::Object(right)) => {
            for (name, value) in left {
                if findings.len() >= MAX_FINDINGS {
                    return;
                }
                let place = ValuePath::Member(at, name);
                match right.get(name) {
                    Some(other) => differences(value, other, &place, findings),
                    None => findings.push(Finding {
                        check: check_at(&place.to_string()),
                        place: place.to_string(),
                        expected: short(value),
                        actual: "absent".to_owned(),
                    }),
                }
            }
            let more = right.iter().filter(|(name, _)| !left.contains_key(*name));
            for (name, value) in more.take(MAX_FINDINGS.saturating_sub(findings.len())) {
                findings.push(Finding {
                    check: check_at(&ValuePath::Member(at, name).to_string()),
                    place: ValuePath::Member(at, name).to_string(),
                    expected: "absent".to_owned(),
                    actual: short(value),
                });
            }
            let names = |members: &serde_json::Map<String, Value>| {
                members.keys().cloned().collect::<Vec<_>>().join(", ")
            };
            let same_names = left.len() == right.len() && left.keys().all(|name| right.contains_key(name));
            if same_names && !left.keys().eq(right.keys()) {
                findings.push(Finding {
                    check: check_at(&at.to_string()),
                    place: format!("{at} (order of members)"),
                    expected: names(left),
                    actual: names(right),
                });
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                differences(left, right, &ValuePath::Item(at, index), findings);
            }
        }
        _ => findings.push(Finding {
            check: check_at(&at.to_string()),
            place: at.to_string(),
            expected: short(expected),
            actual: short(actual),
        }),
    }
}

/// Compares the order of members, which the equality of `Value` ignores.
fn same_order(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            left.keys().eq(right.keys()) && left.values().zip(right.values()).all(|(a, b)| same_order(a, b))
        }
        (Value::Array(left), Value::Array(right)) => left.iter().zip(right).all(|(a, b)| same_order(a, b)),
        _ => true,
    }
}

fn short(value: &Value) -> String {
    shortened(&value.to_string(), MAX_VALUE).into_owned()
}

/// The changed lines with context; `-` marks accepted lines. `None` if the exchange is too large.
fn diff(expected: &Value, actual: &Value) -> Option<String> {
    let (expected, actual) = (format!("{expected:#}"), format!("{actual:#}"));
    if expected.len().max(actual.len()) > MAX_TEXT {
        return None;
    }
    let mut differ = TextDiff::configure();
    let diff = differ.timeout(DIFF_TIMEOUT).diff_lines(&expected, &actual);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if number > 0 {
            lines.push("  …".to_owned());
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign} {}", change.value().trim_end_matches('\n')));
        }
    }
    let left = lines.len().saturating_sub(MAX_DIFF_LINES);
    lines.truncate(MAX_DIFF_LINES);
    if left > 0 {
        lines.push(format!("  … {left} more lines"));
    }
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::verdict::Verdict;
    use serde_json::json;

    fn places(expected: &Value, actual: &Value) -> Vec<String> {
        let judgement = compare(expected, actual);
        judgement.findings.into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn every_kind_of_difference_has_its_place() {
        let expected = json!({"a": 1, "b": {"c": null, "d": [1, 2]}, "e": "x"});
        assert_eq!(places(&expected, &expected), [""; 0]);
        for (actual, place) in [
            (json!({"a": 2, "b": {"c": null, "d": [1, 2]}, "e": "x"}), "/a"),
            (json!({"a": 1, "b": {"d": [1, 2]}, "e": "x"}), "/b/c"),
            (json!({"a": 1, "b": {"c": null, "d": [1, 2], "f/g": 0}, "e": "x"}), "/b/f~1g"),
            (json!({"a": 1, "b": {"c": null, "d": [1]}, "e": "x"}), "/b/d"),
            (json!({"a": 1, "b": {"c": null, "d": [1, 3]}, "e": "x"}), "/b/d/1"),
            (json!({"a": 1, "b": {"d": [1, 2], "c": null}, "e": "x"}), "/b (order of members)"),
            (json!({"a": "1", "b": {"c": null, "d": [1, 2]}, "e": "x"}), "/a"),
        ] {
            assert_eq!(places(&expected, &actual), [place]);
        }
    }

    #[test]
    fn the_diff_shows_both_sides() {
        let judgement = compare(&json!({"s": "ENABLED", "t": 1}), &json!({"s": "enabled", "t": 1}));
        assert_eq!(judgement.verdict, Verdict::Deviates);
        let diff = judgement.diff.unwrap();
        assert!(diff.contains("-   \"s\": \"ENABLED\"") && diff.contains("+   \"s\": \"enabled\""), "{diff}");
    }

    #[test]
    fn large_answers_are_compared_in_bounded_time() {
        let began = std::time::Instant::now();
        let expected = json!({"response": {"body": (0..20_000).map(|n| n * 7).collect::<Vec<u32>>()}});
        let actual = json!({"response": {"body": (0..20_000).map(|n| n * 3).collect::<Vec<u32>>()}});
        let judgement = compare(&expected, &actual);
        assert_eq!(judgement.findings.len(), MAX_FINDINGS);
        // Many small lines, below the size limit.
        let short = |factor: u32| (0..12_000).map(|n| n * factor % 10_007).collect::<Vec<u32>>();
        assert!(compare(&json!(short(7)), &json!(short(3))).diff.is_some());
        let members: serde_json::Map<_, _> =
            (0..100_000).map(|number| (format!("m{number}"), Value::Null)).collect();
        assert_eq!(compare(&json!({}), &Value::Object(members)).findings.len(), MAX_FINDINGS);
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }

    #[test]
    fn an_answer_kept_as_a_digest_is_still_compared() {
        let whole = |body: &str| json!({"step": "s", "response": {"status": 200, "body": [body]}});
        let kept = body_by_digest(&whole("x"));
        let steps = HashMap::from([("s".to_owned(), kept)]);
        let snapshots = Snapshots { steps: HashMap::from([("flow".to_owned(), steps)]).into() };
        assert_eq!(snapshots.judge("flow", "s", &whole("x")).verdict, Verdict::Conforms);
        assert_eq!(snapshots.judge("flow", "s", &whole("y")).verdict, Verdict::Deviates);
    }

    #[test]
    fn a_flow_without_snapshot_is_not_judged() {
        let judgement = Snapshots::default().judge("flow", "step", &json!({}));
        assert_eq!(judgement.verdict, Verdict::Unjudged);
        assert!(judgement.reason.is_some());
    }
}
