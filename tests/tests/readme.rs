//! Checks README.md: its commands run, its JSON bodies are accepted, and its Rust code compiles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;
use std::process::Command;

use okta_conformance::Runner;
use okta_mock_server::{Fault, MockServer, RequestFilter};
use serde_json::Value;
use workspace_tests::repository;
use workspace_tests::wire::{Wire, request};

fn readme() -> String {
    std::fs::read_to_string(repository("README.md")).unwrap()
}

/// Returns the command lines with this prefix.
fn commands(beginning: &str) -> Vec<String> {
    let lines: Vec<String> = readme()
        .lines()
        .filter_map(|line| line.strip_prefix("    ").filter(|line| line.starts_with(beginning)))
        .map(ToOwned::to_owned)
        .collect();
    assert!(!lines.is_empty(), "no command begins with {beginning}");
    lines
}

/// Returns the JSON objects in backticks, without line breaks.
fn bodies() -> Vec<Value> {
    let text = readme().replace("\n  ", " ").replace('\n', " ").replace('…', "x");
    let bodies: Vec<Value> = text
        .split('`')
        .filter(|code| code.starts_with("{\""))
        .map(|code| serde_json::from_str(code).expect(code))
        .collect();
    assert!(bodies.len() >= 5, "{bodies:?}");
    bodies
}

fn body(member: &str) -> Vec<Value> {
    bodies().into_iter().filter(|body| body.get(member).is_some()).collect()
}

/// Returns the path of a program of this workspace, if it is built.
fn built(name: &str) -> Option<PathBuf> {
    let folder = std::env::current_exe().unwrap().parent()?.parent()?.to_owned();
    Some(folder.join(name)).filter(|path| path.is_file())
}

fn sh(script: &str) -> String {
    let output = Command::new("sh").args(["-euc", script]).output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_curl_commands_work() {
    let mock = MockServer::builder().start().await.unwrap();
    let url = mock.url().to_owned();
    let export = commands("export OKTA=").remove(0).replace("http://127.0.0.1:8080", &url);
    let answers = tokio::task::spawn_blocking(move || {
        let script =
            |call: &String| format!("{export}; {}", call.replacen("curl ", "curl -sS --fail-with-body ", 1));
        let calls: Vec<String> = commands("curl ").iter().map(script).collect();
        calls.iter().map(|call| sh(call)).collect::<Vec<_>>()
    })
    .await
    .unwrap();
    assert_eq!(answers.len(), 3);
    assert!(answers[0].contains("\"status\":\"ENABLED\"") && answers[2].contains("ENABLED"), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_bodies_are_accepted() {
    let mock = MockServer::builder().start().await.unwrap();
    let connections: Vec<String> = body("profile").iter().map(Value::to_string).collect();
    let apps: Value = workspace_tests::json_file("fixtures/orgs/guide.json");
    for (name, body) in [("google", 0), ("slack", 0), ("zoomus", 0), ("office365", 1)] {
        let app = apps["apps"].as_array().unwrap().iter().find(|app| app["name"] == name).unwrap();
        let (url, id, sent) =
            (mock.url().to_owned(), app["id"].as_str().unwrap().to_owned(), connections[body].clone());
        let answer = tokio::task::spawn_blocking(move || {
            sh(&format!("curl -sS --fail-with-body -X POST {url}/api/v1/apps/{id}/connections/default -H 'Authorization: SSWS any-token' -H 'Content-Type: application/json' -d '{sent}'"))
        })
        .await
        .unwrap();
        assert!(answer.contains("\"authorize\""), "{name}: {answer}");
    }
}

#[test]
fn the_example_files_are_accepted() {
    let folder = std::env::temp_dir().join(format!("okta-readme-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let inputs = folder.join("inputs.json");
    std::fs::write(&inputs, body("zscalerbyz")[0].to_string()).unwrap();
    let built = Runner::builder().inputs(&inputs).build();
    std::fs::remove_dir_all(&folder).unwrap();
    // The example has placeholder values; only the format matters.
    let refused = built.err().map(|error| error.to_string());
    assert!(refused.as_ref().is_none_or(|reason| reason.contains("is a word")), "{refused:?}");
    assert_eq!(body("deviations").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runner_commands_succeed() {
    let Some(program) = built("okta-conformance") else {
        eprintln!("NOT RUN: okta-conformance is not built; run cargo build first");
        return;
    };
    let mock = MockServer::builder().start().await.unwrap();
    let url = mock.url().to_owned();
    let folder = std::env::temp_dir().join(format!("okta-readme-run-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for line in commands("cargo run --package okta-conformance -- ") {
        let arguments = line.split_once(" -- ").unwrap().1.replace("http://127.0.0.1:8080", &url);
        let (program, folder) = (program.clone(), folder.clone());
        let output = tokio::task::spawn_blocking(move || {
            Command::new(program).args(arguments.split_whitespace()).current_dir(folder).output().unwrap()
        })
        .await
        .unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stdout));
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snippet_compiles_and_runs() {
    assert!(snippet().await.unwrap().starts_with("http://127.0.0.1:"));
    let readme = readme();
    let snippet = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let own = include_str!("readme.rs");
    for line in snippet.lines() {
        assert!(own.lines().any(|own| own.trim() == line.trim()), "{line}");
    }
}

const GOOGLE: &str = "0oagoogle00000000001";

/// Creates an app, and tries again after an error.
async fn call_code_under_test(url: &str) {
    let address = url.trim_start_matches("http://").parse().unwrap();
    let create = move || {
        let body = br#"{"name": "zscalerbyz", "label": "Z"}"#;
        [(); 2].map(|()| {
            let mut wire = Wire::open(address);
            wire.write(&request("POST", "/api/v1/apps", &[], Some(body)));
            wire.read_answer("POST").unwrap().status
        })
    };
    assert_eq!(tokio::task::spawn_blocking(create).await.unwrap(), [500, 200]);
}

#[rustfmt::skip]
async fn snippet() -> Result<String, Box<dyn std::error::Error>> {
    let mock = MockServer::builder().start().await?; // an org of its own, on a free port
    let (url, org) = (mock.url(), mock.org());
    org.set_app_state(GOOGLE, r#"{"connection": {"status": "ENABLED", "profile": {"authScheme": "OAUTH2"}, "consented": true}}"#)?;
    org.add_fault(Fault::status("createApplication", 500).times(1))?;
    call_code_under_test(url).await;
    org.assert_requests(&RequestFilter::all().operation("createApplication"), 2);
    org.reset();
    Ok(url.to_owned())
}

#[test]
fn the_number_of_mutants_matches_their_page() {
    let page = std::fs::read_to_string(repository("docs/mutants.md")).unwrap();
    let counted = page.lines().find(|line| line.contains(" mutants; ")).unwrap();
    let count = |word: &str| -> usize {
        let before = counted.split(word).next().unwrap();
        before.rsplit([' ', ';']).find_map(|part| part.trim().parse().ok()).unwrap()
    };
    let (all, caught) = (count(" mutants;"), count(" caught;"));
    assert!(readme().contains(&format!("{all} small faults")), "README.md has another number of mutants");
    assert_eq!(all - caught, 1, "README.md says that one mutant is not caught");
}

#[test]
fn every_linked_document_exists() {
    for part in readme().split("](").skip(1) {
        let target = part.split(')').next().unwrap();
        let (file, heading) = target.split_once('#').unwrap_or((target, ""));
        assert!(target.contains("://") || repository(file).exists(), "{target}");
        if !heading.is_empty() && !target.contains("://") {
            let page = std::fs::read_to_string(repository(file)).unwrap();
            let headings = page.lines().filter(|line| line.starts_with('#'));
            let mut anchors =
                headings.map(|line| line.trim_matches(['#', ' ']).to_lowercase().replace(' ', "-"));
            assert!(anchors.any(|anchor| anchor == heading), "{target}");
        }
    }
}
