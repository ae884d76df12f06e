//! Listener, limits and shutdown, and the builder for embedders.

mod blocking;
mod builder;
mod listener;
mod mock_server;
mod ports;
mod wire;

pub use blocking::BlockingMockServer;
pub use builder::{Builder, Limits, StartError};
pub use mock_server::MockServer;
