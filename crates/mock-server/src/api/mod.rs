//! The org over HTTP: extract, call the org, render.
//!
//! Listeners and tests use the same [`MockOrg::service`].

mod access_token;
mod answer;
mod app_keys;
mod apps;
mod assignments;
mod authentication;
mod body;
mod browser;
mod call;
mod client_keys;
mod client_roles;
mod client_secrets;
mod clients;
mod connections;
mod consent;
mod control;
mod cors;
mod edge;
mod endpoint;
mod fault;
mod features;
mod grants;
mod header_set;
mod host;
mod identity_providers;
mod inspector;
mod leftover;
mod library;
mod log_entry;
mod logged;
mod metadata;
mod mock_org;
mod observed;
mod operation;
mod org_name;
mod orgs;
mod origin;
mod page;
mod policies;
mod process;
mod redaction;
mod refusal;
mod render;
mod saml_metadata;
mod settings;
mod target;
mod third_party;
mod token;
mod users;

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
