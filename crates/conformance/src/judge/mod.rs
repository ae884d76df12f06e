//! Three independent layers look at each step and are reported apart.

mod consistency;
pub(crate) mod contract;
mod declared;
pub(crate) mod deviations;
mod document;
pub(crate) mod documented;
pub(crate) mod extent;
mod keys;
mod links;
mod listing;
pub(crate) mod memory;
mod refusal;
mod request;
pub(crate) mod snapshot;
pub(crate) mod tolerance;
pub(crate) mod wildcard;
