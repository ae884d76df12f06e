//! Checks the rule book and the choices that the sources leave open. Each choice is an entry of the book,
//! and docs/behaviour.md is generated from both; `UPDATE_DOCS=1` rewrites it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use okta_mock_server::{RULE_BOOK, Rule};
use serde_json::Value;

/// The tags of sources, as explained on the page.
const TAGS: [&str; 9] =
    ["recorded", "guide", "guide-o2o", "openapi", "docs", "sdk", "issue", "rfc", "inferred"];

/// Entries that are specific to the mock, or for which a real org has no answer of its own.
const OWN: [&str; 8] = [
    "request.",
    "body.",
    "authentication.any",
    "authentication.placeholder",
    "third-party.",
    "app.create.",
    "control.",
    "assertion.keys-elsewhere",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `fixtures/choices.json`.
fn choices() -> Vec<Value> {
    let text = std::fs::read_to_string(root().join("fixtures/choices.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["choices"].as_array().unwrap().clone()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

fn options(choice: &Value) -> &[Value] {
    choice["options"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn sources(option: &Value) -> Vec<&str> {
    option["source"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Returns the other options of an org for an entry: `401 E0000011 (docs); 401 without a body (docs,
/// issue)`.
fn others(choices: &[Value], rule: &Rule) -> String {
    let choice = choices.iter().filter(|choice| text(choice, "name") == rule.name);
    let others = choice.flat_map(|choice| {
        options(choice).iter().filter(|option| text(option, "id") != text(choice, "mock"))
    });
    let others: Vec<_> = others
        .map(|option| format!("{} ({})", text(option, "description"), sources(option).join(", ")))
        .collect();
    others.join("; ")
}

/// Returns the rule book as a Markdown page.
fn as_markdown() -> String {
    let choices = choices();
    let mut page = String::from(
        "# Behavior\n\nEvery behavior of the mock that a client can notice, with its sources. Where the sources are \
         silent or disagree, the last column lists the other options of a real org, each with its source. Generated \
         from `crates/mock-server/src/rules/behaviour.rs` and, for the last column, from the options of \
         `fixtures/choices.json` that the mock does not use. The log names the entry of each refusal.\n\n\
         Sources, strongest first: *recorded* (traffic of a real org), *guide*, *guide-o2o* (the two guides), \
         *openapi* (Okta's documents 2026.06.3), *docs*, *sdk*, *issue* (a public report), *rfc*, *inferred* \
         (this project's judgement; no real org is ever failed for it).\n",
    );
    let mut chapter = "";
    for rule in RULE_BOOK {
        let resource = rule.name.split('.').next().unwrap_or_default();
        if resource != chapter {
            chapter = resource;
            let heads = "| entry | source | the mock | other options |\n| --- | --- | --- | --- |\n";
            write!(page, "\n## {chapter}\n\n{heads}").unwrap();
        }
        let sources: Vec<_> = rule.sources.iter().map(|source| source.as_str()).collect();
        let (sources, sentence) = (sources.join(", "), rule.sentence.replace('|', "\\|"));
        let others = others(&choices, rule).replace('|', "\\|");
        writeln!(page, "| `{}` | {sources} | {sentence} | {others} |", rule.name).unwrap();
    }
    page
}

#[test]
fn the_published_page_is_fresh() {
    let path = root().join("docs/behaviour.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, as_markdown()).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == as_markdown(),
        "docs/behaviour.md is outdated: run UPDATE_DOCS=1 cargo test --package workspace-tests --test rule_book"
    );
}

#[test]
fn choices_are_unique_entries_in_the_order_of_the_rule_book() {
    let choices = choices();
    let named: Vec<_> = choices.iter().map(|choice| text(choice, "name")).collect();
    let chosen = RULE_BOOK.iter().map(|rule| rule.name).filter(|name| named.contains(name));
    assert_eq!(named, chosen.collect::<Vec<_>>());
}

#[test]
fn a_choice_has_a_question_and_distinct_options_including_the_mock_s() {
    for choice in choices() {
        let name = text(&choice, "name");
        let question = text(&choice, "question");
        assert!(question.len() > 1 && question.ends_with('?'), "{name}: `{question}` is not a question");
        let ids: Vec<_> = options(&choice).iter().map(|option| text(option, "id")).collect();
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{name}: duplicate option id");
        assert!(ids.contains(&text(&choice, "mock")), "{name}: `mock` is not one of {ids:?}");
        for option in options(&choice) {
            let id = text(option, "id");
            let kebab = id.split('-').all(|word| {
                !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            });
            assert!(kebab, "{name}: `{id}` is not in kebab case");
            assert!(!text(option, "description").is_empty(), "{name}: `{id}` has no description");
        }
        // A recording alone may settle what the published document says differently.
        let settled = options(&choice)
            .iter()
            .any(|option| option["undeclaredStatuses"].is_array() || option["findings"].is_array());
        assert!(ids.len() > 1 || settled, "{name} has only one option");
    }
}

#[test]
fn options_have_known_sources_and_the_mock_s_shares_one_with_its_entry() {
    for choice in choices() {
        let name = text(&choice, "name");
        for option in options(&choice) {
            let (id, sources) = (text(option, "id"), sources(option));
            let known = !sources.is_empty() && sources.iter().all(|source| TAGS.contains(source));
            assert!(known, "{name}: the sources of `{id}` are {sources:?}");
            if id == text(&choice, "mock") {
                let rule = RULE_BOOK.iter().find(|rule| rule.name == name).unwrap();
                let shared = rule.sources.iter().any(|source| sources.contains(&source.as_str()));
                assert!(shared, "{name}: `{id}` rests on {sources:?}, its entry on {:?}", rule.sources);
            }
        }
    }
}

#[test]
fn inferred_entries_are_choices_or_specific_to_the_mock() {
    let choices = choices();
    for rule in
        RULE_BOOK.iter().filter(|rule| rule.sources.iter().all(|source| source.as_str() == "inferred"))
    {
        let chosen = choices.iter().any(|choice| text(choice, "name") == rule.name);
        let own = OWN.iter().any(|prefix| rule.name.starts_with(prefix));
        assert!(chosen || own, "{} is inferred, but neither a choice nor specific to the mock", rule.name);
    }
}

/// The flows for an app that a person names: its state decides between the answers, and not a choice.
const OF_UNKNOWN_STATE: &str = "existing-app.arazzo.yaml";

/// Each step of the flows: its file and its lines, from `stepId` to the next one.
fn steps() -> Vec<(String, String)> {
    let mut steps = Vec::new();
    for entry in std::fs::read_dir(root().join("fixtures/flows")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        steps.extend(text.split("- stepId: ").skip(1).map(|step| (name.clone(), step.to_owned())));
    }
    steps
}

#[test]
fn a_step_that_accepts_several_statuses_names_the_choices_that_leave_them_open() {
    let choices = choices();
    let names: Vec<_> = choices.iter().map(|choice| text(choice, "name")).collect();
    let several = regex::Regex::new(r"\$statusCode == \d+(?: \|\| \$statusCode == \d+)+").unwrap();
    let status = regex::Regex::new(r"\d+").unwrap();
    let named = regex::Regex::new(r"x-choices: \[(.+)\]").unwrap();
    let mut counted = 0;
    for (file, step) in steps().iter().filter(|(file, _)| file != OF_UNKNOWN_STATE) {
        let id = step.lines().next().unwrap();
        let chosen: Vec<_> = named
            .captures(step)
            .map(|found| found[1].split(", ").map(ToOwned::to_owned).collect())
            .unwrap_or_default();
        for name in &chosen {
            assert!(names.contains(&name.as_str()), "{file} {id}: there is no choice `{name}`");
        }
        let Some(accepted) = several.find(step) else { continue };
        counted += 1;
        assert!(!chosen.is_empty(), "{file} {id} accepts {}, and names no choice", accepted.as_str());
        let options = || {
            choices
                .iter()
                .filter(|choice| chosen.iter().any(|name| name == text(choice, "name")))
                .flat_map(options)
        };
        for status in status.find_iter(accepted.as_str()) {
            let leaves_open = |option: &Value| {
                let first = text(option, "id").split('-').next().unwrap();
                // An option without a status in its name succeeds, or is any other refusal. A success
                // of the option is 200 or 204, as the operation has it.
                let both_succeed = first.starts_with('2') && status.as_str().starts_with('2');
                first == status.as_str() || both_succeed || first.parse::<u16>().is_err()
            };
            assert!(
                options().any(leaves_open),
                "{file} {id}: no option of {chosen:?} answers {}",
                status.as_str()
            );
        }
    }
    assert!(counted > 50, "only {counted} steps were looked at");
}
