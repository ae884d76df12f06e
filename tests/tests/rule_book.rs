//! docs/behaviour.md is what the rule book says; `UPDATE_DOCS=1` writes it anew.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::Path;

use okta_mock_server::RULE_BOOK;

/// The rule book as a page.
fn as_markdown() -> String {
    let mut page = String::from(
        "# Behaviour\n\nEvery behaviour of the mock that a client can notice, what it rests on, and, where the \
         sources are silent or disagree, what a check of a real org accepts instead. Generated from \
         `crates/mock-server/src/rules/behaviour.rs`; a refusal names its entry in the log.\n\n\
         Sources, strongest first: *recorded* (traffic of a real org), *guide*, *guide-o2o* (the two guides), \
         *openapi* (Okta's documents 2026.06.3), *docs*, *sdk*, *issue* (a public report), *rfc*, *inferred* \
         (this project's judgement; no real org is ever failed for it).\n",
    );
    let mut chapter = "";
    for rule in RULE_BOOK {
        let resource = rule.name.split('.').next().unwrap_or_default();
        if resource != chapter {
            chapter = resource;
            let heads = "| entry | source | the mock | a real org may |\n| --- | --- | --- | --- |\n";
            write!(page, "\n## {chapter}\n\n{heads}").unwrap();
        }
        let sources: Vec<_> = rule.sources.iter().map(|source| source.as_str()).collect();
        let (sources, sentence) = (sources.join(", "), rule.sentence.replace('|', "\\|"));
        let tolerance = rule.tolerance.unwrap_or("");
        writeln!(page, "| `{}` | {sources} | {sentence} | {tolerance} |", rule.name).unwrap();
    }
    page
}

#[test]
fn the_published_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/behaviour.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, as_markdown()).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == as_markdown(),
        "docs/behaviour.md is not what the rule book says: UPDATE_DOCS=1 cargo test --package workspace-tests --test rule_book"
    );
}
