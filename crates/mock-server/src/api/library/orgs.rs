//! The orgs of a process from Rust.

use super::super::MockOrg;
use super::super::orgs::{Initial, NewOrg};
use crate::org::document::Load;

/// An org of a mock server.
#[derive(Clone, Debug)]
pub struct NamedOrg {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) org: MockOrg,
}

impl NamedOrg {
    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the URL, without a trailing slash: that of the org's own port, or else one by host name.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the org.
    #[must_use]
    pub const fn org(&self) -> &MockOrg {
        &self.org
    }
}

impl NewOrg {
    /// An org with these contents. The name is a label of a host name: letters, digits and hyphens.
    pub fn load(name: impl Into<String>, contents: Load) -> Self {
        Self::new(name.into(), Initial::Load(contents))
    }

    /// An org in the state of another one. It resets to that state; faults, checkpoints and the request log
    /// are not copied. The org that the mock starts with is named `default`.
    pub fn fork(name: impl Into<String>, source: impl Into<String>) -> Self {
        Self::new(name.into(), Initial::Fork(source.into()))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Opens no port for the org. It is reached by host name.
    pub const fn without_port(mut self) -> Self {
        self.has_port = false;
        self
    }

    /// Trusts an origin, such as `https://app.example.com`: its pages may call the API of this org (CORS).
    pub fn trusted_origin(mut self, origin: impl Into<String>) -> Self {
        self.trusted_origins.push(origin.into());
        self
    }
}
