//! The bytes of a connection. What hyper cannot read as a request it answers by itself, with a
//! bare status; on its way out that answer is replaced by Okta's envelope. And a client that does
//! not take its answers loses its connection: it would keep a place for ever.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::http::SharedOrg;

/// A stream that replaces hyper's own refusals, and whose writes do not wait for ever.
pub(super) struct Wire<S> {
    stream: S,
    org: SharedOrg,
    replacement: Option<Replacement>,
    patience: Duration,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

/// What is written in the place of some of hyper's bytes.
struct Replacement {
    octets: Vec<u8>,
    written: usize,
    /// How many of hyper's bytes it stands for.
    stands_for: usize,
}

impl<S> Wire<S> {
    /// `patience` is how long the client may take nothing of an answer.
    pub(super) const fn new(stream: S, org: SharedOrg, patience: Duration) -> Self {
        Self { stream, org, replacement: None, patience, stalled: None }
    }

    /// Passes a write on; one that waits longer than the patience fails.
    fn patient<T>(&mut self, context: &mut Context<'_>, write: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.stalled = None;
            return write;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// The place at which hyper's own refusal begins, if these bytes end with one: it is the last thing
/// on a connection, has no body, and no answer of the org with one of its statuses has none.
fn bare_refusal(octets: &[u8]) -> Option<usize> {
    const LONGEST: usize = 256;
    if !octets.ends_with(b"\r\n\r\n") {
        return None;
    }
    let tail_start = octets.len().saturating_sub(LONGEST);
    let tail = &octets[tail_start..];
    let start = tail.windows(9).rposition(|window| window == b"HTTP/1.1 " || window == b"HTTP/1.0 ")?;
    let head = std::str::from_utf8(&tail[start..]).ok()?;
    let is_refusal = ["400", "414", "431"].contains(&head.get(9..12)?);
    (is_refusal && head.contains("\r\ncontent-length: 0\r\n")).then_some(tail_start + start)
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    fn poll_replacement(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while let Some(replacement) = &mut self.replacement {
            let rest = &replacement.octets[replacement.written..];
            if rest.is_empty() {
                let stands_for = replacement.stands_for;
                self.replacement = None;
                return Poll::Ready(Ok(stands_for));
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
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.replacement.is_none() {
            let Some(start) = bare_refusal(octets) else {
                let write = Pin::new(&mut self.stream).poll_write(context, octets);
                return self.patient(context, write);
            };
            let mut replaced = octets[..start].to_vec();
            replaced.extend(crate::http::unreadable_answer(&self.org));
            self.replacement = Some(Replacement { octets: replaced, written: 0, stands_for: octets.len() });
        }
        let write = self.poll_replacement(context);
        self.patient(context, write)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flush = Pin::new(&mut self.stream).poll_flush(context);
        self.patient(context, flush)
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
        Pin::new(&mut self.stream).poll_read(context, buffer)
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
