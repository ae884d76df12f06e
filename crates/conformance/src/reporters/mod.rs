//! Reporters: independent consumers of the stream of events.

mod coverage;
mod curl;
mod files;
mod github;
pub(crate) mod groups;
mod har;
mod html;
mod json;
mod junit;
mod known;
mod markup;
mod plain;
mod terminal;

pub use files::{ReportFiles, ReportFormat, ReportRequest};
pub use json::json;
pub(crate) use json::restored;
pub(crate) use plain::{plain, plain_lines, printed};
pub use terminal::{Style, Terminal};
