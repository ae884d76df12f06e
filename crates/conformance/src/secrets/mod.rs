//! Secrets are stored only in the vault. Everything else contains placeholders; the transport inserts the
//! values when it sends, and removes them, in every encoding, as soon as it has received an answer. Flows
//! declare some secrets; others are recognized by their place (`by_place`).

mod by_place;
mod decodings;
mod encodings;
mod one_time;
mod placeholder;
mod search;
mod vault;
mod words;

pub(crate) use one_time::{at as masked_at, masked_request, masked_response, text as masked_text};
pub(crate) use placeholder::{next_placeholder, returned_secrets};
pub(crate) use vault::{CREDENTIAL, Vault, is_removable, placed, placed_in};
pub(crate) use words::is_a_word_of_answers;
