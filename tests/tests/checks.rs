//! Checks that docs/checks.md matches the table of checks. `UPDATE_DOCS=1` rewrites it.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use okta_conformance::checks_as_markdown as as_markdown;

#[test]
fn the_published_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/checks.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, as_markdown()).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == as_markdown(),
        "docs/checks.md is outdated: run UPDATE_DOCS=1 cargo test --package workspace-tests --test checks"
    );
}
