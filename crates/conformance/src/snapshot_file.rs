//! The snapshot file format of insta.

/// The contents of a snapshot file: the text after the header, which is enclosed by two `---` lines.
pub(crate) fn snapshot_contents(file: &str) -> Option<String> {
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
    use insta::internals::TextSnapshotContents;

    #[test]
    fn contents_are_the_same_as_insta_reads() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/snapshots");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "snap") {
                let insta = insta::Snapshot::from_file(&path).unwrap();
                let expected: &TextSnapshotContents = insta.contents().as_text().unwrap();
                let contents = snapshot_contents(&std::fs::read_to_string(&path).unwrap()).unwrap();
                assert_eq!(contents, expected.to_string().trim_end(), "{}", path.display());
            }
        }
    }

    #[test]
    fn snapshot_files_of_insta() {
        let file = "---\nsource: tests/x.rs\ninfo:\n  a: b\n---\n{\n  \"steps\": []\n}\n\n";
        assert_eq!(snapshot_contents(file).unwrap(), "{\n  \"steps\": []\n}");
        assert_eq!(snapshot_contents(&file.replace('\n', "\r\n")), snapshot_contents(file));
        assert_eq!(snapshot_contents("---\n---\nx\n").unwrap(), "x");
        assert_eq!(snapshot_contents("{}"), None);
    }
}
