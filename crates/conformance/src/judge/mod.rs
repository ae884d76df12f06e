//! Three independent layers look at each step and are reported apart.

mod consistency;
pub(crate) mod contract;
pub(crate) mod deviations;
pub(crate) mod documented;
mod links;
pub(crate) mod snapshot;
pub(crate) mod tolerance;
