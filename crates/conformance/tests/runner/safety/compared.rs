//! `okta-conformance diff`: two orgs are written to, and both are told of.

use super::*;

/// Two targets are compared only if both are there.
#[tokio::test(flavor = "multi_thread")]
async fn a_diff_with_a_target_that_is_not_there_sends_nothing_to_the_other() {
    let (org, undo) = (ProductionOrg::start().await, Folder::new());
    for other in ["http://127.0.0.1:9", "nonsense"] {
        let args = ["diff", &org.url, other, "--allow-writes", "127.0.0.1", "--create-apps"];
        let output = command(&org, &undo, &args).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    assert!(org.log().is_empty(), "{:?}", org.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_tells_what_is_left_in_either_org() {
    let (one, other, undo) = (ProductionOrg::start().await, ProductionOrg::start().await, Folder::new());
    let app = format!("zscalerbyz={ZSCALER}");
    let args = ["diff", &one.url, &other.url, "--flow", "token-connection@zscalerbyz", "--app", &app];
    let rest = ["--other-app", &app, "--allow-credential-change", "--allow-writes"];
    // Armed is one of them alone: it would be written to for nothing.
    let host = one.url.trim_start_matches("http://");
    let output = command(&one, &undo, &args).args(rest).arg(host).output().await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("arms one of the two orgs"), "{output:?}");
    assert!(one.writes().is_empty() && other.writes().is_empty());
    let output = command(&one, &undo, &args).args(rest).arg("127.0.0.1").output().await.unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    for (said, org) in [(&output.stderr, &one), (&output.stdout, &other)] {
        let said = String::from_utf8_lossy(said);
        let call = format!("{}/api/v1/apps/{ZSCALER}/connections/default", org.url);
        assert!(said.contains("NOT PUT BACK") && said.contains(&call), "{said}");
        assert!(said.contains("if this run is killed"), "{said}");
    }
    assert!(!one.writes().is_empty() && !other.writes().is_empty());
}
