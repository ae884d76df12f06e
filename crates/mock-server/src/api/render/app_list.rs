//! A list of apps, rendered as the client takes it: one that reads slowly costs a piece, not the
//! whole list.

use std::convert::Infallible;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::Either;

use super::AppAddress;
use super::app::{AppObject, OrgFacts};
use crate::api::answer::{AnswerBody, whole};
use crate::api::origin::Origin;
use crate::rules::app::App;
use crate::rules::identifier::AppId;

/// About how many octets are rendered at once.
const PIECE: usize = 32 * 1024;

/// The body of a list of apps.
pub(crate) struct AppList {
    apps: vec::IntoIter<(AppId, Arc<App>)>,
    origin: Origin,
    of: OrgFacts,
    has_begun: bool,
    has_ended: bool,
}

impl AppList {
    pub(crate) fn new(apps: Vec<(AppId, Arc<App>)>, origin: Origin, of: OrgFacts) -> Self {
        Self { apps: apps.into_iter(), origin, of, has_begun: false, has_ended: false }
    }

    /// The body: in one piece with its length, where it is small.
    pub(crate) fn into_body(mut self) -> AnswerBody {
        let first = self.piece();
        if self.has_ended {
            return whole(first);
        }
        let left = first.len() as u64 + self.rest_length();
        Either::Right(Box::new(InPieces { first: Some(first.into()), rest: self, left }))
    }

    /// The length of what is still to be rendered, in octets: an answer tells it beforehand.
    fn rest_length(&self) -> u64 {
        let mut length = Length(0);
        for (id, app) in self.apps.as_slice() {
            let at = AppAddress { origin: &self.origin, app: id };
            // Counting cannot fail.
            let _ = serde_json::to_writer(&mut length, &AppObject::new(self.of, app, at));
        }
        // Before each app stands a comma, behind the last a bracket.
        length.0 + self.apps.len() as u64 + 1
    }

    /// The next octets; none once all have been rendered.
    fn piece(&mut self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(PIECE + PIECE / 8);
        if !std::mem::replace(&mut self.has_begun, true) {
            octets.push(b'[');
        } else if self.apps.len() > 0 {
            octets.push(b',');
        }
        while let Some((id, app)) = self.apps.next() {
            let at = AppAddress { origin: &self.origin, app: &id };
            // Writing plain data with text keys into memory cannot fail.
            let _ = serde_json::to_writer(&mut octets, &AppObject::new(self.of, &app, at));
            if self.apps.len() == 0 {
                break;
            }
            if octets.len() >= PIECE {
                return octets;
            }
            octets.push(b',');
        }
        octets.push(b']');
        self.has_ended = true;
        octets
    }
}

/// Counts what is written.
struct Length(u64);

impl Write for Length {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0 += octets.len() as u64;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A body that is rendered while the client takes it.
pub(crate) struct InPieces {
    first: Option<Bytes>,
    rest: AppList,
    /// How many octets the client has not taken yet.
    left: u64,
}

impl HttpBody for InPieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece: Bytes = match self.first.take() {
            Some(first) => first,
            None if self.rest.has_ended => return Poll::Ready(None),
            None => self.rest.piece().into(),
        };
        self.left = self.left.saturating_sub(piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.has_ended
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
