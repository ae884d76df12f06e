//! The file on disk: private, complete, and parsed strictly.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::undo::{Journal, UndoFolder, hold, holder, others, remove};

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("okta-conformance-undo-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn found(id: &str) -> FoundApp {
    FoundApp {
        app: "google".to_owned(),
        id: id.to_owned(),
        created: "2026-01-01T00:00:00.000Z".to_owned(),
        status: "ACTIVE".to_owned(),
        connection: FoundConnection {
            status: "ENABLED".to_owned(),
            profile: serde_json::json!({"authScheme": "OAUTH2"}),
            base_url: Value::Null,
        },
        features: None,
        credential_replaced: false,
    }
}

#[test]
fn every_change_is_on_disk_before_it_happens() {
    let folder = folder("journal");
    let place = UndoFolder::new(Some(folder.clone())).unwrap();
    let path = place.file("dev-1.okta.com", "r1");
    let mut file = UndoFile::new("https://dev-1.okta.com".to_owned(), "r1".to_owned(), 0);
    file.apps.push(found("0oa1"));
    let journal = Journal::begin(&path, file).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    journal.creating("google".to_owned(), "L".to_owned()).unwrap();
    assert_eq!(UndoFile::read(&path).unwrap().created[0].id, None);
    journal.created("google", "L", Some("0oa2")).unwrap();
    assert_eq!(UndoFile::read(&path).unwrap().created[0].id.as_deref(), Some("0oa2"));
    journal.creating("slack".to_owned(), "M".to_owned()).unwrap();
    journal.created("slack", "M", None).unwrap();
    assert_eq!(UndoFile::read(&path).unwrap().created.len(), 1);
    journal.replacing_credential("0oa1").unwrap();
    assert!(UndoFile::read(&path).unwrap().apps[0].credential_replaced);
    let kept = UndoFile { mac: None, ..UndoFile::read(&path).unwrap() };
    assert_eq!(kept, journal.state());
    assert_eq!(holder(&path), Some(std::process::id()));
    assert_eq!(others(&place, "https://dev-1.okta.com", &["0oa1"]), std::slice::from_ref(&path));
    assert!(others(&place, "https://dev-1.okta.com", &["0oa9"]).is_empty());
    assert!(others(&place, "https://dev-2.okta.com", &["0oa1"]).is_empty());
    let again = UndoFile::new("https://dev-1.okta.com".to_owned(), "r1".to_owned(), 0);
    assert!(Journal::begin(&path, again).is_err(), "an existing file is not overwritten");
    assert!(hold(&path).unwrap().is_none(), "the run is in progress");
    drop(journal);
    let held = hold(&path).unwrap();
    assert!(held.is_some(), "the run is over");
    assert!(hold(&path).unwrap().is_none(), "one restores at a time");
    // The temporary file of an interrupted write is removed too.
    let half = path.with_file_name("undo-dev-1.okta.com-r1.json.new");
    std::fs::write(&half, "{").unwrap();
    remove(&path).unwrap();
    assert!(!path.exists() && !half.exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_invalid_file_is_rejected_with_its_line() {
    let folder = folder("invalid");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("undo-x.json");
    let good = UndoFile::new("https://dev-1.okta.com".to_owned(), "r1".to_owned(), 0);
    let good = serde_json::to_string_pretty(&good).unwrap();
    for (text, expected) in [
        ("{\n  \"format\": 1,\n", ":"),
        ("[]", "not an undo file"),
        (&good.replace("\"run\"", "\"ran\""), ":6: this is not an undo file"),
        (&good.replace("okta-conformance", "other"), ":2: this is not an undo file"),
        (&good.replace("\"format\": 1", "\"format\": 2"), ":2: "),
        (
            &good.replace(
                "\"created\": []",
                "\"created\": [{\"name\":\"n\",\"label\":\"l\",\"id\":\"../x\"}]",
            ),
            "`../x` is not an app id",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        let message = UndoFile::read(&path).unwrap_err().to_string();
        assert!(message.contains(expected) && !message.contains('\n'), "{message}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
