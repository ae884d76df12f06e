//! The report for people: a line for each flow run in progress, then every finding once with its steps and a
//! command that repeats the first, then the summary.

mod findings;
mod summary;
mod writer;

pub use writer::{Style, Terminal};
