//! A mock Okta org for app provisioning, to embed in tests.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use okta_mock_server::MockServer;
//!
//! let mock = MockServer::builder().seed(1).start().await?;
//! let google = mock.org().apps().into_iter().find(|app| app.name() == "google").ok_or("no such app")?;
//! // Point the code under test at this URL, with any API token.
//! let connection = format!("{}/api/v1/apps/{}/connections/default", mock.url(), google.id());
//! # let _ = connection;
//! mock.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! - [`MockServer`] is an org with its own listener; [`MockServer::builder`] configures it.
//! - [`Builder::start_blocking`] starts one for tests that are not asynchronous.
//! - [`MockOrg`] is the org without a listener; [`MockOrg::router`] returns it as an axum router.
//! - The org can be put into any state ([`MockOrg::set_app_state`], [`MockOrg::replace_state`]), fails on purpose
//!   ([`MockOrg::add_fault`]), and knows what it received ([`MockOrg::requests`], [`MockOrg::assert_requests`]).
//! - [`RULE_BOOK`] lists every behaviour that a client can notice, with its source.
//!
//! The `okta-mock-server` command serves the same org.

mod api;
mod org;
mod rules;
mod server;

pub use api::{
    App, Fault, LoggedRequest, MissingRequests, MockOrg, NamedOrg, NewOrg, Refused, RequestFilter,
};
pub use org::clock::ClockEnd;
pub use org::document::{Load, LoadError};
pub use org::third_party::{ConsentMode, ThirdPartyBehavior};
pub use rules::behaviour::{RULE_BOOK, Rule, Source};
pub use server::{BlockingMockServer, Builder, Limits, MockServer, StartError, Tls, TlsError};
