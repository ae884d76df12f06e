//! Every flow's exchange with the mock, as it was accepted: review changes with
//! `cargo insta review`. The same files are built into the binary.

use std::path::{Path, PathBuf};

use okta_conformance::Runner;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/snapshots")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flow_is_as_it_was_accepted() {
    let report = Runner::builder().build().unwrap().run(&mut |_| {}).await.unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // All of them, so that one review sees everything.
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
    assert!(different.is_empty(), "not as accepted: {different:?}; run `cargo insta review`");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_snapshot_is_left_over_and_none_holds_what_changes() {
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
