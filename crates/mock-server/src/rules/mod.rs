//! Okta's behaviour as plain functions over plain data.
//!
//! This layer does not know HTTP, sockets, clocks or randomness: the time and random bytes are arguments.
//! Every refusal names the [`behaviour::Rule`] that it rests on.

pub(crate) mod app;
pub(crate) mod behaviour;
pub(crate) mod body;
pub(crate) mod catalogue;
pub(crate) mod connection;
pub(crate) mod consent;
pub(crate) mod error;
pub(crate) mod feature;
pub(crate) mod identifier;
pub(crate) mod identity_provider;
pub(crate) mod jose;
pub(crate) mod listing;
pub(crate) mod nearest;
pub(crate) mod oauth;
pub(crate) mod secret_name;
pub(crate) mod third_party;
