//! The org over HTTP: extract, call the org, render.
//!
//! Listeners and tests use the same [`MockOrg::service`].

mod answer;
mod apps;
mod authentication;
mod body;
mod browser;
mod call;
mod connections;
mod consent;
mod control;
mod cors;
mod edge;
mod fault;
mod features;
mod header_set;
mod host;
mod leftover;
mod library;
mod log_entry;
mod logged;
mod mock_org;
mod observed;
mod operation;
mod origin;
mod page;
mod redaction;
mod refusal;
mod render;
mod settings;
mod third_party;

pub use library::{Fault, LoggedRequest, MissingRequests, Refused, RequestFilter};
pub use mock_org::{App, MockOrg};

pub(crate) use edge::{OrgService, unreadable_answer};
pub(crate) use fault::ConnectionClosed;
pub(crate) use settings::{HEAD_LIMIT, Settings};
