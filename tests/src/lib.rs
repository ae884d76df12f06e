//! What the workspace tests share: clients of the mock, and the checks that hold for every answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod answer;
pub mod canary;
pub mod contract;
pub mod headers;
pub mod imports;
pub mod routed;
pub mod wire;

pub use answer::Answer;
pub use contract::ContractCheck;

use std::path::PathBuf;

use proptest::test_runner::{Config, FileFailurePersistence};

/// A file of the repository, by its path from the root.
#[must_use]
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path)
}

/// A JSON file of the repository.
///
/// # Panics
/// When it cannot be read, or is not JSON.
#[must_use]
pub fn json_file(path: &str) -> serde_json::Value {
    let text = std::fs::read(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// How a property is tried: this many cases unless `PROPTEST_CASES` says otherwise; what failed
/// is kept beside the source and tried first the next time.
#[must_use]
pub fn property(cases: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    Config {
        cases: asked.unwrap_or(cases),
        max_shrink_iters: 4000,
        max_shrink_time: 60_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}
