//! The JSON of answers: which members, in which order, null or absent, as recorded.

pub(crate) mod app;
pub(crate) mod app_list;
pub(crate) mod connection;
pub(crate) mod feature;
mod json;
mod link;
mod recorded;
pub(crate) mod state;
pub(crate) mod state_diff;

pub(crate) use json::{DisplayText, Timestamp, as_json, to_json};
pub(crate) use link::{AppUrl, Hints, Link};
