//! Helpers of the workspace tests: clients of the mock, and checks that every answer must pass.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod answer;
pub mod canary;
pub mod contract;
pub mod headers;
pub mod imports;
pub mod oauth;
pub mod routed;
pub mod tools;
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
/// If it cannot be read or is not JSON.
#[must_use]
pub fn json_file(path: &str) -> serde_json::Value {
    let text = std::fs::read(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The settings of a property test: this many cases unless `PROPTEST_CASES` is set. Failed cases are stored next
/// to the source and run first the next time.
#[must_use]
pub fn property(cases: u32) -> Config {
    let requested = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    Config {
        cases: requested.unwrap_or(cases),
        max_shrink_iters: 4000,
        max_shrink_time: 60_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}
