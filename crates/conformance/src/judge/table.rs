//! The table of all checks of the three judgements. `docs/checks.md` is generated from it.

use super::{contract, documented, snapshot};
use crate::check::{Check, MORE};
use crate::nearest::nearest;

/// All checks, in the order of the docs.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    let documented = documented::CHECKS.iter().copied().chain([&MORE]);
    documented.chain(contract::table()).chain(snapshot::CHECKS.iter().copied())
}

/// The check with this id.
///
/// # Errors
/// The nearest id, if there is one, for an unknown id.
pub(crate) fn named(id: &str) -> Result<&'static Check, Option<&'static str>> {
    checks().find(|check| check.id == id).ok_or_else(|| nearest(id, checks().map(|check| check.id)))
}

/// The checks as a Markdown page.
#[cfg(test)]
fn as_markdown() -> String {
    use std::fmt::Write as _;
    let mut page = String::from(
        "# Checks\n\nEvery check of the conformance runner. A finding names its check by the id; `--skip-check ID` \
         turns a check off, and an entry in a file of known deviations may name one (`\"check\": \"ID\"`). \
         Generated from the checks in `crates/conformance/src/judge`.\n",
    );
    let mut layer = "";
    for check in checks() {
        let of = check.layer();
        if of != layer {
            layer = of;
            let _ = write!(page, "\n## {layer}\n\n| check | requirement | source |\n| --- | --- | --- |\n");
        }
        let _ = writeln!(page, "| `{}` | {} | {} |", check.id, check.sentence, check.source);
    }
    page
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_published_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/checks.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, as_markdown()).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            published == as_markdown(),
            "docs/checks.md is out of date; run UPDATE_DOCS=1 cargo test --package okta-conformance --lib table"
        );
    }

    #[test]
    fn ids_are_unique_and_found() {
        for check in checks() {
            assert_eq!(named(check.id), Ok(check));
            assert_eq!(checks().filter(|other| other.id == check.id).count(), 1, "{}", check.id);
        }
        assert_eq!(named("contract.links.slef"), Err(Some("contract.links.self")));
    }
}
