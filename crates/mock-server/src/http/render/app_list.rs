//! A list of apps, rendered as the client takes it: one that reads slowly costs a piece, not the
//! whole list.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::Frame;

use super::AppAddress;
use super::app::{AppObject, OrgFacts};
use crate::http::origin::Origin;
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
    pub(crate) fn into_body(mut self) -> Body {
        let first = self.piece();
        if self.has_ended {
            return Body::from(first);
        }
        Body::new(InPieces { first: Some(first.into()), rest: self })
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

struct InPieces {
    first: Option<Bytes>,
    rest: AppList,
}

impl HttpBody for InPieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match self.first.take() {
            Some(first) => first,
            None if self.rest.has_ended => return Poll::Ready(None),
            None => self.rest.piece().into(),
        };
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.has_ended
    }
}
