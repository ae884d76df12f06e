//! `okta-conformance compare`: compares the findings of two JSON reports.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::arguments::{CompareArgs, Format};
use super::messages::unwritten;
use crate::bundle;
use crate::error::RunError;
use crate::event::counted;
use crate::exit_code::{CONFORMS, DEVIATES};
use crate::judge::wildcard::Fingerprint;
use crate::judgement::Layer;
use crate::reporters::{plain, printed};

/// Findings by fingerprint; ids and times differ from run to run.
type Findings = BTreeMap<Fingerprint, ReportedFinding>;

/// A finding of a report.
#[derive(Debug, Clone)]
struct ReportedFinding {
    /// The first finding with the fingerprint, as in the report.
    finding: Value,
    /// The steps with the finding.
    steps: Vec<String>,
}

pub(super) fn compare(args: &CompareArgs) -> Result<u8, RunError> {
    let (old, new) = (findings(&args.old)?, findings(&args.new)?);
    let only = |one: &Findings, other: &Findings| -> Findings {
        one.iter()
            .filter(|(key, _)| !other.contains_key(*key))
            .map(|(key, at)| (key.clone(), at.clone()))
            .collect()
    };
    let (added, gone) = (only(&new, &old), only(&old, &new));
    let same: Findings = new
        .iter()
        .filter(|(key, _)| old.contains_key(*key))
        .map(|(key, at)| (key.clone(), at.clone()))
        .collect();
    let text = match args.format {
        Format::Json => printed(&json!({"new": list(&added), "gone": list(&gone), "unchanged": list(&same)})),
        Format::Terminal => people(&added, &gone, &same),
    };
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
        // A reader that closed the pipe has read enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(unwritten(&error)),
        _ if added.is_empty() => Ok(CONFORMS),
        _ => Ok(DEVIATES),
    }
}

/// Reads a report written by `--format json` or `--report json=FILE`.
fn findings(path: &Path) -> Result<Findings, RunError> {
    let file = bundle::read(path)?;
    let expected_content = "a JSON report of okta-conformance";
    let report: Value = serde_json::from_str(&file.text)
        .map_err(|error| RunError::json(&file.name, error, expected_content))?;
    let name = report.pointer("/tool/name").and_then(Value::as_str);
    let flows = report.get("flows").and_then(Value::as_array);
    let (Some("okta-conformance"), Some(flows)) = (name, flows) else {
        return Err(RunError::file(&file.name, 1, format!("this is not {expected_content}")));
    };
    let mut all = Findings::new();
    for flow in flows {
        let steps = flow.get("steps").and_then(Value::as_array).into_iter().flatten();
        for step in steps {
            let at = [&flow["flow"], &flow["app"], &step["step"]].into_iter().filter_map(Value::as_str);
            let at = at.collect::<Vec<_>>().join(" ");
            for layer in Layer::ALL {
                // A finding that one report accepts still counts.
                let listed = ["findings", "accepted"].into_iter();
                let listed = listed.filter_map(|name| step.get(layer.word())?.get(name)?.as_array());
                for finding in listed.flatten() {
                    let member = |name: &str| finding[name].as_str().unwrap_or_default();
                    let [check, place, expected, actual] =
                        ["check", "where", "expected", "actual"].map(member);
                    let key = Fingerprint::of_texts(check, place, expected, actual);
                    let new = || ReportedFinding { finding: finding.clone(), steps: Vec::new() };
                    let found = all.entry(key).or_insert_with(new);
                    if found.steps.last() != Some(&at) {
                        found.steps.push(at.clone());
                    }
                }
            }
        }
    }
    Ok(all)
}

fn list(findings: &Findings) -> Vec<Value> {
    let one = |ReportedFinding { finding, steps }: &ReportedFinding| {
        let [check, place, expected, actual] =
            ["check", "where", "expected", "actual"].map(|name| &finding[name]);
        json!({"check": check, "where": place, "expected": expected, "actual": actual, "steps": steps})
    };
    findings.values().map(one).collect()
}

fn people(added: &Findings, gone: &Findings, same: &Findings) -> String {
    const NAMED: usize = 4;
    let mut text = String::new();
    for (mark, findings) in [("✗ new", added), ("✓ gone", gone)] {
        for ReportedFinding { finding, steps } in findings.values() {
            let member = |name: &str| plain(finding[name].as_str().unwrap_or_default());
            let [check, place, expected, actual] = ["check", "where", "expected", "actual"].map(member);
            let more = steps.len().saturating_sub(NAMED);
            let more = if more > 0 { format!("; {more} more") } else { String::new() };
            let named = steps.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
            let _ = writeln!(text, "{mark}  {check}  {place}");
            let _ = writeln!(text, "    expected  {expected}\n    actual    {actual}");
            let _ = writeln!(text, "    at        {}{more}", plain(&named));
        }
    }
    let of = |findings: &Findings, word: &str| counted(findings.len(), &format!("{word} finding"));
    let _ = writeln!(text, "{}, {}, {}", of(added, "new"), of(gone, "gone"), of(same, "unchanged"));
    text
}
