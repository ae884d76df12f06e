//! Properties of the mock org, in one test binary to save link time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// An `Expected` answer is also the error type of the model, and is large.
#![allow(clippy::result_large_err)]

#[path = "mock_properties/bounds.rs"]
mod bounds;
#[path = "mock_properties/concurrency.rs"]
mod concurrency;
#[path = "mock_properties/contract_examples.rs"]
mod contract_examples;
#[path = "mock_properties/control_plane/mod.rs"]
mod control_plane;
#[path = "mock_properties/edge_bytes.rs"]
mod edge_bytes;
#[path = "mock_properties/edge_json.rs"]
mod edge_json;
#[path = "mock_properties/edge_slow.rs"]
mod edge_slow;
#[path = "mock_properties/foreign_pages.rs"]
mod foreign_pages;
#[path = "mock_properties/machine.rs"]
mod machine;
#[path = "mock_properties/machine_run.rs"]
mod machine_run;
#[path = "mock_properties/merge_laws.rs"]
mod merge_laws;
#[path = "mock_properties/model.rs"]
mod model;
#[path = "mock_properties/model_features.rs"]
mod model_features;
#[path = "mock_properties/model_settings.rs"]
mod model_settings;
#[path = "mock_properties/oauth/mod.rs"]
mod oauth;
#[path = "mock_properties/orgs_under_load.rs"]
mod orgs_under_load;
#[path = "mock_properties/patches.rs"]
mod patches;
#[path = "mock_properties/recorded.rs"]
mod recorded;
#[path = "mock_properties/recorded_headers.rs"]
mod recorded_headers;
#[path = "mock_properties/state.rs"]
mod state;
#[path = "mock_properties/tls.rs"]
mod tls;
