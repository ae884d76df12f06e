//! Service apps: tokens, proofs, grants, keys, and orgs that verify each other.

mod access_tokens;
mod assertions;
mod clients;
mod hub_and_spoke;
mod proofs;
mod secrets;
mod service_app;
