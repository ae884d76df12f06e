//! The JSON of answers: which members, in which order, null or absent, as recorded.

pub(crate) mod app;
pub(crate) mod app_key;
pub(crate) mod app_list;
pub(crate) mod client;
pub(crate) mod client_key;
pub(crate) mod client_role;
pub(crate) mod client_secret;
pub(crate) mod connection;
pub(crate) mod feature;
pub(crate) mod grant;
pub(crate) mod identity_provider;
mod json;
pub(crate) mod key_set;
mod link;
mod recorded;
pub(crate) mod state;
pub(crate) mod state_diff;

pub(crate) use json::{DisplayText, Timestamp, as_json, to_json};
pub(crate) use link::{AppUrl, Hints, Link};
