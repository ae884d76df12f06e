//! The JSON of answers: members, their order, what is null and what is absent, as recorded.

pub(crate) mod app;
pub(crate) mod app_list;
pub(crate) mod connection;
pub(crate) mod feature;
mod json;
mod link;

pub(crate) use json::{DisplayText, Timestamp, as_json, to_json};
pub(crate) use link::{AppUrl, Hints, Link};
