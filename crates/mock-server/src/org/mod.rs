//! The state of one org as a plain struct, and the calls that read and change it.
//!
//! Each call is all or nothing: it either changes the state as the rules say, or refuses and changes
//! nothing. A shared org is behind one lock; nothing is awaited while it is held.

mod app_keys;
mod apps;
mod attempt;
mod clients;
pub(crate) mod clock;
mod connections;
mod consents;
pub(crate) mod controlled;
pub(crate) mod document;
pub(crate) mod faults;
mod features;
mod identity_providers;
pub(crate) mod random;
pub(crate) mod rate;
pub(crate) mod request_log;
mod settings;
pub(crate) mod signing;
mod state;
pub(crate) mod third_party;
mod tokens;
mod used_ids;

pub(crate) use clients::ClientApp;
pub(crate) use connections::{TargetCredential, TargetQuestion};
pub(crate) use consents::Continuation;
pub(crate) use settings::OrgSettings;
pub(crate) use state::{Body, Identity, Org};
pub(crate) use tokens::{IssuedToken, TokenFacts};
