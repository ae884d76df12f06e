//! Okta's behaviour as plain functions over plain data.
//!
//! Nothing here knows of HTTP, sockets, clocks or randomness: the time and fresh
//! random octets come in as arguments. Every refusal names the [`behaviour::Rule`]
//! it rests on.

pub mod app;
pub mod behaviour;
pub mod body;
pub mod catalogue;
pub mod connection;
pub mod consent;
pub mod error;
pub mod feature;
pub mod identifier;
pub mod listing;
pub mod third_party;
