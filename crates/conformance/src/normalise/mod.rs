//! Volatile values become placeholders, numbered by first appearance in the
//! flow: the id in a link stays comparable with the id that was created. Only
//! what has the form its kind must have is replaced; anything else stays
//! visible and is compared as it is.

mod exchange;
mod normaliser;

pub(crate) use exchange::{flow_text, step_value};
pub(crate) use normaliser::Normaliser;
