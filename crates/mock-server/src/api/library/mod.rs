//! The control of an org from Rust: what the control plane offers over HTTP, typed and without a request.

mod faults;
mod orgs;
mod requests;
mod state;

pub use faults::Fault;
pub use orgs::NamedOrg;
pub use requests::{LoggedRequest, MissingRequests, RequestFilter};
pub use state::Refused;
