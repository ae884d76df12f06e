//! The byte stream of a connection. hyper answers invalid requests itself, with a bare status; this stream
//! replaces that answer with Okta's envelope. It also closes connections whose client sends no request or
//! does not read its answers, which would occupy a connection forever.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::Limits;
use super::activity::{Activity, Protocol};
use crate::api::OrgService;

/// A stream that replaces hyper's own refusals and limits the time of reads and writes.
///
/// The timeout for request heads is here and not in hyper, because hyper creates a timer for each request.
/// This creates one per connection.
pub(super) struct Wire<S> {
    stream: S,
    service: OrgService,
    limits: Limits,
    activity: Activity,
    replacement: Option<Replacement>,
    /// When the client connected, last read part of an answer, or began a request head.
    last_activity: Instant,
    /// True if a request was under way at the last read.
    is_busy: bool,
    /// True if part of a request head has arrived.
    head_started: bool,
    /// Limits the time to wait for a request.
    head_timer: Option<Pin<Box<Sleep>>>,
    /// Limits the time that the client reads nothing.
    write_timer: Option<Pin<Box<Sleep>>>,
}

/// Bytes that replace some of hyper's bytes.
struct Replacement {
    bytes: Vec<u8>,
    written: usize,
    /// Number of hyper's bytes that are replaced.
    replaced_length: usize,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S, service: OrgService, limits: Limits, activity: Activity) -> Self {
        let last_activity = Instant::now();
        Self {
            stream,
            service,
            limits,
            activity,
            replacement: None,
            last_activity,
            is_busy: false,
            head_started: false,
            head_timer: None,
            write_timer: None,
        }
    }

    /// Returns true if a request head did not arrive in time. Otherwise wakes the connection at that time.
    fn head_timed_out(&mut self, context: &mut Context<'_>) -> bool {
        let end = self.last_activity + self.limits.head_timeout;
        let head_timer = self.head_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
        while head_timer.as_mut().poll(context).is_ready() {
            if head_timer.deadline() >= end {
                return true;
            }
            // The timer was set for an earlier request; wait for the rest of this one's time.
            head_timer.as_mut().reset(end);
        }
        false
    }

    /// Returns the result of a write, or an error if the client reads nothing for too long.
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

    /// Records that the client read part of an answer and may send its next request. The timer starts here,
    /// because the next read is only polled when bytes arrive.
    fn after_write<T>(&mut self, context: &mut Context<'_>, write: &Poll<io::Result<T>>) {
        if matches!(write, Poll::Ready(Ok(_))) {
            self.last_activity = Instant::now();
            self.head_started = false;
            self.activity.wrote();
            let _ = self.head_timed_out(context);
        }
    }
}

/// Returns the position of hyper's own refusal, if these bytes end with one. It is the last message on a
/// connection and has no body. Answers of the org with these statuses always have one.
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
            let refusal =
                (self.activity.protocol() == Protocol::Http1).then(|| bare_refusal(bytes)).flatten();
            let Some(start) = refusal else {
                let write = Pin::new(&mut self.stream).poll_write(context, bytes);
                self.after_write(context, &write);
                return self.with_write_timeout(context, write);
            };
            let mut replaced = bytes[..start].to_vec();
            replaced.extend(self.service.unreadable_answer());
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
        if !self.activity.is_awaiting() {
            self.is_busy = true;
            return read;
        }
        if std::mem::take(&mut self.is_busy) {
            // The wait for the next request begins.
            self.last_activity = Instant::now();
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
    fn only_refusals_without_a_body_are_replaced() {
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
