//! The form in which insta keeps snapshots.

/// The text of a snapshot file: what follows the header between two `---`.
pub fn snapshot_contents(file: &str) -> Option<String> {
    let file = file.replace("\r\n", "\n");
    let rest = file.strip_prefix("---\n")?;
    let contents = match rest.strip_prefix("---\n") {
        Some(contents) => contents,
        None => rest.split_once("\n---\n")?.1,
    };
    Some(contents.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_of_insta() {
        let file = "---\nsource: tests/x.rs\ninfo:\n  a: b\n---\n{\n  \"steps\": []\n}\n\n";
        assert_eq!(snapshot_contents(file).unwrap(), "{\n  \"steps\": []\n}");
        assert_eq!(snapshot_contents(&file.replace('\n', "\r\n")), snapshot_contents(file));
        assert_eq!(snapshot_contents("---\n---\nx\n").unwrap(), "x");
        assert_eq!(snapshot_contents("{}"), None);
    }
}
