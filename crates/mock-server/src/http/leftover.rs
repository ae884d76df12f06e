//! What a refusal leaves unread of a body. A client that still sends when its connection is closed
//! does not see the answer, so the rest is read and thrown away first, within bounds.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use http::header;
use http_body::Frame;
use http_body_util::BodyExt as _;

/// A body as small as this is on its way whole before anybody can refuse it, in octets.
const SMALL: u64 = 16 * 1024;
/// No more is thrown away than this, in octets.
const MOST: usize = 32 * 1024 * 1024;
/// Nor for longer.
const LONGEST: Duration = Duration::from_secs(2);

/// Holds what a handler did not read of its body.
#[derive(Clone, Default)]
pub(super) struct Leftover(Arc<Mutex<Option<Body>>>);

impl Leftover {
    /// Watches the body of a request. A client that waits to be told to go on has not sent any.
    pub(super) fn watch(request: Request) -> (Request, Option<Self>) {
        let is_small = request.body().size_hint().upper().is_some_and(|size| size <= SMALL);
        if is_small || request.headers().contains_key(header::EXPECT) {
            return (request, None);
        }
        let leftover = Self::default();
        let kept = leftover.clone();
        (request.map(|body| Body::new(Lent { body: Some(body), back: kept })), Some(leftover))
    }

    /// Reads the rest and throws it away.
    pub(super) async fn drain(self) {
        // A panic elsewhere leaves it whole: it is taken as one.
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut body) = left.filter(|body| !body.is_end_stream()) else { return };
        let reading = async {
            let mut seen = 0;
            while let Some(Ok(frame)) = body.frame().await {
                seen += frame.data_ref().map_or(0, Bytes::len);
                if seen > MOST {
                    break;
                }
            }
        };
        // Whoever takes longer loses the answer.
        let _ = tokio::time::timeout(LONGEST, reading).await;
    }
}

/// A body that goes back where it came from when nobody reads it any more.
struct Lent {
    body: Option<Body>,
    back: Leftover,
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.back.0.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}
