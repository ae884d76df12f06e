//! Runs the flows of an integration in your own test: against an in-process mock, or read-only against the org
//! that `OKTA_ORG_URL` names.
//!
//! ```text
//! cargo run --package okta-conformance --example flows_in_a_test
//! ```

#![allow(clippy::print_stdout)]

use std::error::Error;

use okta_conformance::{Event, Runner, Verdict};

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let mut runner = Runner::builder().select("token-connection@zscalerbyz").select("unknown-app");
    if let Ok(url) = std::env::var("OKTA_ORG_URL") {
        runner = runner.target(url);
    }
    let report = runner
        .build()?
        .run(&mut |event| {
            if let Event::FlowFinished(flow) = event {
                println!("{}: {}", flow.name(), flow.verdict.word());
            }
        })
        .await?;
    for flow in &report.flows {
        for step in &flow.steps {
            for (layer, judgement) in step.judgements() {
                for finding in &judgement.findings {
                    println!("{} {} {}: {}", flow.name(), step.step, layer.word(), finding.place);
                }
            }
        }
    }
    assert_eq!(report.summary.verdict, Verdict::Conforms);
    Ok(())
}
