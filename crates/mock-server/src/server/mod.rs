//! Listeners, limits and shutdown; the builder that embedders use.

mod builder;
mod listener;
mod mock_server;
mod wire;

pub use builder::{Builder, Limits, StartError};
pub use mock_server::MockServer;
