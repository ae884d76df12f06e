//! Checks the mock against the OpenAPI document that Okta publishes. It conforms except for the divergences
//! in `fixtures/choices.json`, each of which is an option with a source. `OKTA_OPENAPI_DOCUMENT` is the
//! path of the document; without it, the test only prints that it did not run.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::path::PathBuf;

use okta_conformance::{Layer, Runner, Verdict};

#[tokio::test(flavor = "multi_thread")]
async fn the_mock_conforms_to_the_published_document() {
    let Some(document) = std::env::var_os("OKTA_OPENAPI_DOCUMENT").filter(|path| !path.is_empty()) else {
        let notice =
            "NOT RUN: the mock against Okta's published document; set OKTA_OPENAPI_DOCUMENT to its path\n";
        std::io::stderr().write_all(notice.as_bytes()).unwrap();
        return;
    };
    let runner =
        Runner::builder().contract(PathBuf::from(document)).fail_on([Layer::Contract]).build().unwrap();
    let report = runner.run(&mut |_| {}).await.unwrap();
    let steps = report.flows.iter().flat_map(|flow| flow.steps.iter().map(move |step| (flow.name(), step)));
    let judged = steps.clone().filter(|(_, step)| step.contract.verdict == Verdict::Conforms).count();
    let findings: Vec<String> = steps
        .flat_map(|(flow, step)| {
            step.contract.findings.iter().map(move |finding| format!("{flow}/{}: {finding:?}", step.step))
        })
        .collect();
    assert!(findings.is_empty(), "{} findings: {:#?}", findings.len(), &findings[..findings.len().min(10)]);
    assert!(judged > 900, "{judged} steps were judged");
}
