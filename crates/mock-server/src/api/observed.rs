//! Parts of a request that become known while it is handled, for the request log.

use std::sync::OnceLock;

use bytes::Bytes;

/// The parts of one request for its entry in the request log.
#[derive(Default)]
pub(super) struct Observed {
    operation: OnceLock<&'static str>,
    app: OnceLock<String>,
    body: OnceLock<Bytes>,
    ignored: OnceLock<Vec<String>>,
}

impl Observed {
    /// Sets the operation, and the app id of the path.
    pub(super) fn set_operation(&self, id: &'static str, app: String) {
        // Each part becomes known once.
        let _ = (self.operation.set(id), self.app.set(app));
    }

    pub(super) fn set_body(&self, bytes: &Bytes) {
        let _ = self.body.set(bytes.clone());
    }

    pub(super) fn set_ignored(&self, pointers: Vec<String>) {
        let _ = self.ignored.set(pointers);
    }

    pub(super) fn operation(&self) -> Option<&'static str> {
        self.operation.get().copied()
    }

    pub(super) fn app(&self) -> &str {
        self.app.get().map_or("", String::as_str)
    }

    pub(super) fn body(&self) -> &[u8] {
        self.body.get().map_or(&[], |bytes| bytes)
    }

    pub(super) fn ignored(&mut self) -> Vec<String> {
        self.ignored.take().unwrap_or_default()
    }
}
