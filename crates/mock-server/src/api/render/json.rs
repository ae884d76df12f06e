//! JSON serialization.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::rules::identifier::Seconds;

/// Serializes a value as JSON bytes.
pub(crate) fn to_json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    // Writing plain data with text keys to memory cannot fail. If it did, the edge would still answer.
    if serde_json::to_writer(&mut bytes, value).is_err() {
        bytes.clear();
    }
    bytes
}

/// Serializes a value as a JSON value, for comparison. A value that cannot be rendered becomes null.
pub(crate) fn as_json(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Text that is formatted while it is serialized.
pub(crate) struct DisplayText<T>(pub(crate) T);

impl<T: fmt::Display> Serialize for DisplayText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A timestamp in Okta's format. App timestamps have whole seconds (recorded).
pub(crate) struct Timestamp(pub(crate) Seconds);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let instant = jiff::Timestamp::from_second(self.0.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        serializer.collect_str(&format_args!("{instant:.3}"))
    }
}
