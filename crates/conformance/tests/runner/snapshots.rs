//! The accepted exchange of every flow with the mock. Review changes with `cargo insta review`. The same
//! files are built into the binary.

use std::path::{Path, PathBuf};

use okta_conformance::Runner;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/snapshots")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flow_equals_its_accepted_snapshot() {
    let report = Runner::builder().build().unwrap().run(&mut |_| {}).await.unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // Check all of them, so that one review covers everything.
    let mut different = Vec::new();
    for flow in &report.flows {
        let name = flow.name();
        let text = flow.snapshot_text();
        let asserted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            settings.bind(|| insta::assert_snapshot!(name.as_str(), text));
        }));
        if asserted.is_err() {
            different.push(name);
        }
    }
    assert!(
        different.is_empty(),
        "different from the accepted snapshots: {different:?}; run `cargo insta review`"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_belong_to_flows_and_contain_no_volatile_values() {
    let planned = Runner::builder().build().unwrap().planned();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".snap") else { continue };
        assert!(planned.iter().any(|planned| planned == name), "{name} belongs to no flow");
        let text = std::fs::read_to_string(&path).unwrap();
        for part in ["fixture-token", "127.0.0.1", "made-up-token"] {
            assert!(!text.contains(part), "{part} in {name}");
        }
    }
}
