//! Replaces volatile values by placeholders, numbered by first appearance in the flow: an id in a link stays
//! comparable with the id that was created. Only values of the required form are replaced; all others stay
//! visible and are compared unchanged.

mod exchange;
mod normaliser;

pub(crate) use exchange::{flow_text, step_value};
pub(crate) use normaliser::Normaliser;
