//! What a listener serves.

use std::sync::Arc;

use super::MockOrg;
use super::orgs::Orgs;
use super::origin::Scheme;

/// What a listener serves: its own org, and the other orgs of the process by host name.
pub(crate) struct Endpoint {
    /// The org of requests whose host names no org.
    pub(crate) org: MockOrg,
    /// The orgs of the process.
    pub(crate) orgs: Arc<Orgs>,
    /// The scheme of the listener's URLs.
    pub(crate) scheme: Scheme,
}
