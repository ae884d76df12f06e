//! The three independent judgements of each step, reported separately: the guide, the contract, and the
//! accepted snapshot. A file of known deviations removes findings that were accepted beforehand.

pub(crate) mod contract;
pub(crate) mod documented;
pub(crate) mod known;
mod place;
pub(crate) mod snapshot;
pub(crate) mod table;
pub(crate) mod wildcard;
