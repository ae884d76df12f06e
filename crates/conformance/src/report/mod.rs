//! Reports: consumers of the stream of events.

mod curl;
mod json;
mod plain;
mod terminal;

pub use json::json;
pub(crate) use json::restored;
pub(crate) use plain::plain;
pub use terminal::{Style, Terminal};
