//! Three independent layers look at each step and are reported apart: what the guide documents, what
//! the contract allows, what the accepted snapshot shows. A file of known deviations takes out what was
//! accepted beforehand.

pub(crate) mod contract;
pub(crate) mod documented;
pub(crate) mod known;
pub(crate) mod snapshot;
pub(crate) mod table;
pub(crate) mod wildcard;
