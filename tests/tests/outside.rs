//! Checks with external tools: independent validators, an independent Arazzo engine, the official SDKs, a
//! generated client and a browser. `tests/tools/install` installs them. A test whose tool is missing says
//! so on standard error, and fails if `OKTA_TESTS_ALL` is set, as in `.ci/run`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use okta_conformance::report::ReportFiles;
use okta_conformance::{Runner, Scheme};
use okta_mock_server::{Builder, Load, MockServer};
use serde_json::Value;
use tower::ServiceExt as _;
use workspace_tests::tools::{empty_folder, node, python, python_module, succeeds, workspace};

async fn mock(load: Load, token: Option<&str>) -> MockServer {
    let builder = MockServer::builder().load(load);
    token.into_iter().fold(builder, Builder::api_token).start().await.unwrap()
}

#[test]
fn the_contract_is_valid_openapi() {
    if let Some(mut validate) = python("tests/tools/validate_openapi.py") {
        succeeds(&mut validate);
    }
}

#[test]
fn an_independent_validator_agrees_on_the_contract_examples() {
    if let Some(mut check) = python("tests/tools/check_contract_examples.py") {
        succeeds(&mut check);
    }
}

#[test]
fn the_flows_are_valid_arazzo() {
    if let Some(mut validate) = node("tests/tools/validate_flows.mjs") {
        succeeds(&mut validate);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_independent_engine_agrees_on_the_flows() {
    let Some(mut respect) = node("tests/tools/respect.mjs") else { return };
    let mock = mock(Load::Empty, None).await;
    succeeds(respect.arg(mock.url()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_works() {
    let Some(mut sdk) = python("tests/sdk/python_sdk.py") else { return };
    let mock = mock(Load::Guide, Some("python-api-token")).await;
    succeeds(sdk.args([mock.url(), "python-api-token"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_python_client_works() {
    let Some(mut client) = python("tests/sdk/generated_python.py") else { return };
    let mock = mock(Load::Guide, Some("generated-api-token")).await;
    succeeds(client.args([mock.url(), "generated-api-token"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_works() {
    let Some(mut sdk) = node("tests/sdk/node_sdk.cjs") else { return };
    let mock = mock(Load::Guide, Some("node-api-token")).await;
    succeeds(sdk.args([mock.url(), "node-api-token"]));
}

/// `tests/sdk/faults.json` says what each SDK makes of each fault.
#[tokio::test(flavor = "multi_thread")]
async fn the_sdks_retry_as_they_do() {
    for (sdk, script) in
        [(python as fn(&str) -> _, "tests/sdk/python_retries.py"), (node, "tests/sdk/node_retries.cjs")]
    {
        let Some(mut sdk) = sdk(script) else { continue };
        let mock = mock(Load::Guide, None).await;
        succeeds(sdk.args([mock.url(), "an-api-token", "tests/sdk/faults.json"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_a_browser_allows_and_denies() {
    for (decision, answered) in [("allow", "/continue_oauth_flow_url/href"), ("deny", "/errorCode")] {
        let Some(mut browser) = node("tests/browser/consent.cjs") else { return };
        let mock = mock(Load::Guide, None).await;
        let link = authorize_link(&mock).await;
        let answer = succeeds(browser.args([&link, decision]));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer.pointer(answered).is_some(), "{decision}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_calls_the_api_and_goes_through_consent() {
    let Some(mut browser) = node("tests/browser/cors.cjs") else { return };
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let origin = format!("http://127.0.0.1:{port}");
    let page = format!("{origin}/connected?from=okta").parse().unwrap();
    let mock = MockServer::builder().trusted_origin(origin).after_consent(page).start().await.unwrap();
    succeeds(browser.args([mock.url(), &port.to_string()]).args(std::env::var_os("OKTA_TESTS_SCREENSHOTS")));
}

/// Requests that follow the contract of the control plane, and requests that break it on purpose. The mock
/// answers none with a fault of its own, none in a form that the contract does not have, and takes none that
/// is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn the_control_plane_keeps_its_contract_under_schemathesis() {
    const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                          response_schema_conformance,negative_data_rejection";
    let Some(mut schemathesis) = python_module("schemathesis.cli") else { return };
    let mock = mock(Load::Guide, None).await;
    let examples = if std::env::var_os("OKTA_TESTS_ALL").is_some() { "20" } else { "2" };
    let contract = workspace().join("fixtures/contract/control.openapi.json");
    schemathesis.arg("run").arg(contract).args(["--url", mock.url(), "--checks", CHECKS]);
    schemathesis.args([
        "--phases",
        "coverage,fuzzing",
        "--max-examples",
        examples,
        "--request-timeout",
        "20",
    ]);
    schemathesis.args(["--generation-deterministic", "--continue-on-failure", "--no-color"]);
    // A wait for requests takes as long as the request says.
    schemathesis.args(["--exclude-operation-id", "waitForRequests"]);
    // It keeps what it found in the working directory.
    let folder = empty_folder("schemathesis");
    succeeds(schemathesis.current_dir(&folder));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_uses_the_inspector_with_and_without_scripts() {
    let Some(mut browser) = node("tests/browser/inspector.cjs") else { return };
    let mock = mock(Load::Guide, None).await;
    succeeds(browser.arg(mock.url()).args(std::env::var_os("OKTA_TESTS_SCREENSHOTS")));
}

/// Writes reports of a run with one deviating flow and one accepted deviation, as HTML and JUnit.
async fn reports(folder: &Path) -> (PathBuf, PathBuf) {
    let accepted = workspace().join("fixtures/snapshots/token-connection@zscalerbyz.snap");
    let other = std::fs::read_to_string(accepted).unwrap().replace("\"ENABLED\"", "\"ON\"");
    let other = other.replace("\"status\": \"DISABLED\"", "\"status\": \"OFF\"");
    std::fs::write(folder.join("token-connection@zscalerbyz.snap"), other).unwrap();
    let known = folder.join("known.json");
    let entry = r#"{"deviations": [{"pointer": "body#/status", "step": "read-before", "reason": "told"}]}"#;
    std::fs::write(&known, entry).unwrap();
    let (page, junit) = (folder.join("report.html"), folder.join("report.xml"));
    let wanted = [format!("html={}", page.display()), format!("junit={}", junit.display())];
    let wanted = wanted.iter().map(|wanted| wanted.parse().unwrap()).collect();
    let mut reports = ReportFiles::open(wanted, &[], Scheme::ApiToken).unwrap();
    let runner = Runner::builder().snapshots(folder).deviations(known);
    let runner = runner.select("token-connection").select("oauth-connection@slack");
    runner.build().unwrap().run(&mut |event| reports.event(event)).await.unwrap();
    reports.finish().unwrap();
    (page, junit)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_html_report_works_in_a_browser() {
    let Some(mut browser) = node("tests/browser/report.cjs") else { return };
    let folder = empty_folder("page");
    let (page, _) = reports(&folder).await;
    succeeds(browser.arg(&page).args(std::env::var_os("OKTA_TESTS_SCREENSHOTS")));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_junit_report_is_valid() {
    let Some(mut validate) = python("tests/tools/validate_junit.py") else { return };
    let folder = empty_folder("junit");
    let (_, junit) = reports(&folder).await;
    succeeds(validate.arg("tests/fixtures/junit.xsd").arg(&junit));
    std::fs::remove_dir_all(folder).unwrap();
}

/// Sets an OAuth 2.0 connection and returns its authorize link.
async fn authorize_link(mock: &MockServer) -> String {
    let request = Request::post("/api/v1/apps/0oaslack000000000001/connections/default")
        .header("host", mock.address().to_string())
        .header("authorization", "SSWS any-token")
        .header("content-type", "application/json")
        .body(Body::from(r#"{"profile":{"authScheme":"OAUTH2"}}"#));
    let answer = mock.org().router().oneshot(request.unwrap()).await.unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let connection: Value = serde_json::from_slice(&body).unwrap();
    connection["_links"]["authorize"]["href"].as_str().unwrap().to_owned()
}
