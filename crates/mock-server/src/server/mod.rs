//! Listener, limits and shutdown, and the builder for embedders.

mod activity;
mod blocking;
mod builder;
mod connection;
mod listener;
mod mock_server;
mod ports;
mod tls;
mod wire;

pub use blocking::BlockingMockServer;
pub use builder::{Builder, Limits, StartError};
pub use mock_server::MockServer;
pub use tls::{Tls, TlsError};
