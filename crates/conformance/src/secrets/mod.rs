//! Secrets live in the vault only. Everywhere else stands a placeholder; the transport puts the value
//! in when it sends and takes it out, in every encoding, as soon as it has received. Some secrets are
//! declared by the flows, others are known by the place where they stand (`by_place`).

mod by_place;
mod decodings;
mod encodings;
mod one_time;
mod search;
mod vault;
mod words;

pub(crate) use one_time::{at as masked_at, masked_request, masked_response, text as masked_text};
pub(crate) use vault::{CREDENTIAL, Vault, given_back, is_removable, next_placeholder, placed, placed_in};
pub(crate) use words::is_a_word_of_answers;
