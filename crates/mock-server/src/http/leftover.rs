//! What is left unread of a body. A client that still sends when its connection is closed does not
//! see the answer, and one that sends the rest later would find it closed: the rest is read and
//! thrown away first, within bounds.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::Frame;
use http_body_util::BodyExt as _;

/// No more is thrown away than this, in octets.
const MOST: usize = 32 * 1024 * 1024;
/// Nor for longer.
const LONGEST: Duration = Duration::from_secs(2);

/// Reads the rest of a body and throws it away; whether it came to its end.
pub(super) async fn drain(body: &mut Body) -> bool {
    if body.is_end_stream() {
        return true;
    }
    let reading = async {
        let mut seen = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > MOST {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(LONGEST, reading).await.unwrap_or(false)
}

/// A body that is lent to a handler: what he does not read comes back.
#[derive(Clone, Default)]
pub(super) struct Loan(Arc<Mutex<Option<Body>>>);

impl Loan {
    /// Lends a body.
    pub(super) fn lend(&self, body: Body) -> Body {
        Body::new(Lent { body: Some(body), back: self.clone() })
    }

    /// What came back.
    pub(super) fn rest(self) -> Body {
        // A panic elsewhere leaves it whole: it is taken as one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }
}

/// A body that goes back where it came from when nobody reads it any more.
struct Lent {
    body: Option<Body>,
    back: Loan,
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
