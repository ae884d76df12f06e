//! The conformance runner: replays documented flows against an org and judges every answer.
#![allow(dead_code, unused_imports)]
mod bundle;
mod criterion;
mod error;
pub mod exit_code;
mod expression;
mod flow;
mod guide;
mod openapi;
mod secrets;
mod transport;
pub use error::RunError;
pub use guide::{Guide, GuideStep};
