//! Okta's behaviour as plain functions over plain data.
//!
//! Nothing here knows of HTTP, sockets, clocks or randomness: the time and fresh
//! random bytes come in as arguments. Every refusal names the [`behaviour::Rule`]
//! it rests on.

pub(crate) mod app;
pub(crate) mod behaviour;
pub(crate) mod body;
pub(crate) mod catalogue;
pub(crate) mod connection;
pub(crate) mod consent;
pub(crate) mod error;
pub(crate) mod feature;
pub(crate) mod identifier;
pub(crate) mod listing;
pub(crate) mod third_party;
