//! Drains the unread rest of a request body. A client that is still sending when the connection closes does
//! not see the answer, and a client that sends the rest later finds the connection closed. The rest is
//! therefore read and discarded first, within limits.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body_util::BodyExt as _;

/// Maximum number of bytes to discard.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Maximum time to drain.
const MAX_TIME: Duration = Duration::from_secs(2);

/// Reads and discards the rest of a body. Returns true if the body came to its end.
pub(super) async fn drain(body: &mut Body) -> bool {
    if body.is_end_stream() {
        return true;
    }
    let reading = async {
        let mut seen = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > MAX_BYTES {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(MAX_TIME, reading).await.unwrap_or(false)
}
