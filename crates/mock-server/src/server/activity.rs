//! What a connection is doing, shared by its stream and its service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

/// The protocol of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// One request after the other.
    Http1,
    /// Requests side by side.
    Http2,
}

/// What a connection is doing.
#[derive(Clone)]
pub(super) struct Activity(Arc<State>);

struct State {
    protocol: Protocol,
    /// True while the connection waits for a request.
    awaiting: AtomicBool,
    /// Number of requests that began.
    requests: AtomicU64,
    /// Number of HTTP/2 requests that are under way.
    open: AtomicU32,
}

/// A request that is under way. Dropping it ends it.
pub(super) struct Begun(Activity);

impl Activity {
    /// A new connection waits for a request: the client sends first.
    pub(super) fn new(protocol: Protocol) -> Self {
        Self(Arc::new(State {
            protocol,
            awaiting: AtomicBool::new(true),
            requests: AtomicU64::new(0),
            open: AtomicU32::new(0),
        }))
    }

    pub(super) fn protocol(&self) -> Protocol {
        self.0.protocol
    }

    /// Notes that a request has arrived.
    pub(super) fn begin(&self) -> Begun {
        self.0.awaiting.store(false, Relaxed);
        self.0.requests.fetch_add(1, Relaxed);
        self.0.open.fetch_add(1, Relaxed);
        Begun(self.clone())
    }

    /// Notes that part of an answer was written. Over HTTP/1, the client may send its next request.
    pub(super) fn wrote(&self) {
        if self.0.protocol == Protocol::Http1 {
            self.0.awaiting.store(true, Relaxed);
        }
    }

    /// Returns true while the connection waits for a request.
    pub(super) fn is_awaiting(&self) -> bool {
        self.0.awaiting.load(Relaxed)
    }

    /// Returns the number of requests that began.
    pub(super) fn requests(&self) -> u64 {
        self.0.requests.load(Relaxed)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let state = &self.0.0;
        if state.open.fetch_sub(1, Relaxed) == 1 && state.protocol == Protocol::Http2 {
            state.awaiting.store(true, Relaxed);
        }
    }
}
