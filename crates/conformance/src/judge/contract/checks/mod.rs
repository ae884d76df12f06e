//! The checks of the contract. Each is a value with an id, a sentence, a source and a function. To add one,
//! define it in one of these files and list it in `CHECKS` (`table.rs`).

mod check;
mod connection;
mod headers;
mod keys;
mod links;
mod listing;
mod memory;
mod refusal;
mod request;
mod resource;
mod response;
mod table;
#[cfg(test)]
mod test_exchange;
mod written;

pub(super) use check::Applies;
pub(super) use table::CHECKS;
pub(in crate::judge) use table::table;
