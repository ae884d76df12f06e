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
mod endpoint;
mod fault;
mod features;
mod header_set;
mod host;
mod inspector;
mod leftover;
mod library;
mod log_entry;
mod logged;
mod mock_org;
mod observed;
mod operation;
mod org_name;
mod orgs;
mod origin;
mod page;
mod redaction;
mod refusal;
mod render;
mod settings;
mod third_party;

pub use library::{Fault, LoggedRequest, MissingRequests, NamedOrg, Refused, RequestFilter};
pub use mock_org::{App, MockOrg};
pub use orgs::NewOrg;

pub(crate) use cors::parse_origin;
pub(crate) use edge::OrgService;
pub(crate) use endpoint::Endpoint;
pub(crate) use fault::ConnectionClosed;
pub(crate) use orgs::{Orgs, Port, Ports};
pub(crate) use origin::{Origin, Scheme};
pub(crate) use settings::{HEAD_LIMIT, MAX_ORGS, Settings};
