//! A mock Okta org for app provisioning.
//!
//! Four layers, each importing only downward: [`rules`] (Okta's behaviour, pure), [`org`] (one
//! org's state behind one lock), [`http`] (extract, call the org, render), [`server`] (listeners,
//! limits, shutdown). The binary is a thin program over [`MockServer`].

pub mod http;
pub mod org;
pub mod rules;
pub mod server;

pub use server::{Builder, Load, MockServer};
