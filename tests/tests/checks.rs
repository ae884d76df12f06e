//! docs/checks.md is what the table of checks says; `UPDATE_DOCS=1` writes it anew.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use okta_conformance::check::{CHECKS, as_markdown};

#[test]
fn the_published_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/checks.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, as_markdown()).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == as_markdown(),
        "docs/checks.md is not what the table says: UPDATE_DOCS=1 cargo test --package workspace-tests --test checks"
    );
}

/// A check that nothing makes is a claim that nobody keeps.
#[test]
fn every_check_is_made_somewhere() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/conformance/src");
    let mut text = String::new();
    let mut folders = vec![sources.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false if path != sources.join("check.rs") => {
                    text += &std::fs::read_to_string(&path).unwrap_or_default()
                }
                false => {}
            }
        }
    }
    let table = std::fs::read_to_string(sources.join("check.rs")).unwrap();
    for check in CHECKS {
        let line = table.lines().find(|line| line.contains(&format!("\"{}\"", check.id))).unwrap();
        let name = line.trim().split(' ').next().unwrap();
        assert!(text.contains(&format!("check::{name}")), "{} is made nowhere", check.id);
    }
}
