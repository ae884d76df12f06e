//! The type of answers, and the successful answers of the API.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::{Body, Frame, SizeHint};

use super::header_set::{HeaderSet, RequestFacts};
use super::render::app_list::StreamedList;

/// The body of an answer. Not boxed: most bodies are complete.
pub(crate) struct AnswerBody(Content);

enum Content {
    /// A complete body; absent once it was sent.
    Complete(Option<Bytes>),
    /// A body that is rendered while the client reads it.
    List(Box<StreamedList>),
    /// The beginning of a body that announces more bytes; the connection then breaks.
    Truncated { start: Option<Bytes>, announced: u64, is_flushed: bool },
}

/// An answer of the org. The edge adds the headers of its set.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) set: HeaderSet,
    /// The headers of this answer alone.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: AnswerBody,
}

impl Answer {
    /// Creates an answer with status 200.
    pub(crate) fn new(set: HeaderSet, body: AnswerBody) -> Self {
        Self { status: StatusCode::OK, set, headers: Vec::new(), body }
    }

    /// Sets the status.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Returns the answer to a request as it is sent.
    pub(crate) fn into_response(self, request: &RequestFacts) -> http::Response<AnswerBody> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.set.headers(request);
        for (name, value) in self.headers {
            // A list has several Link headers.
            response.headers_mut().append(name, value);
        }
        response
    }

    /// Adds a header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl AnswerBody {
    /// Creates a body that is rendered while the client reads it.
    pub(crate) fn streamed(list: StreamedList) -> Self {
        Self(Content::List(Box::new(list)))
    }

    /// Returns the bytes of a complete body.
    pub(crate) const fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Complete(bytes) => bytes.as_ref(),
            _ => None,
        }
    }

    /// Returns a body that breaks off after this number of bytes. A list breaks off before its first byte.
    pub(crate) fn truncated(self, length: usize) -> Self {
        let announced = self.size_hint().exact().unwrap_or_default();
        let start = match self.0 {
            Content::Complete(Some(bytes)) => Some(bytes.slice(..length.min(bytes.len()))),
            _ => None,
        };
        Self(Content::Truncated { start, announced, is_flushed: false })
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut self.0 {
            Content::Complete(bytes) => Poll::Ready(
                bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))),
            ),
            Content::List(list) => Pin::new(list)
                .poll_frame(context)
                .map(|frame| frame.map(|frame| frame.map_err(|never| match never {}))),
            Content::Truncated { start, is_flushed, .. } => match start.take() {
                Some(bytes) if !bytes.is_empty() => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                // hyper writes out what it has before it polls again. An error right away would lose it.
                _ if !std::mem::replace(is_flushed, true) => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                _ => Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionAborted)))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Complete(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Content::List(list) => list.is_end_stream(),
            Content::Truncated { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Complete(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Content::List(list) => list.size_hint(),
            Content::Truncated { announced, .. } => SizeHint::with_exact(*announced),
        }
    }
}

/// Returns a complete body.
pub(crate) fn full_body(bytes: impl Into<Bytes>) -> AnswerBody {
    AnswerBody(Content::Complete(Some(bytes.into())))
}

/// Returns an API answer with this JSON.
pub(crate) fn json(body: Vec<u8>) -> Answer {
    Answer::new(HeaderSet::Json, full_body(body))
}

/// Returns an API answer without a body.
pub(crate) fn no_content() -> Answer {
    Answer::new(HeaderSet::NoContent, full_body("")).with_status(StatusCode::NO_CONTENT)
}
