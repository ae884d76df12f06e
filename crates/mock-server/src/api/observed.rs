//! Parts of a request that become known while it is handled, for the request log.

use std::borrow::Cow;
use std::sync::OnceLock;

use bytes::Bytes;

use super::operation::RouteMatch;

/// The parts of one request for its entry in the request log.
pub(super) struct Observed<'a> {
    operation: Option<&'static str>,
    app: Cow<'a, str>,
    body: OnceLock<Bytes>,
    ignored: OnceLock<Vec<String>>,
}

impl<'a> Observed<'a> {
    /// Creates the parts of a request for the operation that was found.
    pub(super) fn new(route: Option<&RouteMatch<'a>>) -> Self {
        Self {
            operation: route.map(|route| route.operation.id),
            app: route.map(RouteMatch::app_id).unwrap_or_default(),
            body: OnceLock::new(),
            ignored: OnceLock::new(),
        }
    }

    pub(super) fn set_body(&self, bytes: &Bytes) {
        let _ = self.body.set(bytes.clone());
    }

    pub(super) fn set_ignored(&self, pointers: Vec<String>) {
        let _ = self.ignored.set(pointers);
    }

    pub(super) fn operation(&self) -> Option<&'static str> {
        self.operation
    }

    /// Returns the app id of the path, percent-decoded; empty if it has none.
    pub(super) fn app(&self) -> &str {
        &self.app
    }

    pub(super) fn body(&self) -> &[u8] {
        self.body.get().map_or(&[], |bytes| bytes)
    }

    pub(super) fn ignored(&self) -> Vec<String> {
        self.ignored.get().cloned().unwrap_or_default()
    }
}
