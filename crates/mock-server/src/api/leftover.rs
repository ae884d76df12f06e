//! What is left unread of a body. A client that still sends when its connection is closed does not
//! see the answer, and one that sends the rest later would find it closed: the rest is read and
//! thrown away first, within bounds.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body_util::BodyExt as _;

/// No more is thrown away than this, in bytes.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Nor for longer.
const MAX_TIME: Duration = Duration::from_secs(2);

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
            if seen > MAX_BYTES {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(MAX_TIME, reading).await.unwrap_or(false)
}
