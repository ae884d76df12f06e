//! A list of apps, rendered as the client reads it: a slow client costs one chunk of memory, not the whole
//! list.

use std::convert::Infallible;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::AppUrl;
use super::app::AppObject;
use crate::api::answer::{AnswerBody, full_body};
use crate::api::origin::Origin;
use crate::org::Identity;
use crate::rules::app::App;
use crate::rules::identifier::AppId;

/// Approximate number of bytes that are rendered at once.
const CHUNK_SIZE: usize = 32 * 1024;

/// The body of a list of apps.
pub(crate) struct AppList {
    apps: vec::IntoIter<(AppId, Arc<App>)>,
    origin: Origin,
    identity: Identity,
    is_started: bool,
    is_finished: bool,
}

impl AppList {
    pub(crate) fn new(apps: Vec<(AppId, Arc<App>)>, origin: Origin, identity: Identity) -> Self {
        Self { apps: apps.into_iter(), origin, identity, is_started: false, is_finished: false }
    }

    /// Returns the body. A small list is complete, with its length.
    pub(crate) fn into_body(mut self) -> AnswerBody {
        let first = self.next_chunk();
        if self.is_finished {
            return full_body(first);
        }
        let remaining = first.len() as u64 + self.remaining_length();
        AnswerBody::streamed(StreamedList { first: Some(first.into()), rest: self, remaining })
    }

    /// Returns the length of the part that is not yet rendered, in bytes, for content-length.
    fn remaining_length(&self) -> u64 {
        let mut length = Length(0);
        for (id, app) in self.apps.as_slice() {
            let app_url = AppUrl { origin: &self.origin, app: id };
            // Counting cannot fail.
            let _ = serde_json::to_writer(&mut length, &AppObject::new(self.identity, app, app_url));
        }
        // A comma precedes each app, and a bracket follows the last one.
        length.0 + self.apps.len() as u64 + 1
    }

    /// Renders the next bytes.
    fn next_chunk(&mut self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(CHUNK_SIZE + CHUNK_SIZE / 8);
        if !std::mem::replace(&mut self.is_started, true) {
            bytes.push(b'[');
        } else if self.apps.len() > 0 {
            bytes.push(b',');
        }
        while let Some((id, app)) = self.apps.next() {
            let app_url = AppUrl { origin: &self.origin, app: &id };
            // Writing plain data with text keys into memory cannot fail.
            let _ = serde_json::to_writer(&mut bytes, &AppObject::new(self.identity, &app, app_url));
            if self.apps.len() == 0 {
                break;
            }
            if bytes.len() >= CHUNK_SIZE {
                return bytes;
            }
            bytes.push(b',');
        }
        bytes.push(b']');
        self.is_finished = true;
        bytes
    }
}

/// Counts the bytes written.
struct Length(u64);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A body that is rendered as the client reads it.
pub(crate) struct StreamedList {
    first: Option<Bytes>,
    rest: AppList,
    /// Number of bytes that the client has not read yet.
    remaining: u64,
}

impl HttpBody for StreamedList {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk: Bytes = match self.first.take() {
            Some(first) => first,
            None if self.rest.is_finished => return Poll::Ready(None),
            None => self.rest.next_chunk().into(),
        };
        self.remaining = self.remaining.saturating_sub(chunk.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_finished
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}
