//! `okta-conformance restore`: the undo files that it accepts, and its effects.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_undo_file_blocks_a_run_and_one_of_another_org_is_rejected() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let (reached, ..) = ended_at(&org, &undo, 2, Fault::LostAfter, "-KILL").await;
    assert!(reached);
    let output = command(&org, &undo, &["run", "user-provisioning-token@zscalerbyz"]).output().await.unwrap();
    let output_text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output_text.contains("an earlier run did not restore these apps") && output_text.lines().count() == 1,
        "{output_text}"
    );
    assert_eq!(output.status.code(), Some(2));
    let file = left_in(&undo).remove(0);
    let file = file.to_str().unwrap().to_owned();
    let other = ProductionOrg::start().await;
    let output = command(&other, &undo, &["restore", &file, "--target", &other.url]).output().await.unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("is the undo file of"), "{output:?}");
    // The same URL, but an app that was created at another time.
    let text = std::fs::read_to_string(&file).unwrap();
    let forged = text.replace("\"created\": \"2", "\"created\": \"1");
    std::fs::write(&file, forged).unwrap();
    let begun = org.writes().len();
    let output = restore_edited(&org, &undo, file.as_ref()).output().await.unwrap();
    let output_text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output_text.contains("undo file of another org") && output.status.code() == Some(2),
        "{output_text}"
    );
    assert_eq!(org.writes().len(), begun, "{output_text}");
}

/// An undo file of this org with the current state of these apps, and these created apps.
pub(super) async fn undo_file(
    org: &ProductionOrg,
    undo: &Folder,
    apps: &[(&str, &str)],
    created: &Value,
) -> PathBuf {
    let mut found = Vec::new();
    for (name, id) in apps {
        let app = org.send("GET", &format!("/api/v1/apps/{id}"), None).await.1;
        let connection = org.send("GET", &format!("/api/v1/apps/{id}/connections/default"), None).await.1;
        found.push(serde_json::json!({
            "app": name, "id": id, "created": app["created"], "status": app["status"],
            "connection": {"status": connection["status"], "profile": connection["profile"],
                "baseUrl": connection["baseUrl"]},
            "features": null}));
    }
    let file = serde_json::json!({"format": 1, "tool": "okta-conformance", "version": "0.1.0",
        "target": org.url, "run": "00000000", "started": 0, "apps": found, "created": created});
    let path = undo.0.join("undo.json");
    std::fs::write(&path, file.to_string()).unwrap();
    set_mode(&path, 0o600);
    path
}

fn set_mode(path: &std::path::Path, mode: u32) {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

/// Otherwise a forged file could send the credential to any address.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_unknown_origin_sends_nothing_without_allow_writes() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let file = undo_file(&org, &undo, &[("zscalerbyz", ZSCALER)], &Value::Array(vec![])).await;
    let shown = file.to_str().unwrap();
    for (mode, args, expected) in [
        (0o644, vec!["restore", shown, "--allow-writes", "127.0.0.1"], "chmod 600"),
        (0o600, vec!["restore", shown], "(--allow-writes 127.0.0.1)"),
        (0o600, vec!["restore", shown, "--allow-writes", "dev-1.okta.com"], "is not the target's host"),
    ] {
        set_mode(&file, mode);
        let output = command(&org, &undo, &args).output().await.unwrap();
        let output_text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output_text.contains(expected) && output_text.lines().count() == 1, "{output_text}");
        assert_eq!(output.status.code(), Some(2), "{output_text}");
    }
    assert!(org.log().is_empty(), "{:?}", org.log());
    let output = restore_edited(&org, &undo, &file).output().await.unwrap();
    let output_text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output_text.starts_with(&format!("okta-conformance: restoring {} from ", org.url)),
        "{output_text}"
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_names_the_process() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let file = undo_file(&org, &undo, &[("zscalerbyz", ZSCALER)], &Value::Array(vec![])).await;
    let lock = std::fs::File::open(&file).unwrap();
    lock.try_lock().unwrap();
    let output = restore_edited(&org, &undo, &file).output().await.unwrap();
    let output_text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output_text.contains(&format!("process {} still uses this file", std::process::id())),
        "{output_text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn existing_apps_are_restored_if_another_app_is_gone() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let file =
        undo_file(&org, &undo, &[("google", GOOGLE), ("zscalerbyz", ZSCALER)], &Value::Array(vec![])).await;
    org.send("POST", &format!("/api/v1/apps/{ZSCALER}/connections/default/lifecycle/deactivate"), None).await;
    org.send("POST", &format!("/api/v1/apps/{GOOGLE}/lifecycle/deactivate"), None).await;
    org.send("DELETE", &format!("/api/v1/apps/{GOOGLE}"), None).await;
    let output = restore_edited(&org, &undo, &file).output().await.unwrap();
    let output_text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output_text.contains(&format!("NOT RESTORED: google {GOOGLE}")) && output_text.contains("404"),
        "{output_text}"
    );
    assert!(output_text.contains(&format!("restored and verified: zscalerbyz {ZSCALER}")), "{output_text}");
    assert_eq!(output.status.code(), Some(3));
    assert!(!file.exists(), "it has nothing left to restore");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_without_the_label_and_note_of_the_run_is_not_deleted() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    let before = org.seen().await;
    let mark = "created by okta-conformance, run 00000000, which deletes it";
    let (_, app) = org.send("GET", &format!("/api/v1/apps/{ZSCALER}"), None).await;
    let own = app["label"].as_str().unwrap().to_owned();
    // Neither the label alone nor the note alone is enough.
    for (label, note) in [
        ("", None),
        ("Provisioning conformance zscalerbyz 00000000-0", None),
        (own.as_str(), None),
        ("Provisioning conformance zscalerbyz 00000000-0", Some(mark)),
    ] {
        let mut app = app.clone();
        app["settings"]["notes"]["admin"] = note.into();
        if note.is_some() {
            let (status, answer) = org.send("PUT", &format!("/api/v1/apps/{ZSCALER}"), Some(&app)).await;
            assert_eq!(status, 200, "{answer}");
        }
        let created = serde_json::json!([{"name": "zscalerbyz", "label": label, "id": ZSCALER}]);
        let file = undo_file(&org, &undo, &[], &created).await;
        let output = restore_edited(&org, &undo, &file).output().await.unwrap();
        let output_text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output_text.contains("is not the app that the run created"), "{output_text}");
        assert_eq!(output.status.code(), Some(3));
    }
    assert!(org.writes().is_empty(), "{:?}", org.writes());
    assert_eq!(org.seen().await, before);
}
