//! The third layer: the whole exchange against the one that was accepted. The
//! files are insta's, read here without insta, so that they can be built in.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::bundle::{self, TextFile};
use crate::check::Check;
use crate::error::RunError;
use crate::event::{FlowReport, RunReport};
use crate::judgement::{Finding, Judgement};
use crate::shortened::shortened;
use crate::snapshot_file::snapshot_contents;
use crate::value_path::ValuePath;

/// More differences of one step say nothing more to a person.
const MOST_FINDINGS: usize = 12;
/// Lines around a change.
const CONTEXT: usize = 3;
const MOST_DIFF_LINES: usize = 60;
const LONGEST_VALUE: usize = 160;
/// A line-by-line difference of longer texts says nothing to a person; the findings name the places.
const LONGEST_TEXT: usize = 256 * 1024;
/// A difference that takes longer is shown less exactly.
const LONGEST_DIFF: Duration = Duration::from_millis(200);

/// The accepted exchanges, by the name of the run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshots {
    steps: HashMap<String, HashMap<String, Value>>,
}

impl Snapshots {
    /// The built-in ones, or those of a folder.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, RunError> {
        let files = match folder {
            Some(folder) => bundle::read_folder(folder, &[".snap"])?,
            None => bundle::embedded_folder("snapshots"),
        };
        if let (Some(folder), true) = (folder, files.is_empty()) {
            return Err(RunError::Selection(format!(
                "{}: no snapshots there; their names end in .snap",
                folder.display()
            )));
        }
        let mut snapshots = Self::default();
        for file in files {
            let name = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
            let name = name.strip_suffix(".snap").unwrap_or(name).to_owned();
            snapshots.steps.insert(name, steps(&file)?);
        }
        Ok(snapshots)
    }

    /// The exchanges of another run, to compare with.
    pub(crate) fn of(report: &RunReport) -> Self {
        let by_step = |flow: &FlowReport| {
            let steps = flow.normalised.get("steps").and_then(Value::as_array).into_iter().flatten();
            steps
                .filter_map(|step| Some((step.get("step")?.as_str()?.to_owned(), step.clone())))
                .collect::<HashMap<_, _>>()
        };
        Self { steps: report.flows.iter().map(|flow| (flow.name(), by_step(flow))).collect() }
    }

    /// Judges one step of a run.
    pub(crate) fn judge(&self, run: &str, step: &str, came: &Value) -> Judgement {
        let Some(steps) = self.steps.get(run) else {
            return Judgement::unjudged("no snapshot of this flow has been accepted yet");
        };
        match steps.get(step) {
            Some(wanted) if is_by_digest(wanted) => compare(wanted, &body_by_digest(came)),
            Some(wanted) => compare(wanted, came),
            None => Judgement::unjudged("the accepted snapshot has no such step"),
        }
    }
}

/// Where the body of an answer stands in an exchange.
const BODY: &str = "/response/body";
const DIGEST: &str = " octets, SHA-256 ";

/// What stands for a body that is too large to be kept.
pub(crate) fn by_digest(text: &str) -> String {
    let octets = digest(&SHA256, text.as_bytes());
    let hex: String = octets.as_ref().iter().map(|octet| format!("{octet:02x}")).collect();
    format!("{}{DIGEST}{hex}", text.len())
}

/// Whether only the digest of the answer was kept.
fn is_by_digest(exchange: &Value) -> bool {
    exchange.pointer(BODY).and_then(Value::as_str).is_some_and(|body| body.contains(DIGEST))
}

/// The exchange as if only the digest of its answer had been kept.
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
        .ok_or_else(|| wrong(1, "this is not a snapshot of insta's form".to_owned()))?;
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

fn compare(wanted: &Value, came: &Value) -> Judgement {
    let mut findings = Vec::new();
    differences(wanted, came, &ValuePath::Root, &mut findings);
    let mut judgement = Judgement::of(findings);
    if !judgement.findings.is_empty() {
        judgement.diff = diff(wanted, came);
    }
    judgement
}

static STATUS: Check =
    Check { id: "snapshot.status", sentence: "The status is the accepted one.", source: "accepted snapshot" };

static HEADERS: Check = Check {
    id: "snapshot.headers",
    sentence: "The headers are the accepted ones.",
    source: "accepted snapshot",
};

static BODY_MEMBERS: Check = Check {
    id: "snapshot.body",
    sentence: "The body is the accepted one, member by member and in order.",
    source: "accepted snapshot",
};

static REQUEST: Check = Check {
    id: "snapshot.request",
    sentence: "The request is the accepted one.",
    source: "accepted snapshot",
};

/// The checks of this layer.
pub(super) static CHECKS: [&Check; 4] = [&STATUS, &HEADERS, &BODY_MEMBERS, &REQUEST];

/// The check that a place of an exchange belongs to.
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

fn differences(wanted: &Value, came: &Value, at: &ValuePath<'_>, findings: &mut Vec<Finding>) {
    if findings.len() >= MOST_FINDINGS || (wanted == came && same_order(wanted, came)) {
        return;
    }
    match (wanted, came) {
        (Value::Object(left), Value::Object(right)) => {
            for (name, value) in left {
                if findings.len() >= MOST_FINDINGS {
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
            for (name, value) in more.take(MOST_FINDINGS.saturating_sub(findings.len())) {
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
            expected: short(wanted),
            actual: short(came),
        }),
    }
}

/// `Value`'s own equality does not look at the order of members.
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
    shortened(&value.to_string(), LONGEST_VALUE).into_owned()
}

/// The changed lines and a little around them; `-` is what was accepted. `None` where the exchange is too
/// large to be shown so.
fn diff(wanted: &Value, came: &Value) -> Option<String> {
    let (wanted, came) = (format!("{wanted:#}"), format!("{came:#}"));
    if wanted.len().max(came.len()) > LONGEST_TEXT {
        return None;
    }
    let mut differ = TextDiff::configure();
    let diff = differ.timeout(LONGEST_DIFF).diff_lines(&wanted, &came);
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
    let left = lines.len().saturating_sub(MOST_DIFF_LINES);
    lines.truncate(MOST_DIFF_LINES);
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

    fn places(wanted: &Value, came: &Value) -> Vec<String> {
        let judgement = compare(wanted, came);
        judgement.findings.into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn every_kind_of_difference_has_its_place() {
        let wanted = json!({"a": 1, "b": {"c": null, "d": [1, 2]}, "e": "x"});
        assert_eq!(places(&wanted, &wanted), [""; 0]);
        for (came, place) in [
            (json!({"a": 2, "b": {"c": null, "d": [1, 2]}, "e": "x"}), "/a"),
            (json!({"a": 1, "b": {"d": [1, 2]}, "e": "x"}), "/b/c"),
            (json!({"a": 1, "b": {"c": null, "d": [1, 2], "f/g": 0}, "e": "x"}), "/b/f~1g"),
            (json!({"a": 1, "b": {"c": null, "d": [1]}, "e": "x"}), "/b/d"),
            (json!({"a": 1, "b": {"c": null, "d": [1, 3]}, "e": "x"}), "/b/d/1"),
            (json!({"a": 1, "b": {"d": [1, 2], "c": null}, "e": "x"}), "/b (order of members)"),
            (json!({"a": "1", "b": {"c": null, "d": [1, 2]}, "e": "x"}), "/a"),
        ] {
            assert_eq!(places(&wanted, &came), [place]);
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
        let wanted = json!({"response": {"body": (0..20_000).map(|n| n * 7).collect::<Vec<u32>>()}});
        let came = json!({"response": {"body": (0..20_000).map(|n| n * 3).collect::<Vec<u32>>()}});
        let judgement = compare(&wanted, &came);
        assert_eq!(judgement.findings.len(), MOST_FINDINGS);
        // Many small lines, below the limit of the size.
        let short = |factor: u32| (0..12_000).map(|n| n * factor % 10_007).collect::<Vec<u32>>();
        assert!(compare(&json!(short(7)), &json!(short(3))).diff.is_some());
        let members: serde_json::Map<_, _> =
            (0..100_000).map(|number| (format!("m{number}"), Value::Null)).collect();
        assert_eq!(compare(&json!({}), &Value::Object(members)).findings.len(), MOST_FINDINGS);
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }

    #[test]
    fn an_answer_of_which_the_digest_was_kept_is_still_compared() {
        let whole = |body: &str| json!({"step": "s", "response": {"status": 200, "body": [body]}});
        let kept = body_by_digest(&whole("x"));
        let steps = HashMap::from([("s".to_owned(), kept)]);
        let snapshots = Snapshots { steps: HashMap::from([("flow".to_owned(), steps)]) };
        assert_eq!(snapshots.judge("flow", "s", &whole("x")).verdict, Verdict::Conforms);
        assert_eq!(snapshots.judge("flow", "s", &whole("y")).verdict, Verdict::Deviates);
    }

    #[test]
    fn what_was_never_accepted_is_not_judged() {
        let judgement = Snapshots::default().judge("flow", "step", &json!({}));
        assert_eq!(judgement.verdict, Verdict::Unjudged);
        assert!(judgement.reason.is_some());
    }
}
