//! `okta-conformance diff`: both orgs are changed, and both are reported.

use super::*;

/// Two targets are compared only if both can be reached.
#[tokio::test(flavor = "multi_thread")]
async fn a_diff_with_an_unreachable_target_sends_nothing_to_the_other() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    for other in ["http://127.0.0.1:9", "nonsense"] {
        let args = ["diff", &org.url, other, "--allow-writes", "127.0.0.1", "--create-apps"];
        let output = command(&org, &undo, &args).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    assert!(org.log().is_empty(), "{:?}", org.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_reports_what_is_left_to_restore_in_both_orgs() {
    let (one, other, undo) = (ProductionOrg::start().await, ProductionOrg::start().await, Folder::new());
    let app = format!("zscalerbyz={ZSCALER}");
    let args = ["diff", &one.url, &other.url, "--flow", "token-connection@zscalerbyz", "--app", &app];
    let rest = ["--other-app", &app, "--allow-credential-change", "--allow-writes"];
    // With writes to only one of them, it would be changed for nothing.
    let host = one.url.trim_start_matches("http://");
    let output = command(&one, &undo, &args).args(rest).arg(host).output().await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("names only one of the two orgs"), "{output:?}");
    assert!(one.writes().is_empty() && other.writes().is_empty());
    let output = command(&one, &undo, &args).args(rest).arg("127.0.0.1").output().await.unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    for (output_text, org) in [(&output.stderr, &one), (&output.stdout, &other)] {
        let output_text = String::from_utf8_lossy(output_text);
        let call = format!("{}/api/v1/apps/{ZSCALER}/connections/default", org.url);
        assert!(output_text.contains("NOT RESTORED") && output_text.contains(&call), "{output_text}");
        assert!(output_text.contains("if this run is killed"), "{output_text}");
    }
    assert!(!one.writes().is_empty() && !other.writes().is_empty());
}
