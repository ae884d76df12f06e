//! Properties of the mock org: one test binary, because each links for long.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "mock_properties/contract_examples.rs"]
mod contract_examples;
