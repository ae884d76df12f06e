//! The bytes of a connection. What hyper cannot read as a request it answers by itself, with a
//! bare status; on its way out that answer is replaced by Okta's envelope. And a client that asks
//! nothing, or does not take its answers, loses its connection: it would keep a permit for ever.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::Limits;
use crate::api::MockOrg;

/// A stream that replaces hyper's own refusals, and waits for ever neither to read nor to write.
///
/// The time for the head of a request is kept here and not by hyper, which makes a timer for every
/// request: this makes one for every connection.
pub(super) struct Wire<S> {
    stream: S,
    org: MockOrg,
    limits: Limits,
    awaiting_request: AwaitingRequest,
    replacement: Option<Replacement>,
    /// When the client came, last took some of an answer, or began the head of a request.
    last_activity: Instant,
    /// Whether some of the head is there.
    head_started: bool,
    /// Runs while a request is awaited.
    head_timer: Option<Pin<Box<Sleep>>>,
    /// Runs while the client takes nothing.
    write_timer: Option<Pin<Box<Sleep>>>,
}

/// Whether the client is to speak next on a connection: until the head of its request is there.
#[derive(Clone)]
pub(super) struct AwaitingRequest(Arc<AtomicBool>);

impl AwaitingRequest {
    /// The client's, who begins.
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    /// A request is there and is to be answered.
    pub(super) fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is written in the permit of some of hyper's bytes.
struct Replacement {
    bytes: Vec<u8>,
    written: usize,
    /// How many of hyper's bytes it stands for.
    replaced_length: usize,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S, org: MockOrg, limits: Limits, awaiting_request: AwaitingRequest) -> Self {
        let last_activity = Instant::now();
        Self {
            stream,
            org,
            limits,
            awaiting_request,
            replacement: None,
            last_activity,
            head_started: false,
            head_timer: None,
            write_timer: None,
        }
    }

    /// Whether the head of a request, or its rest, has been awaited for too long; wakes the
    /// connection then.
    fn head_timed_out(&mut self, context: &mut Context<'_>) -> bool {
        let end = self.last_activity + self.limits.head_timeout;
        let head_timer = self.head_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
        while head_timer.as_mut().poll(context).is_ready() {
            if head_timer.deadline() >= end {
                return true;
            }
            // It was set for an earlier request: that it runs out says nothing of this one.
            head_timer.as_mut().reset(end);
        }
        false
    }

    /// Passes a write on; one that waits too long for the client to take anything fails.
    fn with_write_timeout<T>(
        &mut self,
        context: &mut Context<'_>,
        write: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.write_timer = None;
            return write;
        }
        let timeout = self.limits.write_timeout;
        let write_timer = self.write_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        match write_timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Notes that the client took some of an answer, and may ask again. Whoever reads next need not
    /// poll before something is there, so that the time has to run from here.
    fn after_write<T>(&mut self, context: &mut Context<'_>, write: &Poll<io::Result<T>>) {
        if matches!(write, Poll::Ready(Ok(_))) {
            self.last_activity = Instant::now();
            self.head_started = false;
            self.awaiting_request.set();
            let _ = self.head_timed_out(context);
        }
    }
}

/// The permit at which hyper's own refusal begins, if these bytes end with one: it is the last thing
/// on a connection, has no body, and no answer of the org with one of its statuses has none.
fn bare_refusal(bytes: &[u8]) -> Option<usize> {
    const MAX_LENGTH: usize = 256;
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let tail_start = bytes.len().saturating_sub(MAX_LENGTH);
    let tail = &bytes[tail_start..];
    let start = tail.windows(9).rposition(|window| window == b"HTTP/1.1 " || window == b"HTTP/1.0 ")?;
    let head = std::str::from_utf8(&tail[start..]).ok()?;
    let is_refusal = ["400", "414", "431"].contains(&head.get(9..12)?);
    (is_refusal && head.contains("\r\ncontent-length: 0\r\n")).then_some(tail_start + start)
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    fn poll_replacement(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while let Some(replacement) = &mut self.replacement {
            let rest = &replacement.bytes[replacement.written..];
            if rest.is_empty() {
                let replaced_length = replacement.replaced_length;
                self.replacement = None;
                return Poll::Ready(Ok(replaced_length));
            }
            let count = ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            replacement.written += count;
        }
        Poll::Ready(Ok(0))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.replacement.is_none() {
            let Some(start) = bare_refusal(bytes) else {
                let write = Pin::new(&mut self.stream).poll_write(context, bytes);
                self.after_write(context, &write);
                return self.with_write_timeout(context, write);
            };
            let mut replaced = bytes[..start].to_vec();
            replaced.extend(crate::api::unreadable_answer(&self.org));
            self.replacement =
                Some(Replacement { bytes: replaced, written: 0, replaced_length: bytes.len() });
        }
        let write = self.poll_replacement(context);
        self.after_write(context, &write);
        self.with_write_timeout(context, write)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flush = Pin::new(&mut self.stream).poll_flush(context);
        self.with_write_timeout(context, flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if !self.awaiting_request.get() {
            return read;
        }
        match read {
            Poll::Ready(_) if !self.head_started => {
                self.head_started = true;
                self.last_activity = Instant::now();
            }
            Poll::Pending if self.head_timed_out(context) => {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            _ => {}
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_without_a_body_is_replaced() {
        let refusal = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(bare_refusal(refusal), Some(0));
        let after_an_answer = [b"HTTP/1.1 204 No Content\r\n\r\n", &refusal[..]].concat();
        assert_eq!(bare_refusal(&after_an_answer), Some(27));
        for other in [
            &b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 12\r\n\r\n",
            b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n",
            b"{\"errorCode\":\"E0000001\"}",
            b"",
        ] {
            assert_eq!(bare_refusal(other), None);
        }
    }
}
