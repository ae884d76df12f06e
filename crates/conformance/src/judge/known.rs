//! Known deviations: findings that somebody has reviewed and accepted, each with a reason and optionally an
//! expiry date. An entry that has expired or no longer matches anything fails the run, so that the file does
//! not become stale.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::civil::Date;
use serde::Deserialize;

use crate::bundle;
use crate::error::RunError;
use crate::flow::Library;
use crate::judge::place::{fits, one_name};
use crate::judge::table;
use crate::judge::wildcard::is_match;
use crate::judgement::{Accepted, Finding, Judgement, Layer};
use crate::nearest::nearest;
use crate::verdict::Verdict;

/// The accepted deviations of a run.
#[derive(Debug, Default)]
pub(crate) struct KnownDeviations {
    entries: Vec<Entry>,
    /// The number of matches of each entry.
    matched: Mutex<Vec<usize>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `deviations`")]
struct File {
    deviations: Vec<Entry>,
}

/// One accepted deviation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `pointer` and `reason`")]
struct Entry {
    /// The place of the finding, as in reports, such as `body#/status` or `body#/*/status`.
    pointer: String,
    /// The reason that it is accepted.
    reason: String,
    /// The id of the check.
    #[serde(default)]
    check: Option<String>,
    /// The expected value; `*` stands for any characters.
    #[serde(default)]
    expected: Option<String>,
    /// The actual value; `*` stands for any characters.
    #[serde(default)]
    actual: Option<String>,
    #[serde(default)]
    flow: Option<String>,
    #[serde(default)]
    app: Option<String>,
    #[serde(default)]
    step: Option<String>,
    #[serde(default)]
    layer: Option<Layer>,
    /// The flows with the finding. A run without them does not prove that it is gone.
    #[serde(default, rename = "seenIn")]
    seen_in: Vec<String>,
    /// The last day on which it is accepted.
    #[serde(default)]
    expires: Option<Date>,
}

/// The context of a finding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FindingContext<'a> {
    pub(crate) flow: &'a str,
    pub(crate) app: Option<&'a str>,
    pub(crate) step: &'a str,
    pub(crate) layer: Layer,
}

impl Entry {
    fn accepts(&self, finding: &Finding, context: FindingContext<'_>, today: Date) -> bool {
        let is = |expected: &Option<String>, actual: Option<&str>| {
            expected.as_deref().is_none_or(|expected| Some(expected) == actual)
        };
        let means = |pattern: &Option<String>, text: &str| {
            pattern.as_deref().is_none_or(|pattern| is_match(pattern, text))
        };
        fits(&self.pointer, &finding.place)
            && means(&self.expected, &finding.expected)
            && means(&self.actual, &finding.actual)
            && is(&self.check, Some(finding.check.id))
            && is(&self.flow, Some(context.flow))
            && is(&self.app, context.app)
            && is(&self.step, Some(context.step))
            && self.layer.is_none_or(|layer| layer == context.layer)
            && self.expires.is_none_or(|last| today <= last)
    }

    /// The reason that the entry cannot match in any run.
    fn reason_unmatchable(&self, library: &Library) -> Option<String> {
        if !is_place(&self.pointer) {
            return Some(format!(
                "`{}` is not a place; use `status`, `header NAME`, `body`, `body#/…`, or a place from a report",
                self.pointer
            ));
        }
        if let Some(Err(near)) = self.check.as_deref().map(table::named) {
            let id = self.check.as_deref().unwrap_or_default();
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Some(format!("there is no check `{id}`{hint} (see docs/checks.md)"));
        }
        let flows = || library.flows.iter().map(|flow| flow.id.as_str());
        let apps = || library.flows.iter().flat_map(|flow| flow.apps());
        let unknown = |kind, name: &str, near: Option<&str>| {
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            format!("there is no {kind} `{name}`{hint}")
        };
        if let Some(flow) =
            self.flow.iter().chain(&self.seen_in).find(|flow| flows().all(|known| known != *flow))
        {
            return Some(unknown("flow", flow, nearest(flow, flows())));
        }
        match (&self.flow, &self.app) {
            (_, Some(app)) if apps().all(|known| known != app) => {
                Some(unknown("app", app, nearest(app, apps())))
            }
            _ => {
                let steps = || library.flows.iter().flat_map(|flow| &flow.steps).map(|step| step.id.as_str());
                // The id of a step of a called flow follows that of the calling step.
                let step = self.step.as_deref()?.rsplit('/').next()?;
                steps().all(|known| known != step).then(|| unknown("step", step, nearest(step, steps())))
            }
        }
    }

    fn shown(&self) -> String {
        let parts = [&self.flow, &self.app, &self.step, &self.check].into_iter().flatten();
        let place: Vec<&str> = parts.map(String::as_str).chain([self.pointer.as_str()]).collect();
        place.join(" ")
    }
}

/// True if a pointer can match a place.
fn is_place(pointer: &str) -> bool {
    let name = one_name(pointer);
    let part = name.strip_prefix("body");
    name == "status"
        || part.is_some_and(|part| part.is_empty() || part.starts_with("#/") || part.starts_with(" ("))
        || ["header ", "request ", "$", "/"]
            .iter()
            .any(|start| name.len() > start.len() && name.starts_with(start))
        || PAGES.contains(&name.as_str())
}

/// The places of consent pages, and of left-out findings.
const PAGES: [&str; 3] = ["authorize link", "continue_oauth_flow_url", "(more)"];

fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

impl KnownDeviations {
    /// Reads the file; every entry needs a place and a reason, and must refer to existing flows and apps.
    pub(crate) fn load(path: &Path, library: &Library) -> Result<Self, RunError> {
        let file = bundle::read(path)?;
        if file.text.trim_start().starts_with('[') {
            let hint = "expected an object with the list: {\"deviations\": [ … ]}";
            return Err(RunError::file(&file.name, 1, hint));
        }
        let parsed: File = serde_json::from_str(&file.text)
            .map_err(|error| RunError::json(&file.name, error, "a file of known deviations"))?;
        for (index, entry) in parsed.deviations.iter().enumerate() {
            let blank = [("pointer", &entry.pointer), ("reason", &entry.reason)]
                .into_iter()
                .find(|(_, value)| value.trim().is_empty());
            let wrong = match blank {
                Some((member, _)) => Some((member, format!("the `{member}` of this entry is empty"))),
                None => entry.reason_unmatchable(library).map(|reason| ("pointer", reason)),
            };
            if let Some((member, reason)) = wrong {
                return Err(RunError::file(&file.name, line_of(&file.text, member, index), reason));
            }
        }
        let matched = Mutex::new(vec![0; parsed.deviations.len()]);
        Ok(Self { entries: parsed.deviations, matched })
    }

    /// Moves accepted findings of a judgement to its list of accepted ones.
    pub(crate) fn forgive(&self, mut judgement: Judgement, context: FindingContext<'_>) -> Judgement {
        if self.entries.is_empty() || judgement.findings.is_empty() {
            return judgement;
        }
        let today = today();
        let mut left = Vec::new();
        for finding in std::mem::take(&mut judgement.findings) {
            let mut reason = None;
            // If several entries accept a finding, none of them is stale.
            for (index, entry) in self.entries.iter().enumerate() {
                if entry.accepts(&finding, context, today) {
                    self.count(index);
                    reason.get_or_insert(&entry.reason);
                }
            }
            match reason {
                Some(reason) => judgement.accepted.push(Accepted { finding, reason: reason.clone() }),
                None => left.push(finding),
            }
        }
        if left.is_empty() {
            judgement.verdict = Verdict::Conforms;
            judgement.diff = None;
        }
        Judgement { findings: left, ..judgement }
    }

    fn count(&self, index: usize) {
        // A panic elsewhere leaves the counts valid, because they only grow.
        let mut matched = self.matched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = matched.get_mut(index) {
            *count += 1;
        }
    }

    /// The stale entries: expired, or without a match although their flows were judged.
    pub(crate) fn stale(&self, judged: impl Fn(&str, Option<&str>) -> bool) -> Vec<String> {
        let matched = self.matched.lock().unwrap_or_else(PoisonError::into_inner);
        let today = today();
        self.entries
            .iter()
            .zip(matched.iter())
            .filter_map(|(entry, count)| {
                if let Some(last) = entry.expires.filter(|last| today > *last) {
                    return Some(format!("{}: expired on {last}; review it", entry.shown()));
                }
                let flows = entry.flow.iter().chain(&entry.seen_in);
                let names_none = entry.flow.is_none() && entry.seen_in.is_empty();
                let was_judged =
                    names_none || flows.into_iter().any(|flow| judged(flow, entry.app.as_deref()));
                (*count == 0 && was_judged)
                    .then(|| format!("{}: no longer matches anything; remove it", entry.shown()))
            })
            .collect()
    }
}

/// The line of a member that every entry has.
fn line_of(text: &str, member: &str, index: usize) -> usize {
    let context = text.match_indices(&format!("\"{member}\"")).nth(index).map_or(0, |(context, _)| context);
    1 + text.get(..context).unwrap_or_default().matches('\n').count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const AT: FindingContext<'_> =
        FindingContext { flow: "f", app: Some("google"), step: "s", layer: Layer::Contract };

    fn known(entries: &str) -> KnownDeviations {
        let file: File = serde_json::from_str(&format!("{{\"deviations\":[{entries}]}}")).unwrap();
        KnownDeviations { matched: Mutex::new(vec![0; file.deviations.len()]), entries: file.deviations }
    }

    fn judgement() -> Judgement {
        let finding = |place: &str| Finding {
            check: &crate::check::MORE,
            place: place.into(),
            expected: String::new(),
            actual: String::new(),
        };
        Judgement::of(vec![finding("body#/a"), finding("body#/b")])
    }

    #[test]
    fn accepted_findings_do_not_deviate_and_are_reported() {
        let both =
            r#"{"pointer":"body#/a","reason":"R1"},{"pointer":"body#/b","reason":"R2","layer":"contract"}"#;
        let known = known(both);
        let forgiven = known.forgive(judgement(), AT);
        assert_eq!(forgiven.verdict, Verdict::Conforms);
        let reasons: Vec<_> = forgiven.accepted.iter().map(|accepted| accepted.reason.as_str()).collect();
        assert_eq!((reasons, forgiven.findings.len()), (vec!["R1", "R2"], 0));
        assert!(known.stale(|_, _| true).is_empty());
    }

    #[test]
    fn two_entries_for_one_finding_are_not_stale() {
        let both = r#"{"pointer":"body#/a","reason":"R1"},{"pointer":"body#/*","reason":"R2"}"#;
        let known = known(both);
        assert_eq!(known.forgive(judgement(), AT).accepted.len(), 2);
        assert!(known.stale(|_, _| true).is_empty());
    }

    #[test]
    fn an_entry_matches_only_its_expected_and_actual_values() {
        let accepted = |entry: &str| {
            let mut judgement = judgement();
            judgement.findings.truncate(1);
            judgement.findings[0].actual = "id 0oa1gjh63g214q0Hq0g4".to_owned();
            known(entry).forgive(judgement, AT).accepted.len()
        };
        assert_eq!(accepted(r#"{"pointer":"body#/a","reason":"R","actual":"id *"}"#), 1);
        assert_eq!(accepted(r#"{"pointer":"body#/a","reason":"R","actual":"no *"}"#), 0);
        assert_eq!(accepted(r#"{"pointer":"body#/a","reason":"R","expected":"x"}"#), 0);
    }

    #[test]
    fn an_entry_matches_its_place_in_every_judgement() {
        for (pointer, place) in [
            ("body#/status", "$response.body#/status"),
            ("$response.body#/status", "body#/status"),
            ("status", "$statusCode"),
            ("header link", "$response.header.Link"),
            ("body#/*/id", "$response.body#/0/id"),
        ] {
            assert!(fits(pointer, place), "{pointer} {place}");
        }
        assert!(!fits("body#/status", "body#/profile/status"));
    }

    #[test]
    fn an_entry_matches_only_in_its_context_and_time() {
        for entry in [
            r#"{"pointer":"body#/c","reason":"R"}"#,
            r#"{"pointer":"body#/a","reason":"R","flow":"other"}"#,
            r#"{"pointer":"body#/a","reason":"R","app":"slack"}"#,
            r#"{"pointer":"body#/a","reason":"R","layer":"snapshot"}"#,
            r#"{"pointer":"body#/a","reason":"R","check":"contract.status"}"#,
            r#"{"pointer":"body#/a","reason":"R","expires":"2020-01-01"}"#,
        ] {
            let known = known(entry);
            let kept = known.forgive(judgement(), AT);
            assert_eq!((kept.verdict, kept.findings.len()), (Verdict::Deviates, 2), "{entry}");
            assert_eq!(known.stale(|_, _| true).len(), 1, "{entry}");
        }
        for place in [r#""flow":"not-run""#, r#""seenIn":["not-run"]"#] {
            let elsewhere = known(&format!(r#"{{"pointer":"body#/a","reason":"R",{place}}}"#));
            assert!(elsewhere.stale(|flow, _| flow == "f").is_empty(), "its flow was not run");
        }
        let seen = known(r#"{"pointer":"body#/c","reason":"R","seenIn":["not-run","f"]}"#);
        assert_eq!(seen.stale(|flow, _| flow == "f").len(), 1);
    }
}
